"""Pictures over HTTP: put by operators, shown to everybody, safe whoever sent them; the stub where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stickercase.domain.pictures.formats import MAX_BYTES, picture_of
from support.api_processes import AS_SERVICE, ApiProcess
from support.buckets import ACCESS_KEY, NAME, REGION, SECRET_KEY, Bucket, bucket
from support.databases import copied_database
from support.http_lines import Ask, one_by_one
from support.picture_files import SVG, chunk, jpeg, png, webp
from support.players import Operator, SoldCase

STRICT = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}


@pytest.fixture(scope="module")
def database(database_url: str, template_database: str) -> Iterator[str]:
    with copied_database(database_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def api(database: str, redis_url: str, folder: Path) -> Iterator[ApiProcess]:
    """An API that keeps pictures in a folder."""
    with ApiProcess(database, redis_url, data_dir=str(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def case(api: ApiProcess) -> SoldCase:
    return Operator(api.client).simple_case()


def put(api: ApiProcess, path: str, body: bytes, **headers: str) -> httpx.Response:
    return api.client.put(f"/api/operator{path}", content=body, headers={**AS_SERVICE, **headers})


def picture_path(case: SoldCase) -> str:
    return f"{case.path().replace('/api', '').rstrip('/')}/picture"


def test_a_cases_picture_is_put_and_shown(api: ApiProcess, case: SoldCase) -> None:
    answer = put(api, picture_path(case), jpeg(300, 200), **{"Content-Type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    url = answer.json()["image_url"]
    shown = api.client.get(url)
    assert (shown.status_code, shown.content) == (200, jpeg(300, 200))
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers.items() >= STRICT.items()
    assert "immutable" in shown.headers["cache-control"]
    assert api.client.get("/api/cases/", params={"name": case.name}).json()["case"]["image_url"] == url


def test_a_packs_picture_is_put_and_shown_in_its_history_too(api: ApiProcess, case: SoldCase) -> None:
    player = Operator(api.client).new_player("9")
    opened = api.client.post(case.path("/open"), json={"telegram_id": player.telegram_id}, headers=player.headers())
    pack_id = opened.json()["drop"]["id"]
    url = put(api, f"/packs/{pack_id}/picture", webp(64, 64)).json()["image_url"]
    assert api.client.get(url).headers["content-type"] == "image/webp"
    history = api.client.get(player.path("/transactions"), headers=player.headers()).json()["transactions"]
    assert history[0]["data"]["drop_image_url"] == url
    items = api.client.get(case.path("/items")).json()["items"]
    assert url in [item["pack_image"] for item in items]


def test_a_repeat_with_its_key_is_answered_alike(api: ApiProcess, case: SoldCase) -> None:
    first, again = (put(api, picture_path(case), png(), **{"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.content, again.headers["idempotent-replayed"]) == (again.content, "true")
    other = put(api, picture_path(case), jpeg(), **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_what_is_no_picture_is_refused_and_shown_nowhere(api: ApiProcess, case: SoldCase, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    too_large = png(extra=chunk(b"tEXt", bytes(MAX_BYTES)))
    for body, headers, status in (
        (SVG, {}, 400),
        (SVG, {"Content-Type": "image/png"}, 400),
        (b"", {}, 400),
        (png(), {"Content-Type": "image/jpeg"}, 400),
        (png(9_000, 9_000), {}, 400),
        (jpeg()[:-4], {}, 400),
        (too_large, {}, 413),
    ):
        answer = put(api, picture_path(case), body, **headers)
        assert answer.status_code == status, (body[:20], headers, answer.text)
        assert answer.json()["code"] == ("invalid_request" if status == 400 else "payload_too_large")
    missing = [put(api, path, png()) for path in ("/cases/Nope/picture", "/packs/404404/picture")]
    assert [(one.status_code, one.json()["code"]) for one in missing] == [(404, "not_found")] * 2
    assert sorted(folder.rglob("*")) == before


def test_the_stub_is_shown_for_what_is_missing(api: ApiProcess) -> None:
    for path in ("users/plug.png", "cases/plug.png", "packs/plug.png", "users/404.jpg", "packs/9-00.webp"):
        shown = api.client.get(f"/media/{path}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png"), path
        assert picture_of(shown.content, "image/png").width == 256
        assert shown.headers.items() >= STRICT.items()
        assert "immutable" not in shown.headers["cache-control"]


def test_goods_without_a_picture_show_the_stub(api: ApiProcess) -> None:
    draft = {"pack_name": "Bare", "collection_name": "Bare", "contributor": "x", "floor_price": "1"}
    pack = api.client.post("/api/operator/packs", json=draft, headers=AS_SERVICE).json()["pack"]
    bare = {"name": "Bare", "price": "2", "base_fee": 20, "items": [{"pack_id": pack["id"], "chance": 1}]}
    assert api.client.post("/api/operator/cases", json=bare, headers=AS_SERVICE).status_code == 201
    shown = api.client.get("/api/packs/", params={"id": pack["id"]}).json()["pack"]["image_url"]
    assert shown == "/media/packs/plug.png"
    assert api.client.get("/api/cases/", params={"name": "Bare"}).json()["case"]["image_url"] == "/media/cases/plug.png"
    assert pack["image_url"] == "", "operators see that there is none"


def test_a_player_without_a_picture_shows_the_stub(api: ApiProcess) -> None:
    body = {"telegram_id": 991, "first_name": "Ann"}
    for address in (None, "https://t.me/i/userpic/320/ann.jpg", "https://t.me/other.svg"):
        made = api.client.post("/api/users/user/", json=body | {"image_url": address}, headers=AS_SERVICE)
        assert made.json()["user"]["image_url"] == "/media/users/plug.png"


def test_no_path_leads_out_of_the_folder(api: ApiProcess, folder: Path) -> None:
    (folder / "secret.png").write_bytes(png())
    (folder / "pictures" / "secret.png").write_bytes(png())
    targets = [
        "/media/../secret.png",
        "/media/users/../secret.png",
        "/media/users/..%2fsecret.png",
        "/media/users%2f..%2f..%2fsecret.png",
        "/media/users/%2e%2e/%2e%2e/secret.png",
        "/media/..%5csecret.png/x",
        "/media/users/..",
        "/media/%2e%2e/secret.png",
        "/media/secret.png/",
        "/media//secret.png",
        "/media/users/1.png%00.jpg",
    ]
    answers = one_by_one(api.port, [Ask("GET", target, {}) for target in targets])
    for target, answer in zip(targets, answers, strict=True):
        assert answer is not None, target
        assert png() not in answer.body, target
        assert answer.status in (200, 400, 404), target


def test_tiles_are_shown_with_the_same_care(api: ApiProcess) -> None:
    shown = api.client.get("/media/<script>alert(1)<-script>.svg")
    assert shown.headers["content-type"].startswith("image/svg+xml")
    assert "<script" not in shown.text
    assert shown.headers.items() >= STRICT.items()


@pytest.fixture
def held() -> Iterator[Bucket]:
    with bucket() as made:
        yield made


def test_pictures_in_a_bucket(database: str, redis_url: str, held: Bucket, case: SoldCase) -> None:
    """The same API on S3: seen there by everybody, or through the API where the bucket is not public."""
    told = {"s3_bucket": NAME, "s3_url": held.url, "s3_region": REGION}
    keys = {"s3_access_key": ACCESS_KEY, "s3_secret_key": SECRET_KEY}
    seen = "https://pictures.example/all"
    with ApiProcess(database, redis_url, **told, **keys, s3_public_url=seen) as api:
        url = put(api, picture_path(case), jpeg(31, 32)).json()["image_url"]
        [key] = held.objects
        assert url == f"{seen}/{key}"
        assert held.objects[key][0] == jpeg(31, 32)
        shown = api.client.get(f"/media/{key}")
        assert (shown.content, shown.headers["content-type"]) == (jpeg(31, 32), "image/jpeg")
        held.trouble = 500
        away = put(api, picture_path(case), jpeg(33, 34))
        assert (away.status_code, away.json()["code"]) == (503, "unavailable")
        assert api.client.get("/api/cases/", params={"name": case.name}).json()["case"]["image_url"] == url
        log = api.err.text
    assert not [secret for secret in (SECRET_KEY, ACCESS_KEY) if secret in log]
