"""An address is the same with and without its last slash, and however its UTF-8 is percent-encoded."""

from __future__ import annotations

from support.api_processes import AS_SERVICE, Pair
from support.players import Operator


def test_every_address_works_with_and_without_a_slash(pair: Pair, operator: Operator) -> None:
    client, case = pair[0].client, operator.simple_case(name="Кейс № 1, «лучший» + 50% & more?")
    player, buyer = operator.new_player(), operator.new_player("4")
    me = player.headers()
    paths = [
        ("/api/cases", {}),
        (case.path("/items"), {}),
        (case.path("/open"), {}),
        ("/api/packs", {}),
        ("/api/packs/contributor/Sticker%20Pack", {}),
        *((player.path(rest), me) for rest in ("", "/inventory", "/transactions", "/fairness")),
    ]
    for path, headers in paths:
        for spelling in (path, f"{path}/"):
            answer = client.get(spelling, headers=headers)
            assert (answer.status_code, answer.json()["status"]) == (200, "success"), spelling
            assert not answer.history, "a redirect would lose the credential"
    for spelling in (case.path("/open"), case.path("/open/")):
        opened = client.post(spelling, json={"telegram_id": buyer.telegram_id}, headers=buyer.headers())
        assert opened.status_code == 200, spelling
    assert client.get(buyer.path(), headers=buyer.headers()).json()["user"]["balance"] == 2.0
    for spelling in ("/api/users/user", "/api/users/user/"):
        body = {"telegram_id": buyer.telegram_id, "first_name": "Ann"}
        assert client.post(spelling, json=body, headers=AS_SERVICE).status_code == 200, spelling
    for rest in ("/fairness/rotate", "/fairness/rotate/"):
        assert client.post(buyer.path(rest), headers=buyer.headers()).status_code == 200
    for rest in ("/fairness", "/fairness/"):
        answer = client.put(buyer.path(rest), json={"client_seed": "x"}, headers=buyer.headers())
        assert answer.status_code == 200, rest


def test_names_in_paths_are_percent_encoded_utf8(pair: Pair, operator: Operator) -> None:
    client, player = pair[1].client, operator.new_player("2")
    operator.simple_case(name="Кейс № 1")
    raw = "/api/cases/%D0%9A%D0%B5%D0%B9%D1%81%20%E2%84%96%201"
    assert client.get(f"{raw}/items/").json()["case"] == "Кейс № 1"
    opened = client.post(f"{raw}/open/", json={"telegram_id": player.telegram_id}, headers=player.headers("k"))
    assert opened.status_code == 200
    assert client.get("/api/cases/?name=%D0%9A%D0%B5%D0%B9%D1%81+%E2%84%96+1").json()["case"]["name"] == "Кейс № 1"
    lower = raw.replace("%D0", "%d0")
    again = client.post(f"{lower}/open", json={"telegram_id": player.telegram_id}, headers=player.headers("k"))
    assert (again.content, again.headers["idempotent-replayed"]) == (opened.content, "true")
    unknown = client.get("/api/cases/%D0%9D%D0%B5%D1%82/items").json()
    assert (unknown["code"], unknown["name"]) == ("not_found", "Нет")
