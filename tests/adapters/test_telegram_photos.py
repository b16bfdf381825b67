"""Fetching photos from addresses that strangers wrote: over real TLS, and never from where it must not be."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import pytest

from stickercase.adapters.telegram.photos import is_public, resolved
from stickercase.domain.pictures.formats import MAX_BYTES
from stickercase.ports.failures import PhotoRefused, VendorUnavailable
from stickercase.ports.photos import Photo
from support.picture_files import jpeg
from support.telegram_hosts import PUBLIC, Telegram, answer, dripping, telegram

PHOTO = "https://t.me/i/userpic/320/ann.jpg"
CDN = "https://cdn4.telesco.pe/file/ann.jpg"
ANN = jpeg(320, 320)


@pytest.fixture
def hosts() -> Iterator[Telegram]:
    """Telegram's hosts on this machine."""
    with telegram() as shown:
        yield shown


def test_a_photo_is_fetched_from_the_address_that_was_checked(hosts: Telegram) -> None:
    hosts.shows(PHOTO, ANN)
    assert hosts.photos().fetch(PHOTO) == Photo(ANN, "image/jpeg")
    assert hosts.dials == [(PUBLIC, 443)]
    assert hosts.asked == [PHOTO], "the host goes by its name all the same"


def test_a_photo_is_followed_to_where_telegram_keeps_it(hosts: Telegram) -> None:
    hosts.leads(PHOTO, CDN)
    hosts.shows(CDN, ANN)
    assert hosts.photos().fetch(PHOTO).body == ANN
    hosts.leads(PHOTO, "/i/elsewhere.jpg", 307)
    hosts.shows("https://t.me/i/elsewhere.jpg", ANN)
    assert hosts.photos().fetch(PHOTO).body == ANN


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1/x.jpg",
        "https://2130706433/x.jpg",
        "https://[::ffff:127.0.0.1]/x.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x.jpg",
        "http://cdn4.telesco.pe/file/ann.jpg",
        "https://cdn4.telesco.pe:8443/file/ann.jpg",
        "https://ann@cdn4.telesco.pe/file/ann.jpg",
        "https://t.me.evil.example/x.jpg",
        "//evil.example/x.jpg",
        "file:///etc/passwd",
        "gopher://t.me/x",
    ],
)
def test_nothing_leads_off_telegrams_hosts(hosts: Telegram, to: str) -> None:
    hosts.leads(PHOTO, to)
    with pytest.raises(PhotoRefused, match="none of Telegram's"):
        hosts.photos().fetch(PHOTO)
    assert hosts.asked == [PHOTO]
    with pytest.raises(PhotoRefused):
        hosts.photos().fetch(to)
    assert len(hosts.dials) == 1, "an address that is refused is not called at all"


@pytest.mark.parametrize("to", ["//[", "https://[", "https://[::1", "https://t.me]/x.jpg"])
def test_what_is_no_address_leads_nowhere(hosts: Telegram, to: str) -> None:
    hosts.leads(PHOTO, to)
    with pytest.raises(PhotoRefused, match="none of Telegram's"):
        hosts.photos().fetch(PHOTO)


@pytest.mark.parametrize("name", [".t.me", "..t.me", f"{'a' * 64}.t.me"])
def test_a_name_that_no_host_can_have_is_refused(hosts: Telegram, name: str) -> None:
    """And not an error of ours: somebody would be called to look into it."""
    hosts.resolve = resolved  # type: ignore[method-assign]  # as this machine does it, which it refuses to do
    with pytest.raises(PhotoRefused, match="no host"):
        hosts.photos().fetch(f"https://{name}/x.jpg")
    assert not hosts.dials


def test_a_ring_of_addresses_ends(hosts: Telegram) -> None:
    hosts.leads(PHOTO, CDN)
    hosts.leads(CDN, PHOTO)
    with pytest.raises(PhotoRefused, match="on and on"):
        hosts.photos().fetch(PHOTO)
    assert len(hosts.asked) == 4


PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:149.154.167.99",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "t.me",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_a_name_that_leads_into_a_network_of_ours_is_refused(hosts: Telegram, number: str) -> None:
    assert not is_public(number)
    hosts.shows(PHOTO, ANN)
    for numbers in ([number], [PUBLIC, number], [number, PUBLIC]):
        hosts.names["t.me"] = numbers
        with pytest.raises(PhotoRefused, match="not public"):
            hosts.photos().fetch(PHOTO)
    assert not hosts.dials


def test_telegrams_own_numbers_are_public() -> None:
    assert all(map(is_public, [PUBLIC, "149.154.175.50", "2001:67c:4e8:f004::9", "1.1.1.1"]))


