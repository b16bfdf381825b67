"""Wallet nonces: one live per player, five minutes, one use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stickercase.domain.refusal import Refusal
from stickercase.domain.wallet.challenges import LIFETIME, Challenge, issued, taken
from stickercase.domain.wallet.refusals import NonceExists, NonceExpired, NonceForeign, NonceUnknown, NonceUsed
from support.clock import NOON

NONCE = "A9cPYa107z5SjmHFwgc01jvcUi34Mg3s"
TICK = timedelta(microseconds=1)
LIVE = Challenge(NONCE, 7, NOON)


def test_a_nonce_is_given_and_taken() -> None:
    assert issued(None, 7, NONCE, NOON) == LIVE
    assert taken(LIVE, 7, NOON) == replace(LIVE, used_at=NOON)


@pytest.mark.parametrize(("after", "left"), [(timedelta(0), 300), (TICK, 300), (timedelta(seconds=299), 1)])
def test_one_is_live_at_a_time(after: timedelta, left: int) -> None:
    assert issued(LIVE, 7, "x" * 32, NOON + after) == NonceExists(left)


@pytest.mark.parametrize("last", [replace(LIVE, used_at=NOON), replace(LIVE, issued_at=NOON - LIFETIME)])
def test_a_used_or_expired_one_gives_way(last: Challenge) -> None:
    assert issued(last, 7, "x" * 32, NOON) == Challenge("x" * 32, 7, NOON)


@pytest.mark.parametrize("nonce", ["", "x" * 31, "x" * 33, "x" * 31 + "=", "x" * 31 + "/", "x" * 32 + "\n", "é" * 32])
def test_a_nonce_is_32_url_safe_characters(nonce: str) -> None:
    with pytest.raises(ValueError, match="32 URL-safe"):
        issued(None, 7, nonce, NOON)


@pytest.mark.parametrize(
    ("found", "player_id", "after", "refusal"),
    [
        (None, 7, timedelta(0), NonceUnknown()),
        (LIVE, 8, timedelta(0), NonceForeign()),
        (replace(LIVE, used_at=NOON), 7, timedelta(0), NonceUsed()),
        (LIVE, 7, LIFETIME, NonceExpired()),
        (LIVE, 7, timedelta(days=9), NonceExpired()),
        (replace(LIVE, used_at=NOON), 8, LIFETIME, NonceForeign()),
        (replace(LIVE, used_at=NOON), 7, LIFETIME, NonceUsed()),
    ],
)
def test_why_a_nonce_is_not_taken(found: Challenge | None, player_id: int, after: timedelta, refusal: Refusal) -> None:
    assert taken(found, player_id, NOON + after) == refusal


def test_it_is_good_to_the_last_moment() -> None:
    assert isinstance(taken(LIVE, 7, NOON + LIFETIME - TICK), Challenge)


class Nonces(RuleBasedStateMachine):
    """Two players, time that passes: never two live nonces of one player, never a second use."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.given, self.uses = NOON, dict[str, Challenge](), dict[str, int]()
        self.last = dict[int, Challenge]()

    @rule(seconds=st.integers(0, 200))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(player=st.sampled_from([7, 8]))
    def ask(self, player: int) -> None:
        made = issued(self.last.get(player), player, f"{len(self.given):032}", self.now)
        if isinstance(made, Challenge):
            self.given[made.nonce] = self.last[player] = made

    @rule(player=st.sampled_from([7, 8]), number=st.integers(0, 9))
    def use(self, player: int, number: int) -> None:
        after = taken(self.given.get(f"{number:032}"), player, self.now)
        if isinstance(after, Challenge):
            assert after.player_id == player
            assert self.now - after.issued_at < LIFETIME
            self.given[after.nonce] = after
            self.last[player] = after if self.last[player].nonce == after.nonce else self.last[player]
            self.uses[after.nonce] = self.uses.get(after.nonce, 0) + 1

    @invariant()
    def one_is_live_and_none_is_used_twice(self) -> None:
        assert all(uses == 1 for uses in self.uses.values())
        live = [challenge.player_id for challenge in self.given.values() if challenge.is_live(self.now)]
        assert len(live) == len(set(live))


TestNonces = Nonces.TestCase
