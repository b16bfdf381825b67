"""Pictures of what was computed. matplotlib comes with the extra ``simulation`` and is loaded when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.ports.failures import ExtraMissing

if TYPE_CHECKING:
    from stickercase.adapters.plots.matplotlib_plots import MatplotlibPlots

__all__ = ["plots"]


def plots() -> MatplotlibPlots:
    """The plots. Raises :class:`ExtraMissing` where matplotlib is not installed."""
    try:
        from stickercase.adapters.plots.matplotlib_plots import MatplotlibPlots
    except ModuleNotFoundError as missing:
        if missing.name not in ("matplotlib", "numpy"):
            raise
        raise ExtraMissing("Plots need matplotlib: install it with `pip install 'stickercase[simulation]'`.") from None
    return MatplotlibPlots()
