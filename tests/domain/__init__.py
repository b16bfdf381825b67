"""The rules of the game, tested as the pure functions that they are."""
