"""Faults on command: the next requests to a vendor go wrong in the way that was asked for."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from stickercase.entrypoints.sandbox.notebook import Notebook, Page

SERVICES = ("tonconsole", "giftly", "floors", "ton")
SECONDS = {"timeout": 60.0, "delay": 2.0}


class FaultKind(StrEnum):
    """What goes wrong.

    ``timeout``: nothing is done and nothing is answered. ``error``: nothing is done, the answer is 500. ``garbage``:
    it is done, and half of the answer comes. ``lost_answer``: it is done, and the connection ends without an answer.
    ``delay``: it is done, and the answer comes late. ``duplicate``: the next webhook is sent so many times more.
    ``drop``: the next webhooks are not sent.
    """

    TIMEOUT = "timeout"
    ERROR = "error"
    GARBAGE = "garbage"
    LOST_ANSWER = "lost_answer"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    DROP = "drop"


OF_WEBHOOKS = (FaultKind.DUPLICATE, FaultKind.DROP)


class Fault(msgspec.Struct):
    """A fault of a vendor that happens ``count`` times more."""

    service: str
    kind: FaultKind
    count: int = 1
    seconds: float | None = None

    @property
    def wait_seconds(self) -> float:
        """How long it takes, where it takes time."""
        return SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def add(self, fault: Fault) -> None:
        """Let it happen."""
        with self._notebook.open() as page:
            newest = max((int(number) for number, _ in page.all(Fault)), default=0)
            page.put(f"{newest + 1:06}", fault)

    def clear(self) -> None:
        """Let no more happen."""
        with self._notebook.open() as page:
            for number, _ in page.all(Fault):
                page.drop(Fault, number)

    def next_of_request(self, service: str) -> Fault | None:
        """The fault that the next request to the service meets; it counts as happened."""
        with self._notebook.open() as page:
            for number, fault in page.all(Fault):
                if fault.service == service and fault.kind not in OF_WEBHOOKS:
                    _used(page, number, fault, 1)
                    return fault
        return None

    def next_of_webhook(self) -> int:
        """How many times the next webhook is to be sent; what changes that counts as happened."""
        with self._notebook.open() as page:
            for number, fault in page.all(Fault):
                if fault.kind is FaultKind.DUPLICATE:
                    _used(page, number, fault, fault.count)
                    return 1 + fault.count
                if fault.kind is FaultKind.DROP:
                    _used(page, number, fault, 1)
                    return 0
        return 1


def _used(page: Page, number: str, fault: Fault, times: int) -> None:
    if fault.count > times:
        page.put(number, msgspec.structs.replace(fault, count=fault.count - times))
    else:
        page.drop(Fault, number)
