"""Packs and their units: the house's liquidity."""
