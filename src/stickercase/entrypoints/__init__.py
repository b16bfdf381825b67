"""The doors: HTTP, the command line, and the container that wires them to the domain."""
