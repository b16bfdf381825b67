"""Rests between two questions to somebody else's service."""

from __future__ import annotations

import time


def rest(seconds: float) -> None:
    """Do nothing for so long."""
    time.sleep(seconds)
