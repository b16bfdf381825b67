"""The libraries' own log lines as JSON, among ours."""

from __future__ import annotations

import logging

import structlog

QUIET = {"dramatiq": logging.WARNING, "apscheduler": logging.ERROR}
"""From which level on a library's lines matter. APScheduler warns when a tick still insists as the next comes."""


class AsJson(logging.Handler):
    """Passes lines of the standard library's logging on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, without the words of an exception: they may quote an address."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        about = {} if kind is None else {"error": kind}
        structlog.get_logger("stickercase").log(
            record.levelno, "library", source=record.name, said=_said(record), **about
        )


def _said(record: logging.LogRecord) -> str:
    # The first line alone: Dramatiq appends advice and asks for reports.
    return record.getMessage().partition("\n")[0]


def library_logs_as_json() -> None:
    """From now on."""
    logging.getLogger().handlers = [AsJson()]
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
