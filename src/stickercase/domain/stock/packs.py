"""Packs (kinds of sticker packs) and units (single purchased stickers of a pack)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from unicodedata import normalize


class PackStatus(Enum):
    """What an operator says of a pack, shown to people. Odds tables that hold an inactive pack stay as they are."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class UnitState(Enum):
    """Where a unit is: in the house's stock, a player's, on its way out, or gone for good."""

    FREE = "free"
    OWNED = "owned"
    LEAVING = "leaving"
    DELIVERED = "delivered"


class Way(Enum):
    """How a unit leaves the house."""

    GIFT = "gift"
    NFT = "nft"


@dataclass(frozen=True, slots=True)
class Exit:
    """Through what one unit leaves: the way, and the delivery that takes it."""

    way: Way
    delivery_id: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a unit can be handed over as: the gift of its pack, and where it lives on the chain.

    ``floor_nano`` is the floor of its pack, as last accepted.
    """

    gift_id: str | None
    nft_address: str | None
    floor_nano: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A kind of sticker pack. ``floor_nano`` is its floor price in nanotons, as last accepted."""

    id: int
    pack_name: str
    collection_name: str
    contributor: str
    floor_nano: int
    image_url: str
    status: PackStatus
    gift_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit about to be stocked: ``number`` is unique within its pack, ``nft_address`` where it lives on the chain."""

    number: int
    nft_address: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """One purchased sticker of a pack; ``number`` is what the API calls ``drop_number``."""

    id: int
    pack_id: int
    number: int


def matched_names(collection_name: str, pack_name: str) -> tuple[str, str]:
    """What a pack is found by: collection and pack together, NFC and casefolded, so that spellings do not matter."""
    return _matched(collection_name), _matched(pack_name)


def _matched(name: str) -> str:
    # Casefolding can undo the normal form, so it is restored afterwards (Unicode, D146).
    return normalize("NFC", normalize("NFC", name).casefold())
