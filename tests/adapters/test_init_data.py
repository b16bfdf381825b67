"""initData: everything that Telegram signs is taken as it is, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from init_data_py import hash_token, sign

from stickercase.adapters.telegram.init_data import MAX_LENGTH, TelegramInitData, sign_init_data
from stickercase.domain.players.profile import MAX_TELEGRAM_ID, Profile
from stickercase.domain.refusal import Refused
from stickercase.domain.use_cases.identify_player import identify_player
from stickercase.ports.failures import NotAuthentic
from support.clock import NOON, FixedClock

TOKEN = "7342037359:AAFZ-a-bot-of-these-tests"
DAY = 86_400
USER: dict[str, Any] = {"id": 279058397, "first_name": "Vladislav", "language_code": "ru"}

# Of the vectors of others, those for a bot's own token count here. The Ed25519 ones are for third parties who do not
# have the token, the login widget is another door of Telegram's; neither proves anything to us, and both must fail.
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "init_data_vectors.json").read_text())


def checked(token: str = TOKEN, max_age: int = DAY) -> TelegramInitData:
    """The adapter for one bot."""
    return TelegramInitData(token, max_age)


def signed(user: Any = USER, at: datetime = NOON, **fields: str) -> str:
    """initData of our bot."""
    known = {} if user is None else {"user": user if isinstance(user, str) else json.dumps(user)}
    return sign({**known, **fields}, TOKEN, auth_date=at)


def by_hand(fields: dict[str, str], token: str = TOKEN) -> str:
    """The same by Telegram's own recipe and the standard library: an oracle for the library that is used."""
    secret = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    lines = "\n".join(sorted(f"{name}={value}" for name, value in fields.items()))
    return urlencode(fields) + "&hash=" + hmac.new(secret, lines.encode(), hashlib.sha256).hexdigest()


def issued(init_data: str) -> datetime:
    """When a string says that it was issued."""
    return datetime.fromtimestamp(int(dict(parse_qsl(init_data))["auth_date"]), UTC)


def refused(init_data: str, at: datetime = NOON, adapter: TelegramInitData | None = None) -> str:
    """Why a string proves nothing."""
    with pytest.raises(NotAuthentic) as failure:
        (adapter or checked()).profile(init_data, at)
    message = str(failure.value)
    assert "\n" not in message
    for _, value in parse_qsl(init_data):
        assert len(value) < 8 or value not in message, "the message quotes the credential"
    return message


@pytest.mark.parametrize("vector", VECTORS["hmac"], ids=lambda vector: vector["name"])
def test_vectors_of_other_libraries(vector: dict[str, Any]) -> None:
    adapter, init_data = checked(vector["bot_token"]), vector["init_data"]
    at = issued(init_data)
    if not vector["valid"]:
        refused(init_data, at, adapter)
        return
    user = json.loads(dict(parse_qsl(init_data))["user"])
    profile = adapter.profile(init_data, at)
    assert (profile.telegram_id, profile.first_name) == (user["id"], user["first_name"])
    assert profile.last_name == (user.get("last_name") or None)
    assert (profile.username, profile.language) == (user.get("username"), user.get("language_code"))
    assert (profile.image_url, profile.is_bot) == (user.get("photo_url"), False)


def test_there_are_vectors_of_both_kinds() -> None:
    verdicts = [vector["valid"] for vector in VECTORS["hmac"]]
    assert (verdicts.count(True), verdicts.count(False)) == (6, 1)


@pytest.mark.parametrize("vector", VECTORS["ed25519_third_party"], ids=lambda vector: vector["name"])
def test_a_signature_for_third_parties_is_no_proof_for_us(vector: dict[str, Any]) -> None:
    refused(vector["init_data"], issued(vector["init_data"]))


def test_the_login_widget_is_no_proof_for_us() -> None:
    [vector] = VECTORS["login_widget"]
    init_data = urlencode(vector["fields"])
    refused(init_data, issued(init_data), checked(vector["bot_token"]))


def test_the_secret_is_the_one_of_the_vectors() -> None:
    first, second = VECTORS["hash_token"]
    assert hash_token(first["token"]) == first["hmac_webappdata_hex"]
    secret = bytes.fromhex(first["hmac_webappdata_hex"])
    assert hmac.new(secret, second["data"].encode(), hashlib.sha256).hexdigest() == second["sign_hex"]


def test_telegrams_own_recipe_makes_what_is_accepted() -> None:
    fields = {
        "auth_date": str(int(NOON.timestamp())),
        "user": json.dumps(USER),
        "signature": "aW4gdGhlIGNoZWNrIHN0cmluZw",
    }
    assert checked().profile(by_hand(fields), NOON).telegram_id == USER["id"]
    refused(by_hand(fields, "another:token"))
    without = {name: value for name, value in fields.items() if name != "signature"}
    refused(f"{by_hand(without)}&signature={quote(fields['signature'])}")


def test_unknown_fields_are_signed_and_ignored() -> None:
    init_data = signed(USER | {"a_field_of_tomorrow": [1]}, another="x", start_param="ref_5")
    assert checked().profile(init_data, NOON).telegram_id == USER["id"]


def test_every_changed_byte_is_noticed() -> None:
    init_data = signed()
    adapter = checked()
    assert adapter.profile(init_data, NOON)
    survivors = []
    for place, sign_there in enumerate(init_data):
        for other in ("x" if sign_there != "x" else "y", "1" if sign_there != "1" else "2"):
            changed = init_data[:place] + other + init_data[place + 1 :]
            try:
                profile = adapter.profile(changed, NOON)
            except NotAuthentic:
                continue
            survivors.append((changed, profile))
    # Percent-encoding may be respelt (%7b for %7B): what was signed is the decoded text, and that is the same.
    assert [text for text, _ in survivors if dict(parse_qsl(text)) != dict(parse_qsl(init_data))] == []


