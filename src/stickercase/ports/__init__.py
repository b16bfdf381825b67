"""What the domain needs of the world: small Protocols that name what they may refuse or raise."""
