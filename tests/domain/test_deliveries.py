"""Deliveries: however answers are lost, late or repeated, no second order goes out, and what has ended has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stickercase.domain.gifts.deliveries import (
    OVERDUE,
    WATCHED,
    Answer,
    Delivery,
    Pace,
    Stage,
    Stars,
    Step,
    UnitGift,
    abandoned,
    answered,
    begun,
    is_watched,
    judged,
    next_look,
    not_reached,
    seen,
    unseen,
)
from stickercase.domain.gifts.orders import (
    GiftState,
    GiftStatus,
    NotOrdered,
    Ordered,
    OrderTrouble,
    StarsBought,
    Unknown,
)
from stickercase.domain.gifts.refusals import DeliveryMoved
from support.clock import NOON

GIFT = UnitGift(player_id=1, item_id=2, unit_id=3, gift_id="g")
NEW = Delivery(7, GIFT, "ann_1", NOON)
OURS = [OrderTrouble.BAD_TOKEN, OrderTrouble.HOUSE_BALANCE_TOO_LOW]
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def ordering(known: Delivery = NEW) -> Delivery:
    intended = begun(known, NOON)
    assert isinstance(intended, Delivery)
    return intended


def ordered() -> Delivery:
    return answered(ordering(), 1, Ordered(404), NOON).after


def look(known: Delivery, status: GiftStatus, after: timedelta = MINUTE) -> Step:
    return seen(known, GiftState(status, "told"), NOON + after)


@pytest.mark.parametrize("why", OrderTrouble)
def test_a_refusal_is_the_players_or_the_houses(why: OrderTrouble) -> None:
    step = answered(ordering(), 1, NotOrdered(why, "text", alarm="mend it" if why in OURS else None), NOON)
    if why in OURS:
        assert (step.after.stage, step.after.why, step.alarm) == (Stage.REQUESTED, "", "mend it")
        assert step.after.orders == 1
    else:
        assert (step.after.stage, step.after.why, step.after.text) == (Stage.RETURNED, why.value, "text")
        assert step.after.ended_at == NOON
        assert (step.alarm is not None) == (why is OrderTrouble.OTHER)


@pytest.mark.parametrize(
    ("status", "stage", "why"),
    [
        (GiftStatus.PENDING, Stage.ORDERED, ""),
        (GiftStatus.PROCESSING, Stage.ORDERED, ""),
        (GiftStatus.SENT, Stage.DELIVERED, ""),
        (GiftStatus.FAILED, Stage.RETURNED, "failed"),
        (GiftStatus.EXPIRED, Stage.RETURNED, "expired"),
        (GiftStatus.NOT_FOUND, Stage.UNKNOWN, "not_found"),
    ],
)
def test_a_look_decides_where_the_number_is_known(status: GiftStatus, stage: Stage, why: str) -> None:
    after = look(ordered(), status).after
    assert (after.stage, after.why) == (stage, why)
    forgotten = look(ordered(), GiftStatus.NOT_FOUND)
    assert forgotten.alarm is not None
    again = look(forgotten.after, status)
    assert (again.after.stage, again.after.why, again.alarm) == (stage, why, None)


def test_a_lost_answer_and_a_dead_worker_are_unknown_and_an_alarm() -> None:
    for step, why in (
        (answered(ordering(), 1, Unknown("it was lost"), NOON), "answer_lost"),
        (abandoned(ordering()), "worker_died"),
    ):
        assert (step.after.stage, step.after.why) == (Stage.UNKNOWN, why)
        assert step.alarm is not None
        assert begun(step.after, NOON) == DeliveryMoved("unknown")
        assert not is_watched(step.after, NOON)


def test_an_answer_that_comes_late_counts_until_a_person_has_decided() -> None:
    unknown = abandoned(ordering()).after
    late = answered(unknown, 1, Ordered(404), NOON).after
    assert (late.stage, late.queue_id) == (Stage.ORDERED, 404)
    assert answered(unknown, 1, NotOrdered(OrderTrouble.PAID_MESSAGES, ""), NOON).after.stage is Stage.RETURNED
    step = judged(unknown, NOON, delivered=False)
    assert isinstance(step, Step)
    after = answered(step.after, 1, Ordered(404), NOON)
    assert after.after == step.after
    assert after.alarm is not None
    assert "404" in after.alarm
    assert answered(step.after, 1, Unknown(""), NOON) == Step(step.after)


def test_the_same_answer_once_more_changes_nothing() -> None:
    assert answered(ordered(), 1, Ordered(404), NOON) == Step(ordered())
    assert answered(ordered(), 1, Ordered(405), NOON).alarm is not None
    bought = answered(ordering(replace(NEW, goods=Stars(50, "a prize"))), 1, StarsBought(50), NOON).after
    assert answered(bought, 1, StarsBought(50), NOON) == Step(bought)


def test_an_answer_to_an_earlier_order_moves_nothing() -> None:
    second = ordering(not_reached(ordering(), 1).after)
    assert second.orders == 2
    for answer in (Unknown(""), NotOrdered(OrderTrouble.OTHER, "")):
        assert answered(second, 1, answer, NOON) == Step(second)
    assert not_reached(second, 1) == Step(second)
    assert answered(second, 1, StarsBought(50), NOON).alarm is not None


def test_a_gift_that_takes_more_than_a_day_is_a_persons_to_decide_once() -> None:
    late = look(ordered(), GiftStatus.PENDING, OVERDUE)
    assert (late.after.stage, late.after.why) == (Stage.UNKNOWN, "overdue")
    assert late.alarm is not None
    assert look(late.after, GiftStatus.PENDING, OVERDUE + HOUR) == Step(late.after)
    assert look(late.after, GiftStatus.SENT, OVERDUE + HOUR).after.stage is Stage.DELIVERED
    assert look(ordered(), GiftStatus.PENDING, OVERDUE - SECOND).after == ordered()
    assert is_watched(late.after, NOON + WATCHED - SECOND)
    assert not is_watched(late.after, NOON + WATCHED)
    assert unseen(ordered(), NOON + HOUR) == Step(ordered())
    assert unseen(ordered(), NOON + OVERDUE).after.stage is Stage.UNKNOWN


def test_looks_grow_from_half_a_minute_to_ten() -> None:
    pace, at, pauses = Pace(), NOON, []
    for _ in range(40):
        following = next_look(ordered(), at, pace)
        pauses.append(following - at)
        at = following
    assert pauses[0] == 30 * SECOND
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10 * MINUTE
    assert sum(pause < 10 * MINUTE for pause in pauses) < 15


def test_a_person_decides_what_is_unknown_or_takes_back_what_was_not_ordered() -> None:
    def told(known: Delivery, delivered: bool) -> str:
        step = judged(known, NOON, delivered=delivered)
        return step.after.stage.value if isinstance(step, Step) else f"moved: {step.stage}"

    unknown = abandoned(ordering()).after
    assert [told(unknown, yes) for yes in (True, False)] == ["delivered", "returned"]
    assert [told(NEW, yes) for yes in (True, False)] == ["moved: requested", "returned"]
    for other in (ordering(), ordered(), replace(NEW, stage=Stage.DELIVERED), replace(NEW, stage=Stage.RETURNED)):
        assert {told(other, yes) for yes in (True, False)} == {f"moved: {other.stage.value}"}


def test_stars_arrive_at_once() -> None:
    stars = replace(NEW, goods=Stars(50, "a prize"))
    assert answered(ordering(stars), 1, StarsBought(50), NOON).after.stage is Stage.DELIVERED
    with pytest.raises(ValueError, match="50"):
        Stars(49, "a prize")


class Chaos(RuleBasedStateMachine):
    """One delivery, its shop, and workers that die or get their answers late."""

    @initialize()
    def new(self) -> None:
        self.known, self.now = NEW, NOON
        self.taken = 0
        self.status = GiftStatus.PENDING
        self.under_way: list[tuple[int, Answer | None]] = []
        self.judged_by_person = False

    def move(self, step: Step | Delivery) -> None:
        after = step.after if isinstance(step, Step) else step
        assert not self.known.stage.is_final or after == self.known, "what has ended has ended"
        self.known = after

    @rule(fate=st.sampled_from(["taken", "lost", "refused", "ours", "nobody", "never sent"]))
    @precondition(lambda self: self.known.stage is Stage.REQUESTED)
    def order(self, fate: str) -> None:
        self.move(ordering(self.known))
        answers: dict[str, Answer | None] = {
            "taken": Ordered(404),
            "lost": Unknown("lost"),
            "refused": NotOrdered(OrderTrouble.PAID_MESSAGES, ""),
            "ours": NotOrdered(OrderTrouble.BAD_TOKEN, ""),
            "nobody": None,
        }
        self.taken += fate in ("taken", "lost")
        if fate in answers:
            self.under_way.append((self.known.orders, answers[fate]))

    @rule(keep=st.booleans(), index=st.integers(0, 5))
    @precondition(lambda self: bool(self.under_way))
    def answer(self, keep: bool, index: int) -> None:
        order, answer = self.under_way[index % len(self.under_way)]
        if not keep:
            self.under_way.remove((order, answer))
        self.move(not_reached(self.known, order) if answer is None else answered(self.known, order, answer, self.now))

    @rule()
    def take_up_again(self) -> None:
        self.move(abandoned(self.known))

    @rule(status=st.sampled_from(GiftStatus))
    @precondition(lambda self: self.taken == 1 and not self.status.is_final)
    def process(self, status: GiftStatus) -> None:
        self.status = status

    @rule()
    @precondition(lambda self: self.known.queue_id is not None)
    def look(self) -> None:
        self.move(seen(self.known, GiftState(self.status), self.now))

    @rule()
    def miss(self) -> None:
        self.move(unseen(self.known, self.now))

    @rule(hours=st.integers(1, 30))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(delivered=st.booleans())
    def judge(self, delivered: bool) -> None:
        step = judged(self.known, self.now, delivered=delivered)
        if isinstance(step, Step):
            assert self.known.stage in (Stage.UNKNOWN, Stage.REQUESTED)
            assert not self.judged_by_person
            self.judged_by_person = True
            self.move(step)

    @invariant()
    def no_second_order_may_be_on_its_way(self) -> None:
        assert self.taken <= 1

    @invariant()
    def nothing_ends_of_itself_but_as_the_shop_says(self) -> None:
        if self.known.stage is Stage.DELIVERED and not self.judged_by_person:
            assert (self.taken, self.status) == (1, GiftStatus.SENT)
        if self.known.stage is Stage.RETURNED and not self.judged_by_person and self.taken:
            assert self.status in (GiftStatus.FAILED, GiftStatus.EXPIRED)


TestChaos = Chaos.TestCase