@pytest.mark.parametrize(
    "init_data",
    [
        "",
        " ",
        "&",
        "=",
        "hash=",
        "hash=00",
        "auth_date=1&hash=00",
        "%",
        "%ff=%ff",
        "\x00",
        "é",
        "\ud800",
        "user",
        "a=1;b=2",
        "hash=" + "g" * 64,
    ],
)
def test_nonsense_is_refused(init_data: str) -> None:
    refused(init_data)


@pytest.mark.parametrize("name", ["auth_date", "user", "hash", "query_id"])
def test_a_field_twice_is_refused(name: str) -> None:
    init_data = signed(query_id="AAH")
    value = dict(parse_qsl(init_data))[name]
    for doubled in (f"{init_data}&{name}={quote(value)}", f"{name}={quote(value)}&{init_data}"):
        refused(doubled)


def test_four_kib_are_the_most() -> None:
    def of_length(length: int) -> str:
        plain = len(signed(start_param=""))
        return signed(start_param="x" * (length - plain))

    assert len(of_length(MAX_LENGTH)) == MAX_LENGTH == 4096
    assert checked().profile(of_length(MAX_LENGTH), NOON)
    assert "4096" in refused(of_length(MAX_LENGTH + 1))
    refused("x" * 10_000_000)


@pytest.mark.parametrize(
    ("user", "what"),
    [
        (None, "no user"),
        ("{", "no JSON"),
        ("[]", "a list"),
        ("null", "null"),
        ("5", "a number"),
        ("[" * 2000, "nested"),
        ({"id": 5}, "no name"),
        ({"first_name": "x"}, "no id"),
        (USER | {"id": "5"}, "an id as text"),
        (USER | {"id": True}, "true"),
        (USER | {"id": 5.0}, "a float"),
        (USER | {"id": None}, "null as id"),
        (USER | {"id": 0}, "zero"),
        (USER | {"id": -1}, "negative"),
        (USER | {"id": MAX_TELEGRAM_ID + 1}, "53 bits"),
        (USER | {"id": 10**30}, "huge"),
        (USER | {"first_name": 5}, "a number as name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_signed_user_who_cannot_be_is_refused(user: Any, what: str) -> None:
    refused(signed(user))


def test_the_greatest_id_is_taken() -> None:
    assert checked().profile(signed(USER | {"id": MAX_TELEGRAM_ID}), NOON).telegram_id == MAX_TELEGRAM_ID


def test_nothing_but_text_gets_into_a_profile() -> None:
    """Telegram does not send such fields, but whoever has the token could: refused or left out, never taken along."""
    taken = {}
    for field in ("last_name", "username", "language_code", "photo_url"):
        for value in (5, ["x"], {"x": 1}, True):
            try:
                profile = checked().profile(signed(USER | {field: value}), NOON)
            except NotAuthentic:
                continue
            told = (profile.last_name, profile.username, profile.language, profile.image_url)
            if not all(text is None or isinstance(text, str) for text in told):
                taken[field] = profile
    assert not taken


@pytest.mark.parametrize("seconds", [-DAY, -1, 0, 1, 60])
def test_what_is_young_enough_is_taken(seconds: int) -> None:
    assert checked().profile(signed(at=NOON + timedelta(seconds=seconds)), NOON)


@pytest.mark.parametrize("seconds", [-10 * DAY, -DAY - 1, 61, 3600, 10 * DAY])
def test_what_is_too_old_or_of_the_future_is_refused(seconds: int) -> None:
    message = refused(signed(at=NOON + timedelta(seconds=seconds)))
    assert ("future" if seconds > 0 else "expired") in message


def test_a_string_that_was_good_expires_although_it_is_remembered() -> None:
    adapter, init_data = checked(max_age=100), signed()
    for seconds in (0, 50, 100):
        assert adapter.profile(init_data, NOON + timedelta(seconds=seconds))
    assert "expired" in refused(init_data, NOON + timedelta(seconds=101), adapter)
    assert adapter.profile(init_data, NOON + timedelta(seconds=99))


@pytest.mark.parametrize("auth_date", ["", "x", "-1", "1e3", "1.5", "٣", "9" * 30, "0x10"])
def test_a_signed_date_that_is_none_is_refused(auth_date: str) -> None:
    refused(by_hand({"auth_date": auth_date, "user": json.dumps(USER)}))


def test_a_bot_is_known_but_may_not_play() -> None:
    init_data = signed(USER | {"is_bot": True})
    assert checked().profile(init_data, NOON).is_bot is True
    with pytest.raises(Refused) as refusal:
        identify_player(checked(), FixedClock(NOON), init_data)
    assert refusal.value.refusal.code == "forbidden"
    assert identify_player(checked(), FixedClock(NOON), signed(USER | {"is_bot": False})).telegram_id == USER["id"]


def test_what_we_sign_for_trying_out_is_what_telegram_would_sign() -> None:
    profile = Profile(1380639458, "Валера + \\/?&", None, "vvalera808", "en", image_url="https://x.y/z?a=b&c=d")
    init_data = sign_init_data(TOKEN, FixedClock(NOON), profile)
    assert checked().profile(init_data, NOON) == profile
    fields = dict(parse_qsl(init_data, strict_parsing=True))
    assert by_hand({name: value for name, value in fields.items() if name != "hash"}).endswith(fields["hash"])
