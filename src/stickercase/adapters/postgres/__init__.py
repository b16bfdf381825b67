"""PostgreSQL: where everything that matters lives."""
