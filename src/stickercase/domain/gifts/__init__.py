"""Gifts: units that leave the house as presents in Telegram."""
