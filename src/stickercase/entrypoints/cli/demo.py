"""The demo catalogue: the reference's cases, packs and players, put in place through the operators' own use cases."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import click
import msgspec

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.money import parse_amount
from stickercase.domain.players.profile import Profile
from stickercase.domain.stock.packs import NewUnit, Pack, PackStatus
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.publish_cases import NewCase
from stickercase.domain.wallet.addresses import Address
from stickercase.entrypoints.container import Container

DEMO_PLAYERS = (
    Profile(1380639458, "Валера", None, "vvalera808", "en", image_url="/media/valera.svg"),
    Profile(100000001, "Demo", "One", "demo_one", "en"),
    Profile(100000002, "Демо", "Два", "demo_two", "ru"),
)
BALANCES = ("2312221.5", "1000", "1000")
REASON = "demo balance"


class DemoPack(msgspec.Struct):
    """A pack of the demo; ``floor`` in TON, ``units`` in stock, of which the first ``nfts`` live on the chain."""

    collection: str
    name: str
    contributor: str
    floor: str
    units: int
    nfts: int = 0


class DemoCase(msgspec.Struct):
    """A case of the demo; rows are (collection, pack, chance)."""

    name: str
    price: str
    base_fee: float
    rows: list[tuple[str, str, float]]


class DemoCatalogue(msgspec.Struct):
    """All of it."""

    packs: list[DemoPack]
    cases: list[DemoCase]


def demo_catalogue() -> DemoCatalogue:
    """The catalogue as it is shipped."""
    text = files(__package__).joinpath("demo.json").read_bytes()
    return msgspec.json.decode(text, type=DemoCatalogue)


def demo_nfts() -> list[Address]:
    """Where the demo's NFTs live: on the sandbox's chain, and nowhere else."""
    return [_nft(pack, number) for pack in demo_catalogue().packs for number in range(1, pack.nfts + 1)]


def _nft(demo: DemoPack, number: int) -> Address:
    return Address(0, sha256(f"demo {demo.collection} / {demo.name} {number}".encode()).digest())


def stock_demo(container: Container) -> None:
    """Put the demo in place on first start. Every step has a key, so a start that was cut short is made up for."""
    catalogue = demo_catalogue()
    shelf, _ = container.reading().shelf()
    # Cases come last: once they are there, so is everything before them.
    if all(case.name in shelf.cases for case in catalogue.cases):
        return
    click.echo("stocking the demo catalogue …", err=True)
    for profile, balance in zip(DEMO_PLAYERS, BALANCES, strict=True):
        container.welcome_player(profile)
        amount_nano = parse_amount(balance)
        container.adjust_balance(_step(f"balance-{profile.telegram_id}"), profile.telegram_id, amount_nano, REASON, _id)
    pack_ids = {(pack.collection, pack.name): _stocked(container, pack) for pack in catalogue.packs}
    for case in catalogue.cases:
        _put_on_sale(container, case, pack_ids)


def _stocked(container: Container, demo: DemoPack) -> int:
    picture = f"/media/{_slug(demo.collection)}-{_slug(demo.name)}.svg"
    floor_nano = parse_amount(demo.floor)
    # Fuse's packs have none, so that the demo has what cannot be taken out, too. One of them is of NFTs.
    gift_id = None if demo.contributor == "Fuse" else f"gift-{_slug(demo.collection)}-{_slug(demo.name)}"
    pack = Pack(0, demo.name, demo.collection, demo.contributor, floor_nano, picture, PackStatus.ACTIVE, gift_id)
    added = container.add_pack(_step(f"pack-{demo.collection}-{demo.name}"), pack, lambda made: _id(made.id))
    pack_id = int(added.answer)
    units = [NewUnit(n, _nft(demo, n).raw if n <= demo.nfts else None) for n in range(1, demo.units + 1)]
    container.add_units(_step(f"units-{pack_id}"), pack_id, units, _id)
    return pack_id


def _put_on_sale(container: Container, demo: DemoCase, pack_ids: dict[tuple[str, str], int]) -> None:
    items = [(pack_ids[collection, name], chance) for collection, name, chance in demo.rows]
    picture = f"/media/{_slug(demo.name)}.svg"
    new = NewCase(demo.name, parse_amount(demo.price), demo.base_fee, picture, CaseStatus.ACTIVE, items)
    container.add_case(_step(f"case-{demo.name}"), new, lambda case: _id(case.id))


def _step(name: str) -> Caller:
    return Caller("service:demo", name, name.encode())


def _id(value: int) -> bytes:
    return str(value).encode()


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
