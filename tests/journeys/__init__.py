"""What people do, from outside, with real processes, a real database and a real Redis."""
