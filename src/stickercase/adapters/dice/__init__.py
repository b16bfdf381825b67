"""Dice for simulations: the standard library's, and numpy's where the extra ``simulation`` is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.adapters.dice.standard import StandardDice

if TYPE_CHECKING:
    from stickercase.ports.dice import Dice

__all__ = ["StandardDice", "fastest_dice"]


def fastest_dice(seed: int) -> Dice:
    """Numpy's dice where numpy is installed, else the standard library's. The two throw differently for one seed."""
    try:
        from stickercase.adapters.dice.numpy_dice import NumpyDice
    except ModuleNotFoundError as missing:
        if missing.name != "numpy":
            raise
        return StandardDice(seed)
    return NumpyDice(seed)
