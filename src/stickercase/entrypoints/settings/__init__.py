"""Settings, read once from the environment into a frozen struct."""

from __future__ import annotations

from stickercase.entrypoints.settings.checking import check_complete, shown
from stickercase.entrypoints.settings.reading import DEMO_SECRETS, DEMO_TOKENS, read_settings, with_sandbox
from stickercase.entrypoints.settings.struct import PREFIX, BadSettings, Settings, Subnet

__all__ = [
    "DEMO_SECRETS",
    "DEMO_TOKENS",
    "PREFIX",
    "BadSettings",
    "Settings",
    "Subnet",
    "check_complete",
    "read_settings",
    "shown",
    "with_sandbox",
]
