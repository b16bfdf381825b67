"""Ten thousand openings: the published odds are the real ones, and anyone can check every draw."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from stickercase.domain.fairness import DrawRecord, replay
from support.api_processes import AS_SERVICE, Pair, Tell
from support.chi_square import SIGNIFICANCE, p_value, upper_gamma
from support.command_line import command, inside
from support.http_lines import Ask, through
from support.players import Operator, Player, SoldCase, standing

OPENINGS, PLAYERS, LINES, SAMPLE = 10_000, 100, 32, 1_000
CHANCES = (0.30, 0.20, 0.15, 0.10, 0.10, 0.05, 0.05, 0.03, 0.015, 0.005)
Public = dict[str, Any]


@dataclass(frozen=True)
class Evening:
    """What happened: who played which case, and the public records of a sample of the draws, all revealed."""

    case: SoldCase
    players: list[Player]
    drawn: Counter[int]
    records: list[Public]


@pytest.fixture(scope="module")
def evening(pair: Pair) -> Evening:
    """10,000 openings by 100 players through 32 connections to two processes; then everybody rotates."""
    client, ports = pair[0].client, [api.port for api in pair]
    operator = Operator(client)
    case = operator.new_case([(operator.new_pack(int(OPENINGS * p * 1.2) + 1_000), p) for p in CHANCES])
    players = [operator.new_player(str(OPENINGS // PLAYERS)) for _ in range(PLAYERS)]
    asks = [ask for player in players for ask in [player.opens(case.name)] * (OPENINGS // PLAYERS)]
    asks = [ask for start in range(PLAYERS) for ask in asks[start::PLAYERS]]  # everybody plays at the same time
    opened = [answer.json() for answer in through(ports, asks, LINES) if answer.status == 200]
    assert len(opened) == OPENINGS
    draw_ids = [o["fairness"]["draw_id"] for o in opened]
    assert len(set(draw_ids)) == OPENINGS
    sample = [Ask("GET", f"/api/draws/{draw_id}") for draw_id in draw_ids[:: OPENINGS // SAMPLE]]
    secret = [answer.json()["draw"] for answer in through(ports, sample, LINES)]
    assert {record["server_seed"] for record in secret} == {None}, "a server seed was shown before its rotation"
    rotations = [Ask("POST", player.path("/fairness/rotate"), player.headers()) for player in players]
    assert {answer.status for answer in through(ports, rotations, LINES)} == {200}
    records = [answer.json()["draw"] for answer in through(ports, sample, LINES)]
    assert [record | {"server_seed": None} for record in records] == secret, "a draw changed after it was made"
    return Evening(case, players, Counter(o["drop"]["id"] for o in opened), records)


def published_chances(client: httpx.Client, case: SoldCase) -> dict[int, float]:
    """The odds as every player can read them."""
    items = client.get(case.path("/items/")).json()["items"]
    return {item["pack_id"]: item["chance"] for item in items}


def test_the_drops_fit_the_published_odds(evening: Evening, pair: Pair, tell: Tell) -> None:
    p = p_value(evening.drawn, published_chances(pair[1].client, evening.case))
    tell(f"{sum(evening.drawn.values())} openings, chi-square p = {p:.4f}")
    assert p > SIGNIFICANCE, f"{evening.drawn} does not fit the published odds: p = {p}"


@pytest.mark.parametrize("tampering", ["a chance moved", "two rows swapped", "all the same"])
def test_the_same_test_fails_for_other_odds(tampering: str, evening: Evening, pair: Pair) -> None:
    chances = published_chances(pair[1].client, evening.case)
    first, second, third, *_ = sorted(chances)
    tampered = {
        "a chance moved": chances | {first: chances[first] - 0.06, second: chances[second] + 0.06},
        "two rows swapped": chances | {first: chances[third], third: chances[first]},
        "all the same": dict.fromkeys(chances, 1 / len(chances)),
    }[tampering]
    assert sum(tampered.values()) == pytest.approx(1)
    assert p_value(evening.drawn, tampered) < SIGNIFICANCE


@pytest.mark.parametrize(
    ("freedom", "statistic", "p"),
    [(1, 3.841458820694124, 0.05), (9, 16.918977604620448, 0.05), (9, 45.07, 9.0e-7), (9, 2.0, 0.9914), (4, 0, 1)],
)
def test_the_p_value_is_the_one_of_the_tables(freedom: int, statistic: float, p: float) -> None:
    assert upper_gamma(freedom / 2, statistic / 2) == pytest.approx(p, rel=0.01)


def test_everybody_paid_for_what_they_got(evening: Evening, pair: Pair) -> None:
    for player in evening.players[::10]:
        after = standing(pair[0].client, player)
        each = OPENINGS // PLAYERS
        assert (after.balance, after.nonce, after.openings, len(after.items)) == (0.0, 0, each, each)
    report = pair[0].client.get("/api/operator/audit", headers=AS_SERVICE).json()
    assert report["ok"], report


def record_of(public: Public) -> DrawRecord:
    """A public record as the domain's verifier takes it."""
    return DrawRecord(
        game=public["game"],
        server_seed_hash=public["server_seed_hash"],
        server_seed=bytes.fromhex(public["server_seed"]),
        client_seed=public["client_seed"],
        nonce=public["nonce"],
        table_id=public["table_id"],
        table=tuple((str(row["pack_id"]), row["tickets"]) for row in public["table"]),
        roll=public["roll"],
        row=public["row"],
    )


def is_fair(record: DrawRecord) -> bool:
    """Whether a record replays."""
    return all(check.held for check in replay(record))


