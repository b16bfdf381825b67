"""Telegram: who a player is, as its Mini App proves it."""
