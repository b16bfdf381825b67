"""One verb a file: gather in one trip, decide in pure functions, record in one trip, commit."""
