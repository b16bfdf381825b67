"""Rotate a player's seed pair: reveal the old server seed, start the one whose hash was already shown as next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.fairness import CLIENT_SEED_MAX, Revealed, SeedPair, is_client_seed
from stickercase.domain.refusal import InvalidRequest, NotFound, Refused

if TYPE_CHECKING:
    from stickercase.ports.clock import Clock
    from stickercase.ports.seeds import Seeds
    from stickercase.ports.transactions import Transactions


def rotate_seed(
    transactions: Transactions, clock: Clock, seeds: Seeds, player_id: int, client_seed: str | None = None
) -> tuple[SeedPair, Revealed]:
    """The new live pair and what the old one was. Without ``client_seed`` the player's present one stays.

    Raises :class:`Refused` with ``invalid_request`` for a client seed that is not 1–64 printable ASCII characters
    without ``|``.
    """
    if client_seed is not None and not is_client_seed(client_seed):
        problem = f"a client seed is 1–{CLIENT_SEED_MAX} printable ASCII characters without |"
        raise Refused(InvalidRequest("client_seed", problem))
    with transactions() as tx:
        old = tx.players.live_pair(player_id)
        if old is None:
            raise Refused(NotFound("player", str(player_id)))
        new = SeedPair(old.number + 1, old.next_server_seed, client_seed or old.client_seed, 0, seeds.server_seed())
        tx.players.rotate(player_id, new, clock.now())
    return new, Revealed(old.server_seed, old.client_seed, old.nonce)
