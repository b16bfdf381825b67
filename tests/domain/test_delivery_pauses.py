"""The pause of all deliveries: one trial at a time, ever less often, until the shop takes an order or a person says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from stickercase.domain.gifts.deliveries import Answer, Pace
from stickercase.domain.gifts.orders import NotOrdered, Ordered, OrderTrouble, StarsBought, Unknown
from stickercase.domain.gifts.pauses import Pause, Turn, Wait, after_answer, paused, turn
from support.clock import NOON

PACE = Pace()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOO_LOW = NotOrdered(OrderTrouble.HOUSE_BALANCE_TOO_LOW, "too little")
PERSONAL = NotOrdered(OrderTrouble.PAID_MESSAGES, "paid")


def told(pause: Pause | None, delivery_id: int, answer: Answer | None, now: datetime) -> Pause | None:
    return after_answer(pause, delivery_id, answer, now, PACE)


def pause() -> Pause:
    begun = told(None, 1, TOO_LOW, NOON)
    assert begun is not None
    return begun


def trial(of: Pause, delivery_id: int, now: datetime) -> Pause:
    taken = turn(of, delivery_id, now, PACE)
    assert isinstance(taken, Turn)
    assert taken.pause is not None
    return taken.pause


def test_without_a_pause_everybody_orders() -> None:
    assert turn(None, 1, NOON, PACE) == Turn(None)
    for answer in (Ordered(1), Unknown(""), PERSONAL, StarsBought(50), None):
        assert told(None, 1, answer, NOON) is None


@pytest.mark.parametrize("why", [OrderTrouble.BAD_TOKEN, OrderTrouble.HOUSE_BALANCE_TOO_LOW])
def test_the_houses_trouble_pauses_all(why: OrderTrouble) -> None:
    begun = told(None, 1, NotOrdered(why, "text"), NOON)
    assert begun == Pause(NOON, why.value, "text", NOON + 5 * MINUTE)
    assert turn(begun, 2, NOON + 4 * MINUTE, PACE) == Wait(NOON + 5 * MINUTE)


def test_one_tries_and_the_others_wait() -> None:
    at = NOON + 5 * MINUTE
    trying = trial(pause(), 2, at)
    assert (trying.trial_id, trying.since) == (2, NOON)
    assert turn(trying, 3, at, PACE) == Wait(at + PACE.trial)
    assert trial(trying, 2, at + MINUTE).trial_at == at + MINUTE
    assert trial(trying, 3, at + PACE.trial).trial_id == 3


@pytest.mark.parametrize("answer", [Ordered(1), StarsBought(50)])
def test_a_trial_that_is_taken_ends_the_pause(answer: Answer) -> None:
    at = NOON + 5 * MINUTE
    trying = trial(pause(), 2, at)
    assert told(trying, 2, answer, at) is None
    assert told(trying, 3, answer, at) == trying, "it was on its way when the pause began"


def test_trials_that_fail_come_ever_less_often() -> None:
    known, at, waits = pause(), NOON, []
    for number in range(6):
        assert known.retry_at is not None
        at = known.retry_at
        again = told(trial(known, number, at), number, TOO_LOW, at)
        assert again is not None
        assert again.retry_at is not None
        waits.append((again.retry_at - at) // MINUTE)
        assert (again.since, again.trial_id) == (NOON, None)
        known = again
    assert waits == [10, 20, 40, 60, 60, 60]


def test_what_was_on_its_way_does_not_make_the_pause_longer() -> None:
    known = pause()
    assert told(known, 9, TOO_LOW, NOON + MINUTE) == known


def test_a_refusal_of_the_recipients_lets_the_next_one_try() -> None:
    at = NOON + 5 * MINUTE
    freed = told(trial(pause(), 2, at), 2, PERSONAL, at)
    assert freed is not None
    assert trial(freed, 3, at).trial_id == 3


@pytest.mark.parametrize("answer", [Unknown("lost"), None])
def test_a_trial_of_which_nothing_is_known_proves_nothing(answer: Answer | None) -> None:
    at = NOON + 5 * MINUTE
    freed = told(trial(pause(), 2, at), 2, answer, at)
    assert freed is not None
    assert turn(freed, 3, at, PACE) == Wait(at + 5 * MINUTE)


def test_what_a_person_has_paused_a_person_resumes() -> None:
    known = paused(pause(), "Giftly is down", NOON + HOUR)
    assert (known.since, known.why, known.text) == (NOON, "operator", "Giftly is down")
    assert turn(known, 1, NOON + 99 * HOUR, PACE) == Wait(NOON + 100 * HOUR)
    assert told(known, 1, Ordered(1), NOON) == known
    assert paused(None, "", NOON + HOUR).since == NOON + HOUR
