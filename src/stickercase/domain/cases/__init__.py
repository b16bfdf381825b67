"""Cases: their odds tables, what they cost and what they are worth."""
