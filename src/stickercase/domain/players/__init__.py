"""People who play."""
