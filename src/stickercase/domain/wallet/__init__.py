"""Money that comes in from TON wallets and goes out to them: whose wallet it is, invoices, withdrawals."""
