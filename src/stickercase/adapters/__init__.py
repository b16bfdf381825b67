"""The ports made real, one folder a technology. Adapters do not know one another; only the container picks them."""
