"""What tests share: fixed clocks, seeds that can be foretold, small worlds to play in."""
