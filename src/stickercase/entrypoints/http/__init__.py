"""The HTTP API: one file an area, wire structs beside their handlers."""
