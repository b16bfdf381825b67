"""Sources of floors: stickers.tools, and tables that the operator keeps. In our words: docs/outside-services.md."""
