"""The append-only log of what operators did."""

from __future__ import annotations

import pytest

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.money import NANO
from stickercase.domain.refusal import Refused
from stickercase.domain.use_cases.adjust_balance import adjust_balance
from stickercase.domain.use_cases.publish_cases import CaseChange
from stickercase.domain.use_cases.stock_packs import PackChange
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World


def test_a_line_is_kept_as_it_was_written(world: World) -> None:
    before = {"a": 1, "b": None, "c": [1.5, "ж"]}
    after: dict[str, object] = {"fee": 0.1, "nested": {"x": True}, "amount": 10**18}
    with world.transactions() as tx:
        tx.operator_log.append("service:bot", "test", "thing:1", before, after, NOON)
        tx.operator_log.append("service:bot", "test", "thing:2", None, {}, NOON)
    assert world.back_door.operator_log() == [
        ("service:bot", "test", "thing:1", before, after, NOON),
        ("service:bot", "test", "thing:2", None, {}, NOON),
    ]


def test_a_line_does_not_change_with_what_it_was_made_of(world: World) -> None:
    after: dict[str, object] = {"price": 1}
    with world.transactions() as tx:
        tx.operator_log.append("service:bot", "test", "thing:1", after, after, NOON)
        after["price"] = 2
    assert world.back_door.operator_log()[0][3:5] == ({"price": 1}, {"price": 1})


def test_everything_an_operator_does_is_logged(world: World) -> None:
    pack, player = world.new_pack(floor_nano=5), world.new_player(9)
    world.add_units(pack.id, [4, 2])
    case = world.new_case([(pack.id, 1.0)])
    world.edit_pack(pack, PackChange(floor_nano=6))
    world.edit_case(case, CaseChange(status=CaseStatus.INACTIVE))
    lines = world.back_door.operator_log()
    assert {who for who, *_ in lines} == {"service:tests"}
    assert [(action, subject) for _, action, subject, *_ in lines] == [
        ("add_pack", f"pack:{pack.id}"),
        ("adjust", f"player:{player.id}"),
        ("add_units", f"pack:{pack.id}"),
        ("add_case", f"case:{case.id}"),
        ("edit_pack", f"pack:{pack.id}"),
        ("edit_case", f"case:{case.id}"),
    ]
    assert lines[1][3:5] == ({"balance_nano": 0}, {"balance_nano": 9, "reason": "a present"})
    assert lines[2][3:5] == ({"in_stock_count": 0}, {"in_stock_count": 2, "added": 2, "first": 2, "last": 4})
    changes = [
        {name for name in after if before is not None and before[name] != after[name]}
        for *_, before, after, _ in lines[4:]
    ]
    assert changes == [{"floor_nano"}, {"status"}]


def test_what_changes_nothing_or_is_refused_is_not_logged(world: World) -> None:
    player, pack = world.new_player(), world.new_pack()
    case = world.new_case([(pack.id, 1.0)])
    before = world.back_door.operator_log()
    world.edit_case(case, CaseChange(price_nano=case.price_nano))
    world.edit_pack(pack, PackChange(pack_name=pack.pack_name))
    with pytest.raises(Refused):
        world.adjust(player, -1)
    assert world.back_door.operator_log() == before


def test_an_interrupted_change_is_not_logged(world: World) -> None:
    player = world.new_player()
    before = world.snapshot()
    telegram_id = player.profile.telegram_id
    with pytest.raises(Interrupted):
        adjust_balance(
            interrupted(world.transactions), world.clock, OPERATOR, telegram_id, NANO, "a present", lambda left: b""
        )
    assert world.snapshot() == before


def test_changes_at_once_are_all_logged(world: World) -> None:
    player = world.new_player()
    at_once([lambda: world.adjust(player, 5)] * 8)
    lines = [(before, after) for _, _, _, before, after, _ in world.back_door.operator_log()]
    # Each line begins where another ended, although lines may be written in another order than they commit.
    assert sorted(before["balance_nano"] for before, _ in lines if before) == list(range(0, 40, 5))
    assert sorted(after["balance_nano"] for _, after in lines) == list(range(5, 45, 5))
