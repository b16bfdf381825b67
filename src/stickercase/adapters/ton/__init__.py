"""TON as it really is: signatures of its wallets."""
