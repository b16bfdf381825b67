"""One opening per transaction, for pgbench: the hot path's own statements, their arrays holding one element each.

Two forms: a script that sends statement after statement, and a function on the server that a single call runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate

from bench.support.population import CASES, CHANCES, FLOORS_NANO, PLAYERS, PRICE_NANO, ROWS
from stickercase.adapters.postgres import hot_sql
from stickercase.domain.fairness import GRID

ANSWER_BYTES = 700
VARIABLES = {"answer": "x" * ANSWER_BYTES, "hash": "\\x" + "5a" * 32}
"""What pgbench is given by ``-D``: an answer and a request hash as large as the real ones."""

ARGUMENTS = {
    **dict.fromkeys(("player", "case", "base", "pack", "row", "ticket", "floor"), "bigint"),
    "key": "text",
    "hash": "bytea",
    "answer": "bytea",
}
"""What one opening is made of, as both forms name it, and its types."""

PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s")
COLON_IN_TEXT = re.compile(r"'([^':]*):([^':]*)'")


def script(cases: int) -> str:
    """The pgbench script over ``cases`` cases, statement by statement."""
    names = {name: f":{name}" for name in ARGUMENTS} | {
        "id": ":nextval",
        "unit": ":u_unit_id",
        "seed": ":s_number",
        "nonce": ":s_nonce",
    }
    statement = _statements({**names, "at": "now()"})
    lines = [
        *_choices(cases),
        "BEGIN;",
        f"{statement['lock_cases']};",
        f"{statement['version']};",
        f"{statement['lock_accounts']};",
        f"{statement['seats']} \\gset s_",
        f"{statement['remembered']};",
        f"{statement['lock_stock']};",
        f"{statement['ids']} \\gset",
        f"{statement['take']} \\gset u_",
        f"{statement['record']};",
        "COMMIT;",
    ]
    return "\n".join(lines) + "\n"


def call_script(cases: int) -> str:
    """The pgbench script over ``cases`` cases that has the server's function do it all."""
    return "\n".join([*_choices(cases), f"SELECT bench_open({', '.join(f':{name}' for name in ARGUMENTS)});"]) + "\n"


def function() -> str:
    """SQL that creates that function, of the same statements."""
    names = {name: f"a_{name}" for name in ARGUMENTS} | {
        "id": "an_id",
        "unit": "unit.unit_id",
        "seed": "seat.number",
        "nonce": "seat.nonce",
    }
    statement = _statements({**names, "at": "now()"})
    return f"""
    CREATE FUNCTION bench_open({", ".join(f"a_{name} {kind}" for name, kind in ARGUMENTS.items())})
    RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE seat record; unit record; counts record; an_id bigint;
    BEGIN
        {_perform(statement["lock_cases"])};
        {_perform(statement["version"])};
        {_perform(statement["lock_accounts"])};
        {statement["seats"]} INTO STRICT seat;
        {_perform(statement["remembered"])};
        {_perform(statement["lock_stock"])};
        {statement["ids"]} INTO STRICT an_id;
        {statement["take"]} INTO STRICT unit;
        {statement["record"]} INTO STRICT counts;
        RETURN an_id;
    END $$;
    """


def _choices(cases: int) -> list[str]:
    """A random player, case and ticket, and the row the ticket falls on, with the chances of the real table."""
    assert 1 <= cases <= CASES
    cuts = [round(subtotal * GRID) for subtotal in accumulate(CHANCES)][:-1]
    branches = " ".join(f"WHEN :ticket < {cut} THEN {row}" for row, cut in enumerate(cuts, 1))
    floors = " ".join(f"WHEN :row = {row} THEN {floor_nano}" for row, floor_nano in enumerate(FLOORS_NANO, 1))
    return [
        f"\\set player random(1, {PLAYERS})",
        f"\\set case random(1, {cases})",
        f"\\set base (:case - 1) * {ROWS}",
        f"\\set ticket random(0, {GRID - 1})",
        f"\\set row CASE {branches} ELSE {ROWS} END",
        "\\set pack :base + :row",
        f"\\set floor CASE {floors} END",
        "\\set key random(1, 9000000000000000000)",
    ]


def _statements(names: Mapping[str, str]) -> dict[str, str]:
    """The hot statements for one opening, where ``names`` says what stands for the player, the case and so on."""
    v = dict(names)
    caller = f"'player' || chr(58) || {v['player']}"
    packs = ", ".join(f"{v['base']} + {row}" for row in range(1, ROWS + 1))
    return {
        "lock_cases": _filled(hot_sql.LOCK_CASES, f"ARRAY['Bench ' || {v['case']}]"),
        "version": _filled(hot_sql.CATALOGUE_VERSION),
        "lock_accounts": _filled(hot_sql.LOCK_ACCOUNTS, f"ARRAY[{v['player']}]"),
        "seats": _filled(hot_sql.SEATS, f"ARRAY[{v['player']}]"),
        "remembered": _filled(hot_sql.REMEMBERED, f"ARRAY[{caller}]", f"ARRAY[{v['key']}]"),
        "lock_stock": _filled(hot_sql.LOCK_STOCK, f"ARRAY[{packs}]"),
        "ids": _filled(hot_sql.FRESH_IDS, "1"),
        "take": _filled(hot_sql.TAKE_UNITS, f"ARRAY[{v['pack']}]", "ARRAY[1]"),
        "record": _filled(hot_sql.RECORD, at=v["at"], **_columns(v, caller)),
    }


def _columns(v: Mapping[str, str], caller: str) -> dict[str, str]:
    """The arrays of the recording statement."""
    values = {
        "d_player": v["player"],
        "d_seed": v["seed"],
        "d_nonce": v["nonce"],
        "d_item": v["id"],
        "d_opening": v["id"],
        "d_odds": v["case"],
        "d_unit": v["unit"],
        "d_roll": v["ticket"],
        "d_row": v["row"],
        "d_price": str(PRICE_NANO),
        "d_floor": v["floor"],
        "t_player": v["player"],
        "t_cause": v["id"],
        "t_amount": str(PRICE_NANO),
        "p_player": v["player"],
        "p_amount": str(PRICE_NANO),
        "p_seed": v["seed"],
        "p_draws": "1",
        "k_pack": v["pack"],
        "k_taken": "1",
        "a_caller": caller,
        "a_key": v["key"],
        "a_hash": v["hash"],
        "a_answer": v["answer"],
    }
    return {name: f"ARRAY[{value}]" for name, value in values.items()}


def _filled(statement: str, *positional: str, **named: str) -> str:
    """The statement with its placeholders replaced; every value must find its place."""
    waiting, used = list(positional), set()
    # pgbench takes a single colon for a variable's beginning, even inside a text such as 'house:openings'.
    plain = COLON_IN_TEXT.sub(r"U&'\1\\003a\2'", statement)

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return waiting.pop(0)
        used.add(found[1])
        return named[found[1]]

    filled = PLACEHOLDER.sub(value, plain).strip()
    assert not waiting, "the hot statement has fewer placeholders than this bench knows values"
    assert used == set(named), f"the hot statement has no place for {set(named) - used}"
    return filled


def _perform(query: str) -> str:
    assert query.startswith("SELECT ")
    return "PERFORM " + query.removeprefix("SELECT ")
