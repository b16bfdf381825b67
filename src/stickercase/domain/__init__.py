"""The rules of the game as pure functions over immutable values: no clock, no randomness, no I/O."""
