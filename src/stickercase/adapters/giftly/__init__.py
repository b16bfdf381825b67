"""Giftly: Telegram gifts and stars. What is known of it: docs/outside-services.md."""
