"""A player's photo: found out at the door, fetched by a task over real TLS, kept among ours, shown from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from stickercase.adapters.memory import MemoryMessages
from stickercase.adapters.memory.pictures import MemoryPictures
from stickercase.domain.pictures.formats import picture_of
from stickercase.domain.players.profile import Player, Profile
from stickercase.domain.use_cases.fetch_avatar import ATTEMPTS, FETCH, fetch_avatar
from stickercase.domain.use_cases.perform_task import Performed, perform_task
from stickercase.domain.use_cases.relay_tasks import relay_tasks
from stickercase.domain.use_cases.show_avatar import show_avatar
from stickercase.domain.use_cases.tasks import Done, Handler, Task, TaskState
from stickercase.domain.use_cases.welcome_player import welcome_player
from stickercase.ports.failures import VendorUnavailable
from support.picture_files import GIF, SVG, jpeg, png, webp
from support.telegram_hosts import Telegram, answer, telegram
from support.worlds import World

STUB = "/media/users/plug.png"
PHOTO, OTHER = "https://t.me/i/userpic/320/ann.jpg", "https://cdn4.cdn-telegram.org/file/ann.png"
ANN = Profile(77, "Ann")


class Studio:
    """A world with Telegram's hosts outside and a store of pictures inside."""

    def __init__(self, world: World, hosts: Telegram) -> None:
        self.world, self.hosts = world, hosts
        self.pictures = MemoryPictures()
        self.messages = MemoryMessages()
        self.photos = hosts.photos()

    def welcome(self, image_url: str | None, **how: bool) -> Player:
        profile = replace(ANN, image_url=image_url)
        return welcome_player(self.world.transactions, self.world.clock, self.world.seeds, profile, **how)[0]

    def fetch(self, task: Task) -> Done:
        return fetch_avatar(self.world.transactions, self.photos, self.pictures, task)

    def work(self) -> list[Performed]:
        """Perform what is due."""
        done: list[Performed] = []
        handlers = {FETCH: Handler(self.fetch, attempts=ATTEMPTS + 1)}

        def perform(task_id: int) -> None:
            found = perform_task(self.world.transactions, self.world.clock, lambda: 0.0, handlers, task_id)
            assert found is not None
            done.append(found)

        relay_tasks(self.world.transactions, self.world.clock, self.messages)
        self.messages.deliver(perform)
        return done

    @property
    def shown(self) -> str:
        found = self.world.reading.player(ANN.telegram_id)
        assert found is not None, "the player is there whatever became of the photo"
        return show_avatar(self.pictures, STUB, found[0])


@pytest.fixture(scope="module")
def hosts() -> Iterator[Telegram]:
    with telegram() as shown:
        yield shown


@pytest.fixture
def studio(world: World, hosts: Telegram) -> Studio:
    hosts.pages.clear()
    hosts.asked.clear()
    hosts.names.clear()
    return Studio(world, hosts)


def test_a_new_players_photo_is_fetched_and_shown(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg(320, 320))
    studio.welcome(PHOTO)
    assert studio.shown == STUB, "nothing is fetched while the player waits"
    assert studio.hosts.asked == []
    [performed] = studio.work()
    assert performed.result == Done("kept as users/77.jpg")
    assert studio.shown == "/media/users/77.jpg"
    assert studio.pictures.get("users/77.jpg") == picture_of(jpeg(320, 320))


def test_the_first_visit_brings_the_photo_that_the_bot_did_not_see(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg())
    studio.welcome(None)
    assert studio.work() == []
    player = studio.welcome(PHOTO, update=False)
    assert player.profile == replace(ANN, image_url=PHOTO)
    studio.work()
    assert studio.shown == "/media/users/77.jpg"


def test_a_photo_is_fetched_when_it_changes_and_not_again(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg())
    studio.hosts.shows(OTHER, png(), "image/png")
    studio.welcome(PHOTO)
    for _ in range(3):
        studio.work()
        for update in (True, False):
            studio.welcome(PHOTO, update=update)
            studio.welcome(None, update=update)
    assert studio.hosts.asked == [PHOTO]
    studio.welcome(OTHER)
    studio.work()
    assert studio.shown == "/media/users/77.png"
    assert studio.pictures.get("users/77.jpg") is None, "the old one is not kept"


def test_fetching_twice_changes_nothing(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg())
    studio.welcome(PHOTO)
    [performed] = studio.work()
    before = (studio.world.snapshot(), studio.pictures.get("users/77.jpg"))
    assert studio.fetch(performed.task) == Done("kept as users/77.jpg")
    assert (studio.world.snapshot(), studio.pictures.get("users/77.jpg")) == before