def test_a_name_is_looked_up_once_for_each_connection(hosts: Telegram) -> None:
    """A name that answers otherwise the second time gains nothing: nobody asks a second time."""
    told = []

    def rebinding(host: str) -> list[str]:
        told.append(host)
        return [PUBLIC] if len(told) == 1 else ["127.0.0.1"]

    hosts.shows(PHOTO, ANN)
    hosts.resolve = rebinding  # type: ignore[method-assign,assignment]  # a name server that turns
    assert hosts.photos().fetch(PHOTO).body == ANN
    assert (told, hosts.dials) == (["t.me"], [(PUBLIC, 443)])


def test_a_name_without_a_number_is_trouble_that_may_pass(hosts: Telegram) -> None:
    hosts.names["t.me"] = []
    with pytest.raises(VendorUnavailable):
        hosts.photos().fetch(PHOTO)


def test_this_machines_own_names_lead_nowhere() -> None:
    assert not any(map(is_public, resolved("localhost")))


def test_another_hosts_certificate_is_not_taken(hosts: Telegram) -> None:
    """Who answers at the number but can't prove the name is nobody: the certificate has no telegram.me."""
    address = "https://telegram.me/x.jpg"
    hosts.shows(address, ANN)
    with pytest.raises(VendorUnavailable):
        hosts.photos().fetch(address)
    assert not hosts.asked


def test_a_photo_has_two_mebibytes_at_most(hosts: Telegram) -> None:
    hosts.shows(PHOTO, bytes(MAX_BYTES))
    assert len(hosts.photos().fetch(PHOTO).body) == MAX_BYTES
    hosts.shows(PHOTO, bytes(MAX_BYTES + 1))
    with pytest.raises(PhotoRefused, match="bytes"):
        hosts.photos().fetch(PHOTO)


def test_a_photo_without_an_end_is_counted_while_it_comes(hosts: Telegram) -> None:
    hosts.pages[PHOTO] = dripping(answer(200, {"Content-Type": "image/jpeg"}), bytes(200_000), pause=0)
    with pytest.raises(PhotoRefused, match="bytes"):
        hosts.photos().fetch(PHOTO)


def test_a_compressed_answer_is_not_unpacked(hosts: Telegram) -> None:
    hosts.shows(PHOTO, gzip.compress(bytes(9 * MAX_BYTES)), **{"Content-Encoding": "gzip"})
    with pytest.raises(PhotoRefused, match="compressed"):
        hosts.photos().fetch(PHOTO)


@pytest.mark.parametrize("where", ["body", "head"])
def test_a_slow_drip_ends_in_time(hosts: Telegram, where: str) -> None:
    head = answer(200, {"Content-Type": "image/jpeg"})
    hosts.pages[PHOTO] = dripping(head, b"\0") if where == "body" else dripping(head[:-2], b"X-A: 1\r\n")
    before = time.monotonic()
    with pytest.raises(VendorUnavailable, match=r"more than 0\.4 seconds"):
        hosts.photos(seconds=0.4).fetch(PHOTO)
    assert time.monotonic() - before < 3


def test_a_host_that_says_nothing_ends_in_time(hosts: Telegram) -> None:
    hosts.pages[PHOTO] = lambda _: time.sleep(2)
    with pytest.raises(VendorUnavailable):
        hosts.photos(seconds=0.3).fetch(PHOTO)


def test_an_answer_that_was_cut_is_no_photo(hosts: Telegram) -> None:
    head = answer(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(ANN))})
    hosts.pages[PHOTO] = lambda send: send(head + ANN[:-5])
    with pytest.raises(VendorUnavailable, match="whole"):
        hosts.photos().fetch(PHOTO)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, PhotoRefused),
        (403, PhotoRefused),
        (204, PhotoRefused),
        (304, PhotoRefused),
        (302, PhotoRefused),
        (429, VendorUnavailable),
        (500, VendorUnavailable),
        (503, VendorUnavailable),
    ],
)
def test_what_is_no_answer_with_a_photo(hosts: Telegram, status: int, kind: type[Exception]) -> None:
    hosts.pages[PHOTO] = lambda send: send(answer(status, {"Content-Length": "0"}))
    with pytest.raises(kind):
        hosts.photos().fetch(PHOTO)


def test_what_is_no_http_is_trouble(hosts: Telegram) -> None:
    hosts.pages[PHOTO] = lambda send: send(b"SSH-2.0-OpenSSH_9.6\r\n")
    with pytest.raises(VendorUnavailable):
        hosts.photos().fetch(PHOTO)
