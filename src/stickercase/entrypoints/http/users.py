"""Players: who they are, what they own, what they did, and their seeds."""

from __future__ import annotations

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post, put

from stickercase.domain.fairness import Revealed, SeedPair, commitment
from stickercase.domain.money import ton
from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Player, Profile
from stickercase.domain.refusal import Forbidden, InvalidRequest, Refused
from stickercase.domain.stock.packs import UnitState
from stickercase.entrypoints.http.callers import player_only, service_only
from stickercase.entrypoints.http.cursors import PageSize, after, before, page_size
from stickercase.entrypoints.http.history import get_transactions
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.packs import PackWire, pack_wire
from stickercase.entrypoints.http.provided import FromLobby, FromMe, FromPeople, FromUseCase, FromWindow
from stickercase.entrypoints.http.requests import whole_number
from stickercase.ports.reading import Item

MAX_NAME = 256
MAX_URL = 2048


class UserWire(msgspec.Struct):
    """A player; ``balance`` in TON, ``image_url`` that of the stub while there is no picture."""

    telegram_id: int
    username: str | None
    balance: float
    image_url: str
    first_name: str
    last_name: str | None
    language: str | None
    is_bot: bool


class OneUserWire(msgspec.Struct):
    """One player."""

    status: str
    user: UserWire


class NewUserWire(msgspec.Struct):
    """What the bot knows of a person who pressed /start."""

    telegram_id: int | str
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language: str | None = None
    is_bot: bool = False
    image_url: str | None = None


class InventoryItemWire(msgspec.Struct):
    """A unit a player owns; ``id`` names it in the inventory, ``number`` is the unit's.

    ``state`` is `owned`, or `leaving` while it is being delivered: then it can't be sold, bet or taken out.
    """

    pack: PackWire
    number: int
    id: int
    state: str


class InventoryWire(msgspec.Struct):
    """A page of an inventory, newest first; ``inventory_count`` counts all of it."""

    status: str
    inventory_count: int
    inventory: list[InventoryItemWire]
    next_cursor: str | None


class SeedsWire(msgspec.Struct):
    """A player's live seed pair, but for the server seed."""

    server_seed_hash: str
    client_seed: str
    nonce: int
    next_server_seed_hash: str


class RevealedWire(msgspec.Struct):
    """A seed pair of the past: with it, its draws can be replayed."""

    server_seed: str
    server_seed_hash: str
    client_seed: str
    draws: int


class SeedPairWire(msgspec.Struct, omit_defaults=True):
    """The live pair, and what a rotation revealed."""

    status: str
    fairness: SeedsWire
    revealed: RevealedWire | None = None


class ClientSeedWire(msgspec.Struct):
    """A client seed of the player's choice."""

    client_seed: str


@get("/{telegram_id:str}", guards=[player_only], sync_to_thread=True, summary="A player")
def get_user(
    telegram_id: str, me: FromMe, people: FromPeople, lobby: FromLobby, show_avatar: FromUseCase
) -> OneUserWire:
    """The player with the balance. Only the player's own initData opens it."""
    meet(telegram_id, me, lobby)
    found = people.player(me.profile.telegram_id)
    assert found is not None, "met players are never deleted"
    return OneUserWire("success", _user_wire(*found, show_avatar(found[0])))


@post("/user", guards=[service_only], sync_to_thread=True, summary="Create or update a player")
def put_user(
    data: NewUserWire, people: FromPeople, welcome_player: FromUseCase, show_avatar: FromUseCase
) -> Response[OneUserWire]:
    """What the bot sends at /start: 201 for a new player, 200 for a known one. No `image_url` keeps the known one.

    A photo at Telegram's is fetched and kept; until then, and when it can't be taken, the stub is shown.
    """
    player, created = welcome_player(_profile(data))
    found = people.player(player.profile.telegram_id)
    assert found is not None, "the player was just written"
    wire = _user_wire(*found, show_avatar(found[0]))
    return Response(OneUserWire("success", wire), status_code=201 if created else 200)