def test_a_photo_that_changes_while_it_is_fetched_is_fetched_anew(studio: Studio) -> None:
    studio.hosts.shows(OTHER, png(), "image/png")
    jpeg_too_late = answer(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(jpeg()))}) + jpeg()

    def changing(send) -> None:
        studio.welcome(OTHER)
        send(jpeg_too_late)

    studio.hosts.pages[PHOTO] = changing
    studio.welcome(PHOTO)
    studio.work()
    assert studio.shown == STUB
    studio.work()
    assert studio.shown == "/media/users/77.png"


REFUSED = {
    "a page": (b"<html></html>", "text/html"),
    "a page that is said to be a picture": (b"<html></html>", "image/jpeg"),
    "a picture that is said to be a page": (jpeg(), "text/html"),
    "a picture that is said to be another": (png(), "image/jpeg"),
    "a picture of no type": (jpeg(), ""),
    "a drawing": (SVG, "image/svg+xml"),
    "a drawing that is said to be a picture": (SVG, "image/png"),
    "a moving one": (GIF, "image/gif"),
    "a bomb": (png(60_000, 60_000), "image/png"),
    "a bomb under a canvas": (webp(16_000, 16_000, canvas=(16, 16)), "image/webp"),
    "a part": (jpeg()[:-3], "image/jpeg"),
    "nothing": (b"", "image/jpeg"),
    "too much": (jpeg() + bytes(2**21), "image/jpeg"),
}


def test_what_is_no_photo_leaves_the_player_with_the_stub(studio: Studio) -> None:
    for number, (what, shown) in enumerate(REFUSED.items()):
        studio.welcome(studio.hosts.shows(f"{PHOTO}?{number}", *shown))
        [performed] = studio.work()
        assert isinstance(performed.result, Done), what
        assert performed.result.note.startswith("not taken: "), (what, performed.result)
        assert (studio.shown, performed.task.state) == (STUB, TaskState.DONE), what


def test_a_photo_that_is_refused_leaves_the_one_before(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg())
    studio.hosts.shows(OTHER, SVG, "image/svg+xml")
    studio.welcome(PHOTO)
    studio.work()
    studio.welcome(OTHER)
    studio.work()
    assert studio.shown == "/media/users/77.jpg"


def test_an_address_that_is_not_telegrams_is_nobodys_errand(studio: Studio) -> None:
    for address in (
        "https://127.0.0.1/x.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://t.me@127.0.0.1/x.jpg",
        "https://t.me.evil.example/x.jpg",
        "https://t.me:8443/x.jpg",
        "http://t.me/x.jpg",
        "file:///etc/passwd",
        "x" * 2000,
    ):
        studio.welcome(address)
        assert studio.work() == []
        task = Task(1, FETCH, "player:1", {"telegram_id": 77}, studio.world.clock.now(), studio.world.clock.now())
        assert studio.fetch(task).note == "not taken: the address is none of Telegram's"
    assert studio.hosts.asked == []


def test_a_name_of_telegrams_that_leads_inside_is_refused(studio: Studio) -> None:
    studio.hosts.shows(PHOTO, jpeg())
    studio.hosts.names["t.me"] = ["10.0.0.7"]
    studio.welcome(PHOTO)
    [performed] = studio.work()
    assert performed.result == Done("not taken: the host's name leads into a network that is not public")
    assert (studio.shown, studio.hosts.asked) == (STUB, [])


def test_trouble_is_tried_again_and_not_for_ever(studio: Studio) -> None:
    studio.hosts.pages[PHOTO] = lambda send: send(answer(503, {"Content-Length": "0"}))
    studio.welcome(PHOTO)
    results = []
    for _ in range(ATTEMPTS):
        [performed] = studio.work()
        results.append(performed.result)
        studio.world.clock.pass_time(hours=2)
    assert all(isinstance(result, VendorUnavailable) for result in results[:-1])
    assert results[-1] == Done("given up: Telegram answered 503")
    assert studio.work() == [], "nobody has to look into it"
    assert studio.shown == STUB


def test_trouble_that_passes_costs_nothing(studio: Studio) -> None:
    studio.hosts.pages[PHOTO] = lambda send: send(answer(500, {"Content-Length": "0"}))
    studio.welcome(PHOTO)
    studio.work()
    studio.hosts.shows(PHOTO, jpeg())
    studio.world.clock.pass_time(hours=2)
    studio.work()
    assert studio.shown == "/media/users/77.jpg"


def test_what_a_service_says_of_its_own_is_shown(studio: Studio) -> None:
    studio.welcome("https://bucket.example/users/users/77.jpg")
    assert studio.shown == "https://bucket.example/users/users/77.jpg"
