"""What workers and schedulers need before they begin."""

from __future__ import annotations

from stickercase.entrypoints.container import Container
from stickercase.ports.failures import QueueUnavailable


def check_servers(container: Container) -> None:
    """Raise ``StoreUnavailable`` or ``QueueUnavailable``, in a sentence, unless database and Redis answer."""
    container.work().backlog(container.clock().now())
    if not container.redis().alive():
        raise QueueUnavailable("Redis does not answer: see STICKERCASE_REDIS_URL.")
