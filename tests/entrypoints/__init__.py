"""Settings, the command line and the doors' own machinery."""
