"""Which origins are let in, and what they are told."""

from __future__ import annotations

from stickercase.entrypoints.http.cors import EXPOSED, Origins

APP, OTHER = b"https://app.example", b"https://app.example.evil.example"
QUESTION = {b"access-control-request-method": b"POST"}


def test_by_default_nobody_is_let_in_and_nothing_is_said() -> None:
    origins = Origins([])
    assert origins.headers({b"origin": APP}) == []
    assert not origins.lets_ask("OPTIONS", {b"origin": APP, **QUESTION})


def test_an_origin_on_the_list_is_let_in_by_name() -> None:
    origins = Origins([APP.decode(), "https://second.example"])
    assert origins.headers({b"origin": APP}) == [
        (b"access-control-allow-origin", APP),
        EXPOSED,
        (b"vary", b"origin"),
    ]
    assert origins.lets_ask("OPTIONS", {b"origin": APP, **QUESTION})


def test_others_are_not_let_in_and_caches_are_told() -> None:
    origins = Origins([APP.decode()])
    for headers in ({b"origin": OTHER}, {b"origin": b"null"}, {}):
        assert origins.headers(headers) == [(b"vary", b"origin")]
        assert not origins.lets_ask("OPTIONS", headers | QUESTION)


def test_anybody_may_be_let_in() -> None:
    origins = Origins(["*"])
    assert origins.headers({b"origin": OTHER}) == [(b"access-control-allow-origin", b"*"), EXPOSED]
    assert origins.lets_ask("OPTIONS", {b"origin": OTHER, **QUESTION})


def test_only_a_question_before_a_request_is_one() -> None:
    origins = Origins([APP.decode()])
    assert not origins.lets_ask("POST", {b"origin": APP, **QUESTION})
    assert not origins.lets_ask("OPTIONS", {b"origin": APP})
