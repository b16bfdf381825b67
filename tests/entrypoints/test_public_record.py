"""Reading and replaying public records as `stickercase verify` does: what can be read in two ways is no record."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from support.draw_records import Opinion, Vector, opinion_of_verify, vector, vectors

ROLLS = [8757902010024608, 3281704587701214, 4016122733136007, 7314924438669403]
SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def record(name: str) -> dict[str, Any]:
    """A vector's record."""
    document = json.loads(vector(name).text)
    return dict(document.get("draw", document))


@pytest.mark.parametrize("each", vectors(), ids=lambda each: each.name)
def test_verify_says_what_is_due(each: Vector) -> None:
    assert opinion_of_verify(each.text.encode()) == each.due


def test_the_vectors_have_every_verdict_in_both_games() -> None:
    assert len({each.name for each in vectors()}) == len(vectors())
    assert min(Counter(each.due.verdict for each in vectors()).values()) >= 3
    upgrades = {each.due.verdict for each in vectors() if '"game":"upgrade"' in each.text}
    assert upgrades == {"fair", "unfair", "secret"}


def test_the_first_vectors_are_the_published_ones() -> None:
    for nonce, roll in enumerate(ROLLS):
        drawn = record(f"the rules' own vector, nonce {nonce}")
        assert (drawn["server_seed"], drawn["client_seed"]) == (SEED, "stickercase")
        assert (drawn["nonce"], drawn["roll"], drawn["row"]) == (nonce, roll, 3)


@pytest.mark.parametrize("name", ["an upgrade that won", "an upgrade that lost"])
def test_every_changed_sign_of_an_upgrade_is_seen(name: str) -> None:
    """All but those of what is only told beside the draw: the case's name, the time, and which pack was won."""
    drawn = record(name)
    beside = {"case_name", "at", "pack_id"}
    for field in drawn.keys() - beside:
        text = json.dumps(drawn[field])
        for at, sign in enumerate(text):
            changed = text[:at] + ("1" if sign == "0" else "0") + text[at + 1 :]
            fields = [f"{json.dumps(key)}:{changed if key == field else json.dumps(drawn[key])}" for key in drawn]
            said = opinion_of_verify(f"{{{','.join(fields)}}}".encode())
            assert said.verdict in ("unfair", "damaged"), (field, changed)


def test_a_row_may_be_named_both_ways_if_one_is_null() -> None:
    won = record("an upgrade that won")
    table = [{"pack_id": None, **row} for row in won["table"]]
    assert opinion_of_verify(json.dumps(won | {"table": table}).encode()) == Opinion("fair")
    table = [{"pack_id": 1, **row} for row in won["table"]]
    assert opinion_of_verify(json.dumps(won | {"table": table}).encode()) == Opinion("damaged")


@pytest.mark.parametrize("content", [b"\xff", b'{"draw": "\xc3"}', b"\xef\xbb\xbf{}", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_are_no_record(content: bytes) -> None:
    assert opinion_of_verify(content) == Opinion("damaged")
