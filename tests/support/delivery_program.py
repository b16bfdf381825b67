"""A worker or a scheduler as `stickercase` runs them, but in a hurry: looks, retries and leases take seconds.

``python -m support.delivery_program worker|scheduler``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta

from dependency_injector import providers

from stickercase.domain.gifts.deliveries import Pace
from stickercase.domain.use_cases.deliver_gift import DELIVER
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Handler
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import read_settings
from stickercase.entrypoints.workers import kinds
from support.programs import serve

SECOND = timedelta(seconds=1)
PACE = Pace(SECOND / 4, SECOND / 2, 2 * SECOND, 2 * SECOND, 2 * SECOND)
LEASE, SYNC_LEASE = 2.5 * SECOND, 5 * SECOND
PROGRAM = (sys.executable, "-m", "support.delivery_program")


def handlers(container: Container) -> dict[str, Handler]:
    """The product's, whose leases end soon."""
    known = kinds.handlers(container)
    hurried = {DELIVER: LEASE, SYNC: SYNC_LEASE}
    return known | {kind: replace(known[kind], lease=lease) for kind, lease in hurried.items()}


def main(what: str) -> None:
    """Run it."""
    container = make_container(read_settings(os.environ))
    container.delivery_pace.override(providers.Object(PACE))
    serve(what, container, handlers, (Schedule("sweep", SECOND),))


if __name__ == "__main__":
    main(sys.argv[1])
