"""Double entry, immutable, several assets: who has what, and why."""
