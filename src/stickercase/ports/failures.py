"""What a port may raise when the world, not the request, is at fault."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The store cannot be reached or is too busy; nothing happened, trying again later is safe."""


class QueueUnavailable(Exception):
    """The workers' queue cannot be reached. Tasks are safe in the store, and are sent when it can be."""


class OutcomeUnknown(Exception):
    """The connection was lost while committing: it may or may not have happened. A repeat with the same key tells."""


class BrokenLaw(Exception):
    """The store refused to write what would break a law of the ledger; nothing happened."""


class NotAuthentic(Exception):
    """A credential proves nothing; the message says why in one sentence, without quoting it."""


class ExtraMissing(Exception):
    """What was asked for needs an optional package that is not installed; the message says how to install it."""


class BadKey(Exception):
    """A key in the settings is none; the message names the setting and does not quote it."""


class VendorUnavailable(Exception):
    """A vendor cannot be reached, or says that it is in trouble; unless a subclass says more, nothing happened."""


class AnswerLost(VendorUnavailable):
    """A vendor got the request, or may have got it, and its answer never came: it may have done what was asked."""


class TokenRefused(VendorUnavailable):
    """A vendor does not accept our token, so nothing happened. The message names the setting that holds it."""


class Unintelligible(VendorUnavailable):
    """A vendor answered what its documents do not describe: what was asked may have been done or not."""


class MessageRefused(Exception):
    """The chain does not take a message as things are: it is void, its turn is over or has not come, or it landed."""


class PhotoRefused(Exception):
    """An address is not to be fetched from, or has no photo that can be taken. Trying again changes nothing."""