@get("/{telegram_id:str}/inventory", guards=[player_only], summary="What a player owns")
async def get_inventory(
    telegram_id: str,
    me: FromMe,
    people: FromPeople,
    window: FromWindow,
    lobby: FromLobby,
    limit: PageSize = None,
    cursor: str | None = None,
) -> InventoryWire:
    """The units a player owns, newest first."""
    me.named(telegram_id)
    player_id = await lobby.meet(me.profile)
    size = page_size(limit)
    total, items = await to_thread.run_sync(people.inventory, player_id, size, before(cursor))
    shelf, free = await window.shelf()
    packs = {pack_id: pack_wire(shelf, pack_id, free.get(pack_id, 0)) for pack_id in {item.pack_id for item in items}}
    wires = [_item_wire(item, packs[item.pack_id]) for item in items]
    return InventoryWire("success", total, wires, after([one.id for one in items], size))


@get("/{telegram_id:str}/fairness", guards=[player_only], sync_to_thread=True, summary="A player's live seed pair")
def get_fairness(telegram_id: str, me: FromMe, people: FromPeople, lobby: FromLobby) -> SeedPairWire:
    """What the next draw is made with: the commitment, the client seed and the nonce."""
    pair = people.seed_pair(meet(telegram_id, me, lobby))
    assert pair is not None, "every player has a live pair"
    return SeedPairWire("success", _seeds_wire(pair))


@put("/{telegram_id:str}/fairness", guards=[player_only], sync_to_thread=True, summary="Choose a client seed")
def put_client_seed(
    telegram_id: str, data: ClientSeedWire, me: FromMe, lobby: FromLobby, rotate_seed: FromUseCase
) -> SeedPairWire:
    """Set the client seed. This rotates: the old server seed is revealed, the committed next one takes over."""
    return _rotated(*rotate_seed(meet(telegram_id, me, lobby), data.client_seed))


@post(
    "/{telegram_id:str}/fairness/rotate",
    guards=[player_only],
    status_code=200,
    sync_to_thread=True,
    summary="Reveal the server seed and start a new pair",
)
def rotate(telegram_id: str, me: FromMe, lobby: FromLobby, rotate_seed: FromUseCase) -> SeedPairWire:
    """Reveal the live server seed, so that its draws can be replayed, and go on with the next."""
    return _rotated(*rotate_seed(meet(telegram_id, me, lobby)))


def _item_wire(item: Item, pack: PackWire) -> InventoryItemWire:
    state = UnitState.LEAVING if item.is_leaving else UnitState.OWNED
    return InventoryItemWire(pack, item.number, item.id, state.value)


def _profile(data: NewUserWire) -> Profile:
    if data.is_bot:
        raise Refused(Forbidden("a bot cannot be a player"))
    for field, most in (("first_name", MAX_NAME), ("last_name", MAX_NAME), ("username", MAX_NAME), ("language", 35)):
        if len(getattr(data, field) or "") > most:
            raise Refused(InvalidRequest(field, f"at most {most} characters"))
    if len(data.image_url or "") > MAX_URL:
        raise Refused(InvalidRequest("image_url", f"at most {MAX_URL} characters"))
    return Profile(
        telegram_id=whole_number(data.telegram_id, "telegram_id", 1, MAX_TELEGRAM_ID),
        first_name=data.first_name,
        last_name=data.last_name,
        username=data.username,
        language=data.language,
        image_url=data.image_url,
    )


def _user_wire(player: Player, balance_nano: int, image_url: str) -> UserWire:
    profile = player.profile
    return UserWire(
        telegram_id=profile.telegram_id,
        username=profile.username,
        balance=ton(balance_nano),
        image_url=image_url,
        first_name=profile.first_name,
        last_name=profile.last_name,
        language=profile.language,
        is_bot=profile.is_bot,
    )


def _seeds_wire(pair: SeedPair) -> SeedsWire:
    return SeedsWire(pair.server_seed_hash, pair.client_seed, pair.nonce, pair.next_server_seed_hash)


def _rotated(pair: SeedPair, old: Revealed) -> SeedPairWire:
    seed = old.server_seed
    revealed = RevealedWire(seed.hex(), commitment(seed), old.client_seed, old.draws)
    return SeedPairWire("success", _seeds_wire(pair), revealed)


router = Router(
    "/api/users",
    route_handlers=[
        get_user,
        put_user,
        get_inventory,
        get_transactions,
        get_fairness,
        put_client_seed,
        rotate,
    ],
    tags=["users"],
)
