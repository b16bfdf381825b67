"""Pursuing deliveries, with the shop in memory and with Giftly's adapter before the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from stickercase.adapters.giftly.gifts import GiftlyGifts
from stickercase.domain.gifts.deliveries import Stage
from stickercase.domain.gifts.orders import GiftStatus, NotOrdered, Ordered, OrderTrouble, StarsBought, Unknown
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.use_cases.deliver_gift import DELIVER
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.pause_deliveries import pause_deliveries, resume_deliveries
from stickercase.domain.use_cases.perform_task import Performed, perform_task
from stickercase.domain.use_cases.pursue_delivery import pursue_delivery
from stickercase.domain.use_cases.tasks import Again, Done, Handler, TaskState
from stickercase.ports.failures import OutcomeUnknown, StoreUnavailable, VendorUnavailable
from stickercase.ports.transactions import Transaction
from support.parcels import PACE, Killed, Post, TellingGifts
from support.sandboxes import GIFTLY_TOKEN, outside
from support.worlds import OPERATOR, memory_world

PERSONAL = [OrderTrouble.UNKNOWN_USERNAME, OrderTrouble.PAID_MESSAGES, OrderTrouble.MUST_WRITE_FIRST]


@dataclass
class Scene:
    """A house, a shop, and the hands behind its counter. ``taken`` counts the gifts and stars of its books."""

    post: Post
    trouble: Callable[[str, OrderTrouble], object]
    arrive: Callable[[int, GiftStatus], object]
    lose: Callable[[], object]
    taken: Callable[[], int]


@pytest.fixture(params=["memory", "giftly"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    post = Post(memory_world())
    if request.param == "memory":
        shop = post.gifts.shop
        yield Scene(
            post,
            shop.trouble,
            shop.settle,
            lambda: setattr(post.gifts, "lost", 1),
            lambda: len(shop.gifts) + len(shop.stars),
        )
        return
    with outside(tmp_path) as world:
        world.control("giftly", delivery_seconds=None)
        post.gifts = TellingGifts(GiftlyGifts(world.giftly_url, GIFTLY_TOKEN))  # type: ignore[arg-type]  # any shop
        yield Scene(
            post,
            lambda username, why: world.control("people", username=username, trouble=why.value),
            lambda queue_id, status: world.control(f"gifts/{queue_id}", status=status.value),
            lambda: world.fault("giftly", "lost_answer"),
            lambda: len(world.state()["giftly"]["gifts"]) + len(world.state()["stars"]),
        )


@pytest.fixture
def post() -> Post:
    return Post(memory_world())


def number(post: Post, delivery_id: int) -> int:
    queue_id = post.delivery(delivery_id).queue_id
    assert queue_id is not None
    return queue_id


def alarm(performed: list[Performed]) -> str:
    """What a person is told of the one attempt."""
    [one] = performed
    assert isinstance(one.result, Done | Again), one.result
    if isinstance(one.result, Again):
        return one.result.alarm
    return one.result.note if one.result.alarm else ""


def test_a_gift_is_ordered_once_and_watched_to_its_end(scene: Scene) -> None:
    post = scene.post
    delivery_id = post.requested()
    assert alarm(post.work()) == ""
    for seconds in (30, 30, 60):
        assert alarm(post.work(seconds=seconds)) == ""
    assert post.stage(delivery_id) is Stage.ORDERED
    scene.arrive(number(post, delivery_id), GiftStatus.SENT)
    [last] = post.work(minutes=10)
    assert (last.result, last.task.state) == (Done("delivered"), TaskState.DONE)
    assert (post.stage(delivery_id), scene.taken()) == (Stage.DELIVERED, 1)
    assert all_held(post.world.audits.audit())


@pytest.mark.parametrize("why", PERSONAL)
def test_a_recipient_to_whom_nothing_can_be_given_gets_the_unit_back(scene: Scene, why: OrderTrouble) -> None:
    post = scene.post
    scene.trouble("ann_1", why)
    player = post.player()
    delivery_id = post.requested(player)
    post.work()
    found = post.delivery(delivery_id)
    assert (found.stage, found.why, bool(found.text)) == (Stage.RETURNED, why.value, True)
    assert [item.is_leaving for item in post.world.items(player)] == [False]
    assert (scene.taken(), post.world.work.dispatch().pause) == (0, None)
    assert all_held(post.world.audits.audit())


@pytest.mark.parametrize(
    ("status", "stage"), [(GiftStatus.FAILED, Stage.RETURNED), (GiftStatus.EXPIRED, Stage.RETURNED)]
)
def test_a_gift_that_fails_comes_back(scene: Scene, status: GiftStatus, stage: Stage) -> None:
    post, player = scene.post, scene.post.player()
    delivery_id = post.requested(player)
    post.work()
    scene.arrive(number(post, delivery_id), status)
    post.work(seconds=30)
    assert (post.stage(delivery_id), post.delivery(delivery_id).why) == (stage, status.value.lower())
    assert len(post.world.items(player)) == 1
    assert all_held(post.world.audits.audit())


@pytest.mark.parametrize("delivered", [True, False])
def test_a_lost_answer_waits_for_a_person(scene: Scene, delivered: bool) -> None:
    post, player = scene.post, scene.post.player()
    scene.lose()
    delivery_id = post.requested(player)
    assert "nobody can say" in alarm(post.work())
    assert post.work(hours=30) == []
    assert (post.stage(delivery_id), scene.taken()) == (Stage.UNKNOWN, 1)
    assert [item.is_leaving for item in post.world.items(player)] == [True]
    assert post.settle(delivery_id, delivered, "k") == ("delivered" if delivered else "returned")
    assert post.settle(delivery_id, delivered, "k") == ("delivered" if delivered else "returned")
    assert post.settle(delivery_id, delivered) == "delivery_moved"
    assert [item.is_leaving for item in post.world.items(player)] == [False] * (not delivered)
    assert all_held(post.world.audits.audit())


def test_stars_are_bought_once(scene: Scene) -> None:
    post = scene.post
    delivery_id = post.starred(60)
    assert alarm(post.work()) == ""
    assert (post.stage(delivery_id), scene.taken()) == (Stage.DELIVERED, 1)
    scene.lose()
    lost = post.starred()
    assert "nobody can say" in alarm(post.work())
    assert (post.stage(lost), scene.taken()) == (Stage.UNKNOWN, 2)
    scene.trouble("bob_1", OrderTrouble.UNKNOWN_USERNAME)
    refused = post.starred()
    post.work()
    assert (post.stage(refused), scene.taken()) == (Stage.RETURNED, 2)
    assert [line[1] for line in post.world.back_door.operator_log()].count("order_stars") == 3


def test_a_forgotten_gift_is_unknown_until_a_look_or_a_person_says(scene: Scene) -> None:
    post = scene.post
    delivery_id = post.requested()
    post.work()
    scene.arrive(number(post, delivery_id), GiftStatus.NOT_FOUND)
    assert "not_found" in alarm(post.work(seconds=30))
    assert alarm(post.work(minutes=10)) == "", "once is enough"
    assert post.stage(delivery_id) is Stage.UNKNOWN
    scene.arrive(number(post, delivery_id), GiftStatus.SENT)
    post.work(minutes=10)
    assert post.stage(delivery_id) is Stage.DELIVERED


def test_what_hangs_for_more_than_a_day_is_a_persons(post: Post) -> None:
    delivery_id = post.requested()
    post.work()
    assert alarm(post.work(hours=25)) == ""
    assert "overdue" in alarm(post.work(hours=2))
    assert post.stage(delivery_id) is Stage.UNKNOWN
    assert "unknown" in alarm(post.work(hours=50)), "it is looked at no more, and said once again"
    assert post.work(hours=50) == []


def test_what_nobody_could_look_at_for_three_days_is_a_persons(post: Post) -> None:
    """No worker ran meanwhile, so nobody has said before that it is overdue."""
    player = post.player()
    delivery_id = post.requested(player)
    post.work()
    assert post.stage(delivery_id) is Stage.ORDERED
    assert "overdue" in alarm(post.work(hours=73))
    assert post.stage(delivery_id) is Stage.UNKNOWN
    assert post.settle(delivery_id, delivered=False) == "returned"
    assert [item.is_leaving for item in post.world.items(player)] == [False]


def test_a_worker_that_dies_after_the_order_never_orders_again(post: Post) -> None:
    delivery_id = post.requested()
    post.gifts.mishaps = [lambda: post.gifts.shop.buy_gift("ann_1", "gift_123") and _die()]
    with pytest.raises(Killed):
        post.work()
    assert post.stage(delivery_id) is Stage.ORDERING
    _send_again(post)
    assert "worker_died" in alarm(post.work(minutes=2))
    assert (post.stage(delivery_id), len(post.gifts.shop.gifts)) == (Stage.UNKNOWN, 1)


def _die() -> None:
    raise Killed


def _send_again(post: Post) -> None:
    """What the sweep does for the dead."""
    with post.world.transactions() as tx:
        for task_id in range(1, 10):
            if tx.tasks.lock(task_id) is not None:
                tx.queue.put_back([task_id])


def test_an_answer_that_comes_after_the_intention_was_given_up_counts(post: Post) -> None:
    delivery_id = post.requested()

    def slow() -> None:
        _send_again(post)
        post.world.clock.pass_time(minutes=10)
        assert "worker_died" in alarm(post.work())

    post.gifts.mishaps = [slow]
    [late] = post.work()
    assert late.was_late
    assert post.stage(delivery_id) is Stage.ORDERED
    post.arrive(delivery_id)
    post.work(minutes=10)
    assert (post.stage(delivery_id), len(post.gifts.shop.gifts)) == (Stage.DELIVERED, 1)


@pytest.mark.parametrize("error", [StoreUnavailable, OutcomeUnknown])
@pytest.mark.parametrize("is_done", [True, False])
def test_an_answer_is_written_down_although_the_store_fails_twice(
    post: Post, error: type[Exception], is_done: bool
) -> None:
    whole, failures = post.world.transactions, [error("away")] * 2

    @contextmanager
    def failing() -> Iterator[Transaction]:
        with whole() as tx:
            yield tx
            if not is_done and failures:
                raise failures.pop()
        if is_done and failures:
            raise failures.pop()

    def fail_from_now_on() -> None:
        post.world.transactions = failing

    delivery_id = post.requested()
    post.gifts.mishaps = [fail_from_now_on]
    run = partial(pursue_delivery, lambda: post.world.transactions(), post.world.clock, post.gifts, PACE)
    with whole() as tx:
        [task_id] = tx.queue.to_send(post.world.clock.now(), 9)
    performed = perform_task(whole, post.world.clock, lambda: 0.0, {DELIVER: Handler(run)}, task_id)
    assert performed is not None
    assert alarm([performed]) == ""
    assert (post.stage(delivery_id), len(post.gifts.shop.gifts), failures) == (Stage.ORDERED, 1, [])


def test_when_nobody_is_there_it_is_tried_again(post: Post) -> None:
    def nobody() -> None:
        raise VendorUnavailable("nobody is there")

    delivery_id = post.requested()
    post.gifts.mishaps = [nobody] * 3
    for seconds in (0, 2, 4):
        [failed] = post.work(seconds=seconds)
        assert isinstance(failed.result, VendorUnavailable)
        assert post.stage(delivery_id) is Stage.REQUESTED
    assert alarm(post.work(seconds=8)) == ""
    assert (post.delivery(delivery_id).orders, len(post.gifts.shop.gifts)) == (4, 1)


def test_the_houses_trouble_pauses_all_and_one_trial_ends_it(scene: Scene) -> None:
    post = scene.post
    ours = NotOrdered(OrderTrouble.HOUSE_BALANCE_TOO_LOW, "too little", alarm="refill")
    post.gifts.mishaps = [lambda: ours]
    ids = [post.requested() for _ in range(5)]
    performed = post.work()
    assert [one.result.alarm for one in performed if isinstance(one.result, Again)] == ["refill", "", "", "", ""]
    assert {post.stage(one) for one in ids} == {Stage.REQUESTED}
    pause = post.world.work.dispatch().pause
    assert pause is not None
    assert (pause.why, pause.text) == ("house_balance_too_low", "too little")
    assert post.work(minutes=4) == []
    post.gifts.mishaps = [lambda: ours]
    assert len(post.work(minutes=1)) == 5
    assert post.gifts.mishaps == [], "one has tried"
    assert sum(post.delivery(one).orders for one in ids) == 2
    assert scene.taken() == 0
    assert len(post.work(minutes=10)) == 5, "the trial is taken, and the others follow"
    assert (scene.taken(), post.world.work.dispatch().pause) == (5, None)
    assert {post.stage(one) for one in ids} == {Stage.ORDERED}
    assert all_held(post.world.audits.audit())


def test_an_operator_pauses_and_resumes(post: Post) -> None:
    world = post.world
    told = pause_deliveries(world.transactions, world.clock, OPERATOR, "Giftly is down", lambda one: one.why.encode())  # type: ignore[union-attr]  # it is there
    assert told.answer == b"operator"
    ids = [post.requested() for _ in range(3)]
    post.work()
    assert len(post.work(hours=2)) == 3
    assert {post.stage(one) for one in ids} == {Stage.REQUESTED}
    for _ in range(2):
        answered = resume_deliveries(
            world.transactions, world.clock, Caller("service:tests", "k"), lambda pause: repr(pause).encode()
        )
        assert answered.answer == b"None"
    post.work()
    assert {post.stage(one) for one in ids} == {Stage.ORDERED}
    log = [line[1] for line in world.back_door.operator_log()]
    assert [action for action in log if action.endswith("_deliveries")] == ["pause_deliveries", "resume_deliveries"]


def test_no_transaction_is_open_while_the_shop_is_asked(post: Post) -> None:
    """The memory store would refuse: a thread with a transaction in flight cannot begin to read."""
    looked = []

    def look() -> None:
        looked.append(post.world.work.dispatch())

    post.gifts.mishaps = [look]
    post.requested()
    post.work()
    assert [stage for one in looked for stage in one.stages] == [Stage.ORDERING], "the intention is committed"


@pytest.mark.parametrize("answer", [Ordered(404), StarsBought(50), Unknown("lost")])
def test_an_order_that_is_taken_after_a_person_decided_is_an_alarm(
    post: Post, answer: Ordered | StarsBought | Unknown
) -> None:
    delivery_id = post.requested()

    def slow() -> object:
        _send_again(post)
        post.world.clock.pass_time(minutes=10)
        post.work()
        assert post.settle(delivery_id, delivered=False) == "returned"
        return answer

    post.gifts.mishaps = [slow]  # type: ignore[list-item]  # any answer
    told = alarm(post.work())
    assert ("after it was returned" in told) == (not isinstance(answer, Unknown))
    assert post.stage(delivery_id) is Stage.RETURNED