def test_every_sampled_draw_replays(evening: Evening) -> None:
    assert len(evening.records) == SAMPLE
    unfair = [record["draw_id"] for record in evening.records if not is_fair(record_of(record))]
    assert not unfair, f"{len(unfair)} of {SAMPLE} draws do not replay: {unfair[:3]}"
    for record in evening.records:
        assert record["table"][record["row"] - 1]["pack_id"] == record["pack_id"]
        assert record["table_id"] == evening.case.table_id
        assert record["case_name"] == evening.case.name
    assert {row["pack_id"] for row in evening.records[0]["table"]} == set(evening.case.pack_ids)
    assert len({record["roll"] for record in evening.records}) == SAMPLE


def test_one_changed_sign_anywhere_does_not_replay(evening: Evening) -> None:
    record = record_of(evening.records[0])
    assert is_fair(record)
    survivors = [change for change in changes_of(record) if is_fair(change)]
    assert not survivors, survivors[:3]


def changes_of(record: DrawRecord) -> list[DrawRecord]:
    """The record with each single sign of its seeds, hashes and table changed."""
    assert record.server_seed is not None
    changed = [replace(record, server_seed=bytes.fromhex(text)) for text in _respelt(record.server_seed.hex())]
    for name in ("server_seed_hash", "table_id", "client_seed", "game"):
        changed += [replace(record, **{name: text}) for text in _respelt(getattr(record, name))]
    for name in ("nonce", "roll", "row"):
        changed += [replace(record, **{name: int(text)}) for text in _respelt(str(getattr(record, name)))]
    for place, (label, tickets) in enumerate(record.table):
        others = [(text, tickets) for text in _respelt(label)] + [(label, int(t)) for t in _respelt(str(tickets))]
        for row in others:
            changed.append(replace(record, table=(*record.table[:place], row, *record.table[place + 1 :])))
    assert len(changed) > 300
    return changed


def _respelt(text: str) -> list[str]:
    """The text with each of its signs replaced by another (hex) digit."""
    return [text[:i] + ("1" if text[i] != "1" else "2") + text[i + 1 :] for i in range(len(text))]


# --- the command line: offline, without a database


def verified(record: Public | str, tmp_path: Path) -> tuple[int, str]:
    """Exit status and output of `verify`, with no setting at all, in this process: for many of them."""
    path = tmp_path / "draw.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    run = inside("verify", str(path), cwd=tmp_path)
    return run.returncode, run.stdout + run.stderr


def test_the_command_line_verifies_draws_offline(evening: Evening, tmp_path: Path) -> None:
    whole = json.dumps({"status": "success", "draw": evening.records[0]})  # as the API answers
    piped = command("verify", stdin=whole, cwd=tmp_path)
    assert (piped.returncode, piped.stdout.splitlines()[-1][:5]) == (0, "FAIR:"), piped
    changed = command("verify", stdin=whole.replace('"roll": ', '"roll": 1'), cwd=tmp_path)
    assert (changed.returncode, changed.stdout.splitlines()[-1][:9]) == (1, "NOT FAIR:"), changed
    for record in evening.records[:: SAMPLE // 50]:
        status, output = verified(record, tmp_path)
        assert (status, "FAIR: the draw is exactly what its seeds make it" in output) == (0, True), output


def altered(public: Public) -> dict[str, Public]:
    """One record for every field that is checked, with the least change."""
    table = public["table"]
    other_pack = [table[0] | {"pack_id": table[0]["pack_id"] + 1}, *table[1:]]
    fewer, more = table[0] | {"tickets": table[0]["tickets"] - 1}, table[1] | {"tickets": table[1]["tickets"] + 1}
    changes: dict[str, Public] = {name: {name: _respelt(public[name])[-1]} for name in ("server_seed", "client_seed")}
    changes |= {name: {name: _respelt(public[name])[0]} for name in ("game", "draw_id", "server_seed_hash", "table_id")}
    changes |= {name: {name: public[name] + 1} for name in ("nonce", "roll", "row", "pack_id")}
    changes |= {
        "seed in capitals": {"server_seed": public["server_seed"].upper()},
        "seed with a space": {"server_seed": public["server_seed"][:2] + " " + public["server_seed"][2:]},
        "hash in capitals": {"server_seed_hash": public["server_seed_hash"].upper()},
        "pack in the table": {"table": other_pack},
        "ticket moved": {"table": [fewer, more, *table[2:]]},
        "row gone": {"table": table[:-1]},
        "rows swapped": {"table": [table[1], table[0], *table[2:]]},
        "no table": {"table": []},
        "seed cut": {"server_seed": public["server_seed"][:-2]},
    }
    return {what: public | change for what, change in changes.items()}


def test_the_command_line_notices_every_change(evening: Evening, tmp_path: Path) -> None:
    cases = altered(evening.records[1])
    assert {name for name in evening.records[1] if name not in ("case_name", "at", "table")} <= set(cases)
    outcomes = {what: verified(record, tmp_path) for what, record in cases.items()}
    missed = {what: (status, output.splitlines()[-1]) for what, (status, output) in outcomes.items() if status != 1}
    assert not missed, f"(exit status, last line) of records that were changed: {missed}"
    assert all("NOT FAIR" in output for _, output in outcomes.values())
    assert not any("Traceback" in output for _, output in outcomes.values())


def test_the_command_line_tells_what_cannot_be_checked_yet(evening: Evening, tmp_path: Path) -> None:
    status, output = verified(evening.records[0] | {"server_seed": None}, tmp_path)
    assert (status, "not rotated" in output) == (2, True), output


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "5", "{" * 5000, "[" * 5000 + "]" * 5000, '{"draw": 1}', "\x00"]
)
def test_the_command_line_says_that_nonsense_is_no_record(text: str, tmp_path: Path) -> None:
    status, output = verified(text, tmp_path)
    assert (status, "NOT FAIR" in output, "Traceback" in output) == (1, True, False), output
