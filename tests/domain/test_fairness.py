"""The provably fair draw: tickets, commitments, rolls, and the replay that believes nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import accumulate
from math import fsum

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stickercase.domain.fairness import (
    GRID,
    BadOdds,
    DrawRecord,
    SeedPair,
    commitment,
    is_client_seed,
    replay,
    roll,
    row_of,
    table_id,
    ticket_widths,
)

SEED = bytes(range(32))
SEED_HASH = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
CHANCES = [0.0025, 0.051798642533936665, 0.9457013574660634]
WIDTHS = (22517998136852, 466560694428270, 8518120562175870)
TABLE = tuple(zip(("2", "3", "4"), WIDTHS, strict=True))
TABLE_ID = "e03cefa1c035ba0011d177075476751649856cf2cf58991c3da6969edd5c3dd4"
ROLLS = [8757902010024608, 3281704587701214, 4016122733136007, 7314924438669403]


# --- tickets


def _defined(chances: Sequence[float]) -> list[int]:
    """Widths straight from the definition: quadratic, and obviously right."""
    total = fsum(chances)
    last = max(k for k, chance in enumerate(chances) if chance > 0)
    cuts = [GRID if k >= last else round(fsum(chances[: k + 1]) / total * GRID) for k in range(len(chances))]
    return [cut - before for before, cut in zip([0, *cuts], cuts, strict=False)]


@st.composite
def distributions(draw: st.DrawFn, max_size: int = 60) -> list[float]:
    """Chances that sum to 1, among them zeros and ratios of up to 10^300 between two rows."""
    weight = st.floats(1e-300, 1.0) | st.integers(-300, 0).map(lambda power: 10.0**power) | st.just(0.0)
    weights = draw(st.lists(weight, min_size=1, max_size=max_size))
    assume(fsum(weights) > 0)
    chances = [each / fsum(weights) for each in weights]
    assume(all(chance <= 1 for chance in chances))
    return chances


def test_the_published_widths() -> None:
    assert ticket_widths(CHANCES) == WIDTHS


@given(distributions())
def test_widths_are_those_of_the_definition(chances: list[float]) -> None:
    assert list(ticket_widths(chances)) == _defined(chances)


@given(distributions())
def test_widths_fill_the_grid(chances: list[float]) -> None:
    widths = ticket_widths(chances)
    assert sum(widths) == GRID
    assert min(widths) >= 0
    assert all(width == 0 for width, chance in zip(widths, chances, strict=True) if chance == 0)


@given(distributions())
def test_a_width_is_its_chance_to_a_ticket_or_two(chances: list[float]) -> None:
    total = fsum(chances)
    last = max(k for k, chance in enumerate(chances) if chance > 0)
    for k, (width, chance) in enumerate(zip(ticket_widths(chances), chances, strict=True)):
        assert abs(width - chance / total * GRID) <= 3 or k == last


@given(st.integers(1, 500), st.randoms(use_true_random=False))
def test_tables_of_every_size(size: int, dice: object) -> None:
    weights = [10.0 ** dice.uniform(-12, 0) * (dice.random() > 0.1) for _ in range(size - 1)] + [1.0]  # type: ignore[attr-defined]  # a Random
    chances = [weight / fsum(weights) for weight in weights]
    widths = ticket_widths(chances)
    assert (sum(widths), min(widths) >= 0) == (GRID, True)
    assert list(widths) == _defined(chances)


@pytest.mark.parametrize(
    "chances",
    [
        [1.0],
        [0.0, 1.0, 0.0],
        [1.0, 5e-324],
        [5e-324, 1.0],
        [1e-300] * 499 + [1.0],
        [1 / 3] * 3,
        [0.1] * 10,
        [1 / 500] * 500,
        [1 - 2**-53, 2**-53],
        [2**-54, 1 - 2**-53],
        [1 + 5e-10],
        [0.5, 0.5 + 9e-10],
        [0.5, 0.5 - 9e-10],
        [-0.0, 1.0],
    ],
)
def test_extreme_tables(chances: list[float]) -> None:
    widths = ticket_widths(chances)
    assert list(widths) == _defined(chances)
    assert sum(widths) == GRID
    assert min(widths) >= 0


@pytest.mark.parametrize(
    "chances",
    [
        [],
        [0.0],
        [0.5],
        [0.5, 0.5 + 2e-9],
        [0.5, 0.5 - 2e-9],
        [2.0, -1.0],
        [1.0, -1e-300],
        [float("nan")],
        [1.0, float("nan")],
        [float("inf")],
        [1.0, float("inf")],
        [float("-inf"), 1.0],
        [1.7e308, 1.7e308],
        [10**400],
    ],
)
def test_what_is_no_distribution_is_refused(chances: list[float]) -> None:
    with pytest.raises(BadOdds):
        ticket_widths(chances)


# --- names and rolls


def test_the_published_table_id() -> None:
    assert table_id(TABLE) == table_id(zip((2, 3, 4), WIDTHS, strict=True)) == TABLE_ID


def test_the_published_commitment() -> None:
    assert commitment(SEED) == SEED_HASH


def test_the_published_rolls() -> None:
    rolls = [roll(SEED, "case", TABLE_ID, "stickercase", nonce) for nonce in range(4)]
    assert rolls == ROLLS
    assert [row_of(list(accumulate(WIDTHS)), rolled) for rolled in rolls] == [2, 2, 2, 2]


@given(st.binary(min_size=32, max_size=32), st.text(max_size=64), st.integers(0, 2**40))
def test_a_roll_is_the_first_53_bits_of_the_digest(seed: bytes, client_seed: str, nonce: int) -> None:
    message = f"upgrade|{TABLE_ID}|{client_seed}|{nonce}".encode(errors="surrogatepass")
    bits = "".join(f"{byte:08b}" for byte in hmac.new(seed, message, hashlib.sha256).digest())
    rolled = roll(seed, "upgrade", TABLE_ID, client_seed, nonce)
    assert rolled == int(bits[:53], 2)
    assert 0 <= rolled < GRID


@given(distributions(), st.integers(0, GRID - 1), st.data())
def test_a_row_is_found_as_by_looking_at_each(chances: list[float], rolled: int, data: st.DataObject) -> None:
    widths = ticket_widths(chances)
    cumulative = list(accumulate(widths))
    near = [cut + step for cut in cumulative for step in (-1, 0, 1) if 0 <= cut + step < GRID]
    for each in (rolled, data.draw(st.sampled_from(near))):
        row = next(k for k, cut in enumerate(cumulative) if cut > each)
        assert row_of(cumulative, each) == row
        assert widths[row] > 0


@given(st.text(max_size=70))
def test_client_seeds(text: str) -> None:
    assert is_client_seed(text) == bool(re.fullmatch(r"[ -{}~]{1,64}", text))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [("stickercase", True), (" ", True), ("~", True), ("x" * 64, True), ("", False), ("x" * 65, False), ("a|b", False),
     ("é", False), ("\x7f", False), ("\x1f", False), ("a\n", False), ("\u0660", False)],
)  # fmt: skip
def test_client_seeds_at_the_edges(text: str, allowed: bool) -> None:
    assert is_client_seed(text) is allowed


def test_a_pair_commits_to_both_its_seeds_and_shows_neither() -> None:
    pair = SeedPair(0, SEED, "stickercase", 4, SEED[::-1])
    assert (pair.server_seed_hash, pair.next_server_seed_hash) == (SEED_HASH, commitment(SEED[::-1]))
    for secret in (repr(SEED)[2:12], SEED.hex(), repr(SEED[::-1])[2:12]):
        assert secret not in repr(pair)


# --- replaying


DRAWS = [DrawRecord("case", SEED_HASH, SEED, "stickercase", n, TABLE_ID, TABLE, ROLLS[n], 3) for n in range(4)]


def _record(**changes: object) -> DrawRecord:
    """The first draw with some fields changed."""
    return replace(DRAWS[0], **changes)  # type: ignore[arg-type]  # by name


def _is_fair(record: DrawRecord) -> bool:
    return all(check.held for check in replay(record))


@pytest.mark.parametrize("record", DRAWS)
def test_a_fair_draw_replays(record: DrawRecord) -> None:
    assert _is_fair(record)
    assert len(replay(record)) >= 6


def test_an_unrevealed_draw_can_only_be_waited_for() -> None:
    with pytest.raises(ValueError, match="revealed"):
        replay(_record(server_seed=None))


def test_both_values_are_shown() -> None:
    check = next(check for check in replay(_record(roll=7)) if check.step == "roll")
    assert (check.held, check.expected, check.found) == (False, "7", str(ROLLS[0]))


CHANGES: dict[str, list[object]] = {
    "game": ["upgrade", "Case", "case ", ""],
    "server_seed_hash": [SEED_HASH.upper(), SEED_HASH[:-1], SEED_HASH + "0", "", commitment(b"")],
    "server_seed": [b"", SEED[:-1], SEED + b"\x00", SEED[::-1], bytes(32)],
    "client_seed": ["Stickercase", "stickercase ", "sticker", "", "stickercas|", "stickercase\x00", "é"],
    "nonce": [1, 2, 3, -1, 2**53],
    "table_id": [TABLE_ID.upper(), TABLE_ID[:-1], "", "0" * 64],
    "table": [(), TABLE[:2], TABLE[::-1], (*TABLE, ("5", 0)), (("5", 0), *TABLE), (("4", GRID),), TABLE + TABLE],
    "roll": [ROLLS[1], ROLLS[0] + 1, ROLLS[0] - 1, -1, GRID, float("nan")],
    "row": [0, 1, 2, 4, -1],
}


def test_every_field_is_tried() -> None:
    assert set(CHANGES) == {field.name for field in fields(DrawRecord)}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in CHANGES.items() for value in values])
def test_a_changed_field_does_not_replay(name: str, value: object) -> None:
    assert not _is_fair(_record(**{name: value}))


@pytest.mark.parametrize("position", range(32))
@pytest.mark.parametrize("bit", range(8))
def test_every_bit_of_the_seed_counts(position: int, bit: int) -> None:
    changed = bytes(byte ^ (1 << bit if at == position else 0) for at, byte in enumerate(SEED))
    assert not _is_fair(_record(server_seed=changed))


def _spoilt(text: str) -> list[str]:
    """The text with each of its signs replaced by another of the same kind."""
    return [text[:at] + ("0" if sign != "0" else "1") + text[at + 1 :] for at, sign in enumerate(text)]


@pytest.mark.parametrize("name", ["server_seed_hash", "table_id", "client_seed", "game"])
def test_every_sign_of_a_text_counts(name: str) -> None:
    for changed in _spoilt(getattr(_record(), name)):
        assert not _is_fair(_record(**{name: changed})), changed


@pytest.mark.parametrize("step", [-1, 1, -2, 2, 1 << 20, -(1 << 20)])
@pytest.mark.parametrize("index", range(3))
def test_every_ticket_of_the_table_counts(step: int, index: int) -> None:
    """Also when another row gives way, so that the sum stays what it was."""
    alone = [(label, width + step * (at == index)) for at, (label, width) in enumerate(TABLE)]
    balanced = [(label, width - step * (at == (index + 1) % 3)) for at, (label, width) in enumerate(alone)]
    for table in (alone, balanced):
        assert not _is_fair(_record(table=tuple(table)))
        # Nor when the table's name is made to match: the roll was made under the true one.
        assert not _is_fair(_record(table=tuple(table), table_id=table_id(table)))


@pytest.mark.parametrize("index", range(3))
def test_every_label_of_the_table_counts(index: int) -> None:
    table = tuple((label + "0" if at == index else label, width) for at, (label, width) in enumerate(TABLE))
    assert not _is_fair(_record(table=table))


def _forged(game: str, nonce: int) -> DrawRecord:
    """A record that agrees with itself in everything that can be computed."""
    rolled = roll(SEED, game, TABLE_ID, "stickercase", nonce)
    row = row_of(list(accumulate(WIDTHS)), rolled) + 1
    return _record(game=game, nonce=nonce, roll=rolled, row=row)


def test_the_games_are_those_that_there_are() -> None:
    assert _is_fair(_forged("case", 5))
    assert _is_fair(_forged("upgrade", 5))


@pytest.mark.parametrize(("game", "nonce"), [("case2", 0), ("", 0), ("Case", 0), ("case|x", 0), ("case", -1)])
def test_an_unheard_of_game_or_nonce_is_no_fair_draw(game: str, nonce: int) -> None:
    """Whoever could choose them freely after the commitment could choose the drop."""
    assert not _is_fair(_forged(game, nonce))


def test_a_table_cannot_be_read_in_two_ways() -> None:
    """The text that is hashed joins labels and widths: a label that holds the joints must not pass."""
    table = (("2", GRID // 2), ("3", 0), ("4", GRID // 2))
    name = table_id(table)
    nonce = next(n for n in range(99) if roll(SEED, "case", name, "stickercase", n) < GRID // 2)
    rolled = roll(SEED, "case", name, "stickercase", nonce)
    record = _record(table=table, table_id=name, nonce=nonce, roll=rolled, row=1)
    assert _is_fair(record)
    reread = (table[0], ("3:0,4", GRID // 2))
    assert table_id(reread) == name
    assert not _is_fair(replace(record, table=reread))
