"""What the benches share. A bench is a module next to this folder with a ``BENCH`` in it."""
