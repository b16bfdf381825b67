"""Money: transfers are written once and balances follow, or nothing happens at all."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from stickercase.domain.ledger.accounts import ADJUSTMENTS, OPENINGS, Account, AccountKind, player_account
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import MAX_UNITS, NANO, Asset
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.refusal import BalanceTooLow, InvalidRequest, NotFound, Refused
from stickercase.domain.use_cases.adjust_balance import adjust_balance
from stickercase.domain.use_cases.once import Answered
from stickercase.ports.failures import BrokenLaw
from support.clock import NOON
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.worlds import OPERATOR, World


def _gift(player: Player, cause: int, amount: int = NANO, asset: Asset = Asset.TON) -> Transfer:
    return Transfer(Reason.ADJUSTMENT, cause, ADJUSTMENTS, player_account(player.id), amount, NOON, asset)


def _take(player: Player, cause: int, amount: int = NANO) -> Transfer:
    return Transfer(Reason.ADJUSTMENT, cause, player_account(player.id), ADJUSTMENTS, amount, NOON)


def _post(world: World, *transfers: Transfer) -> None:
    with world.transactions() as tx:
        for transfer in transfers:
            tx.ledger.post(transfer)


def _causes(world: World, count: int) -> list[int]:
    with world.transactions() as tx:
        return [tx.ledger.next_cause() for _ in range(count)]


def test_a_transfer_moves_the_balance(world: World) -> None:
    player, other = world.new_player(), world.new_player(5)
    up, down = _causes(world, 2)
    _post(world, _gift(player, up, 7), _take(player, down, 3))
    assert (world.balance(player), world.balance(other)) == (4, 5)
    with world.transactions() as tx:
        assert tx.ledger.balance(player.id) == 4
        assert tx.ledger.balance(10**9) == 0
    assert all_held(world.audits.audit())


def test_the_largest_amount_can_be_moved(world: World) -> None:
    player = world.new_player(MAX_UNITS)
    assert world.balance(player) == MAX_UNITS
    world.adjust(player, -MAX_UNITS)
    assert world.balance(player) == 0
    assert all_held(world.audits.audit())


def test_causes_are_fresh_and_ascend(world: World) -> None:
    causes = [cause for _ in range(3) for cause in _causes(world, 3)]
    assert causes == sorted(set(causes))


def test_draws_and_causes_share_one_order(world: World) -> None:
    case, player = world.new_case([(world.new_pack(4).id, 1.0)]), world.new_player(2 * NANO)
    world.open(player, case)
    world.adjust(player, NANO)
    world.open(player, case, 2)
    assert [event.kind for event in world.events(player)] == [
        "Case open",
        "Case open",
        "Adjustment",
        "Case open",
        "Adjustment",
    ]
    ids = [event.id for event in world.events(player)]
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.parametrize("balance", [0, 6])
def test_an_overdraft_is_refused(world: World, balance: int) -> None:
    player = world.new_player(balance)
    gift, take = _causes(world, 2)
    before = world.snapshot()
    with pytest.raises(BrokenLaw):
        _post(world, _take(player, take, balance + 1))
    with pytest.raises(BrokenLaw):  # and takes what was written before it along
        _post(world, _gift(player, gift, 2), _take(player, take, balance + 3))
    assert world.snapshot() == before


def test_a_cause_has_one_transfer_per_reason(world: World) -> None:
    player = world.new_player()
    (cause,) = _causes(world, 1)
    _post(world, _gift(player, cause))
    before = world.snapshot()
    for again in (_gift(player, cause), _gift(player, cause, 5), _take(player, cause)):
        with pytest.raises(BrokenLaw):
            _post(world, again)
    assert world.snapshot() == before


def test_a_cause_has_one_transfer_whoever_takes_part(world: World) -> None:
    ann, bob = world.new_player(), world.new_player()
    (cause,) = _causes(world, 1)
    _post(world, _gift(ann, cause))
    with pytest.raises(BrokenLaw):
        _post(world, _gift(bob, cause))
    assert all_held(world.audits.audit())


def test_a_cause_may_have_transfers_for_different_reasons(world: World) -> None:
    player = world.new_player(NANO)
    (cause,) = _causes(world, 1)
    opening = Transfer(Reason.OPENING, cause, player_account(player.id), OPENINGS, NANO, NOON)
    _post(world, _gift(player, cause, 5), opening)
    assert world.balance(player) == 5


def test_a_swallowed_refusal_cannot_be_committed(world: World) -> None:
    """After a BrokenLaw nothing can be kept, and the end of the block must not look like a success."""
    player = world.new_player(NANO)
    gift, take = _causes(world, 2)
    before = world.snapshot()

    def swallow() -> None:
        with world.transactions() as tx:
            tx.ledger.post(_gift(player, gift))
            with suppress(Exception):
                tx.ledger.post(_take(player, take, 100 * NANO))

    with pytest.raises(BrokenLaw):
        swallow()
    assert world.snapshot() == before


def test_assets_are_kept_apart(world: World) -> None:
    player = world.new_player(5)
    rubles, stars = _causes(world, 2)
    _post(world, _gift(player, rubles, 7, Asset.RUB), _gift(player, stars, 9, Asset.XTR))
    with world.transactions() as tx:
        assert [tx.ledger.balance(player.id, asset) for asset in (Asset.TON, Asset.RUB, Asset.XTR)] == [5, 7, 9]
    assert world.balance(player) == 5
    assert all_held(world.audits.audit())


def test_what_is_held_is_not_spendable(world: World) -> None:
    player = world.new_player(5)
    (cause,) = _causes(world, 1)
    held = Account(AccountKind.HELD, player.id)
    _post(world, Transfer(Reason.ADJUSTMENT, cause, player_account(player.id), held, 3, NOON))
    assert world.balance(player) == 2
    reports = world.audit()
    money = ("zero_sum", "balance_is_sum", "no_negative_balance", "one_transfer_per_cause")
    assert [reports[law].breaches for law in money] == [0, 0, 0, 0]
    # Nobody is adjusted into what is held: only withdrawals put something there.
    assert reports["transfers_known"].breaches == 1


def test_an_adjustment_is_ledgered_with_its_reason(world: World) -> None:
    player = world.new_player()
    assert world.adjust(player, 9, "  a present ") == Answered(b"9", replayed=False)
    world.clock.pass_time(minutes=1)
    assert world.adjust(player, -9, "taken back") == Answered(b"0", replayed=False)
    lines = [(event.amount_nano, event.note, event.at, event.image_url) for event in world.events(player)]
    assert lines == [(-9, "taken back", world.clock.now(), ""), (9, "a present", NOON, "")]


def test_adjustments_that_cannot_be_are_refused(world: World) -> None:
    player, stranger = world.new_player(5), Player(0, Profile(4, "Nobody"))
    before = world.snapshot()
    for who, amount, note, refusal in (
        (player, -6, "too much", BalanceTooLow(5)),
        (player, 0, "nothing", InvalidRequest("amount", "an adjustment moves some amount")),
        (player, 5, " \n", InvalidRequest("reason", "an adjustment needs a reason")),
        (stranger, 5, "who?", NotFound("player", "4")),
    ):
        with pytest.raises(Refused) as refused:
            world.adjust(who, amount, note)
        assert refused.value.refusal == refusal
    assert world.snapshot() == before


def test_an_interrupted_adjustment_leaves_no_trace(world: World) -> None:
    player = world.new_player(5)
    before = world.snapshot()
    telegram_id = player.profile.telegram_id
    for amount in (5, -5):
        with pytest.raises(Interrupted):
            adjust_balance(
                interrupted(world.transactions), world.clock, OPERATOR, telegram_id, amount, "x", lambda left: b""
            )
    assert world.snapshot() == before
    world.adjust(player, -5)
    assert world.balance(player) == 0


# --- races


def test_adjustments_at_once_all_count(world: World) -> None:
    player = world.new_player(100)
    amounts = (1, -2, 4, -8, 16, -32, 64, 7)
    answers = at_once([lambda amount=amount: world.adjust(player, amount) for amount in amounts])
    assert world.balance(player) == 100 + sum(amounts)
    # Each saw the balance that another left behind, in whatever order they came.
    after = [int(answered.answer) for answered in answers]
    before = [left - amount for left, amount in zip(after, amounts, strict=True)]
    assert Counter([*before, world.balance(player)]) == Counter([*after, 100])
    assert all_held(world.audits.audit())


def test_the_whole_balance_can_be_taken_once(world: World) -> None:
    player = world.new_player(NANO)

    def take() -> object:
        try:
            return world.adjust(player, -NANO)
        except Refused as refused:
            return refused.refusal

    outcomes = at_once([take] * 8)
    assert outcomes.count(Answered(b"0", replayed=False)) == 1
    assert outcomes.count(BalanceTooLow(0)) == 7
    assert all_held(world.audits.audit())


def test_one_cause_at_once_is_posted_once(world: World) -> None:
    player = world.new_player()
    (cause,) = _causes(world, 1)

    def post() -> bool:
        try:
            _post(world, _gift(player, cause))
        except BrokenLaw:
            return False
        return True

    assert at_once([post] * 8).count(True) == 1
    assert world.balance(player) == NANO
    assert all_held(world.audits.audit())


def test_openings_and_adjustments_at_once_add_up(world: World) -> None:
    case, player = world.new_case([(world.new_pack(30).id, 1.0)]), world.new_player(20 * NANO)
    jobs = [lambda: world.open(player, case, 2), lambda: world.adjust(player, NANO)] * 4
    assert all(isinstance(outcome, Answered) for outcome in at_once(jobs))
    assert world.balance(player) == (20 - 8 + 4) * NANO
    assert all_held(world.audits.audit())
