"""What a port may raise when the world, not the request, is at fault."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The store cannot be reached or is too busy; nothing happened, trying again later is safe."""


class OutcomeUnknown(Exception):
    """The connection was lost while committing: it may or may not have happened. A repeat with the same key tells."""


class BrokenLaw(Exception):
    """The store refused to write what would break a law of the ledger; nothing happened."""


class NotAuthentic(Exception):
    """A credential proves nothing; the message says why in one sentence, without quoting it."""


class ExtraMissing(Exception):
    """What was asked for needs an optional package that is not installed; the message says how to install it."""
