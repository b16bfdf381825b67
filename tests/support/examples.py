"""The examples of the API's document: performed one after another on the demo catalogue.

tests/journeys/test_documented_examples.py performs them, compares, and writes them anew when asked to.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from nacl.signing import SigningKey

import stickercase.entrypoints.http as door
from stickercase.adapters.memory.feeds import MemoryFeeds
from stickercase.domain.gifts.deliveries import Stars
from stickercase.domain.stock.floors import Reading
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.price_syncs import SYNC
from stickercase.domain.use_cases.pursue_delivery import pursue_delivery
from stickercase.domain.use_cases.reports import RECONCILE
from stickercase.domain.use_cases.schedules import Schedule
from stickercase.domain.use_cases.tasks import Done, Handler, Task
from stickercase.entrypoints.container import Container
from stickercase.entrypoints.workers.kinds import handlers
from stickercase.ports.failures import StoreUnavailable
from stickercase.ports.feeds import FeedRead
from support.api_processes import AS_SERVICE
from support.parcels import TellingGifts
from support.picture_files import jpeg, png
from support.players import Player
from support.wallets import Wallet

SHIPPED = Path(str(door.__path__[0])) / "examples.json"
DEMO = Player(100000001, "Demo")
MOST_LISTED = 3


@dataclass
class Tour:
    """Performs requests and keeps what was answered."""

    client: httpx.Client
    pay: Callable[[str, int], object]
    """Pays an invoice so many nanotons, outside."""
    examples: list[dict[str, Any]] = field(default_factory=list)

    def told(self, operation: str, path: str, body: Any = None, by: str = "anyone", picture: bytes = b"") -> Any:
        """Make one request and keep it as the example of its operation; the answer."""
        headers = {"anyone": {}, "player": DEMO.headers(), "service": dict(AS_SERVICE)}[by]
        answer = self.client.request(operation.split()[0], path, json=body, content=picture or None, headers=headers)
        assert answer.is_success, f"{operation}: {answer.text}"
        example = {
            "operation": operation,
            "path": path,
            "status": answer.status_code,
            "answer": shortened(answer.json()),
        }
        self.examples.append(example | ({} if body is None else {"body": body}))
        return answer.json()


def perform(client: httpx.Client, pay: Callable[[str, int], object]) -> list[dict[str, Any]]:
    """Every operation once, on a freshly stocked demo."""
    tour = Tour(client, pay)
    for part in (_reading, _playing, _connecting, _operating):
        part(tour)
    return tour.examples


def _reading(tour: Tour) -> None:
    tour.told("GET /api/cases", "/api/cases/")
    tour.told("GET /api/cases/{name}/items", "/api/cases/Sigma%20Case/items/")
    tour.told("GET /api/cases/{name}/open", "/api/cases/Sigma%20Case/open")
    tour.told("GET /api/packs", "/api/packs/")
    tour.told("GET /api/packs/contributor/{contributor}", "/api/packs/contributor/Sticker%20Pack/")
    tour.told("GET /health/live", "/health/live")
    tour.told("GET /health/ready", "/health/ready")


def _playing(tour: Tour) -> None:
    me, mine = {"telegram_id": DEMO.telegram_id}, f"/api/users/{DEMO.telegram_id}"
    tour.client.post("/api/cases/Sigma%20Case/open", json=me | {"count": 2}, headers=DEMO.headers())
    opened = tour.told("POST /api/cases/{name}/open", "/api/cases/Sigma%20Case/open", me, by="player")
    tour.told("GET /api/users/{telegram_id}", f"{mine}/", by="player")
    items = tour.told("GET /api/users/{telegram_id}/inventory", f"{mine}/inventory/", by="player")["inventory"]
    sold, bet = items[0]["id"], items[1]["id"]
    check = f"/api/upgrade/check?telegram_id={DEMO.telegram_id}&id={bet}"
    offer = tour.told("GET /api/upgrade/check", check, by="player")["items"][0]
    wish = me | {"user_liq_id": bet, "upgrade_liq_id": offer["id"], "table_id": offer["table_id"]}
    tour.told("POST /api/upgrade/upgrade", "/api/upgrade/upgrade", wish, by="player")
    withdraw, out = (
        "/api/users/{telegram_id}/inventory/{item_id}/withdraw",
        f"{mine}/inventory/{items[2]['id']}/withdraw",
    )
    tour.told(f"POST {withdraw}", out, {"username": "demo_one"}, by="player")
    tour.told(f"GET {withdraw}", out, by="player")
    tour.told("POST /api/packs/sell", "/api/packs/sell", me | {"id": sold}, by="player")
    tour.told("GET /api/users/{telegram_id}/transactions", f"{mine}/transactions/", by="player")
    tour.told("GET /api/users/{telegram_id}/fairness", f"{mine}/fairness", by="player")
    seed = {"client_seed": "my own words"}
    tour.told("PUT /api/users/{telegram_id}/fairness", f"{mine}/fairness", seed, by="player")
    tour.told("POST /api/users/{telegram_id}/fairness/rotate", f"{mine}/fairness/rotate", by="player")
    tour.told("GET /api/draws/{draw_id}", f"/api/draws/{opened['fairness']['draw_id']}")


def _connecting(tour: Tour) -> None:
    """A wallet of the key 00 01 … 1f."""
    mine, wallet = f"/api/wallet/{DEMO.telegram_id}", Wallet(SigningKey(bytes(range(32))))
    nonce = tour.told("POST /api/wallet/{telegram_id}/get-nonce", f"{mine}/get-nonce/", by="player")["nonce"]
    where = wallet.address.to_str(is_bounceable=False)
    text = f"wallet={where}&telegram_id={DEMO.telegram_id}&timestamp={int(time.time())}&nonce={nonce}"
    signed = wallet.message(text)
    body = {"signature": signed.signature, "message": signed.message, "public": signed.public_key}
    tour.told("POST /api/wallet/connect-wallet", "/api/wallet/connect-wallet/", body, by="player")
    tour.told("GET /api/wallet/{telegram_id}", mine, by="player")
    invoices = "POST /api/wallet/{telegram_id}/create-invoice"
    invoice = tour.told(invoices, f"{mine}/create-invoice/", {"amount": "7.5"}, by="player")
    tour.pay(invoice["invoice_id"], 7_500_000_000)
    tour.told("POST /api/wallet/{telegram_id}/check-deposit", f"{mine}/check-deposit", by="player")
    wish, withdrawals = {"telegram_id": DEMO.telegram_id, "amount": "150"}, "/api/wallet/withdrawal"
    tour.told(f"POST {withdrawals}", withdrawals, wish, by="player")
    tour.client.post(withdrawals, json=wish | {"amount": "120.5"}, headers=DEMO.headers())
    tour.told("GET /api/wallet/{telegram_id}/withdrawals", f"{mine}/withdrawals", by="player")
    tour.told("POST /api/wallet/{telegram_id}/disconnect", f"{mine}/disconnect", by="player")
    tour.told("GET /tonconnect-manifest.json", "/tonconnect-manifest.json")


def _operating(tour: Tour) -> None:
    def told(operation: str, path: str, body: Any = None) -> Any:
        return tour.told(operation, path, body, by="service")

    user = {"telegram_id": 100000009, "first_name": "Nina", "username": "nina", "language": "ru"}
    told("POST /api/users/user", "/api/users/user/", user)
    draft = {"pack_name": "Dogtor", "collection_name": "DOGS OG", "contributor": "Sticker Pack", "floor_price": "5.2"}
    pack_id = told("POST /api/operator/packs", "/api/operator/packs", draft)["pack"]["id"]
    packs, cases = f"/api/operator/packs/{pack_id}", "/api/operator/cases"
    told("PATCH /api/operator/packs/{pack_id}", packs, {"image_url": "/media/dogtor.svg"})
    told("POST /api/operator/packs/{pack_id}/units", f"{packs}/units", {"numbers": [1, 2, 3]})
    items = [{"pack_id": pack_id, "chance": 1.0}]
    case = {"name": "Doctor Case", "price": "6.5", "base_fee": 20, "image_url": "/media/doctor.svg", "items": items}
    told("POST /api/operator/cases", cases, case)
    told("PATCH /api/operator/cases/{name}", f"{cases}/Doctor%20Case", {"status": "inactive"})
    tour.told("PUT /api/operator/packs/{pack_id}/picture", f"{packs}/picture", by="service", picture=png())
    doctor = f"{cases}/Doctor%20Case/picture"
    tour.told("PUT /api/operator/cases/{name}/picture", doctor, by="service", picture=jpeg())
    _feeding(tour, packs)
    told("GET /api/operator/stock", "/api/operator/stock?under=10")
    told("GET /api/operator/log", f"/api/operator/log?subject=pack:{pack_id}")
    player = f"/api/operator/players/{DEMO.telegram_id}"
    told("POST /api/operator/players/{telegram_id}/adjust", f"{player}/adjust", {"amount": "7.5", "reason": "a gift"})
    told("POST /api/operator/players/{telegram_id}/block", f"{player}/block")
    told("POST /api/operator/players/{telegram_id}/unblock", f"{player}/unblock")
    asked = "/api/operator/withdrawals"
    large = told(f"GET {asked}", f"{asked}?status=awaiting_approval")["withdrawals"]
    for verb, one in zip(("approve", "reject"), large, strict=True):
        told(f"POST {asked}/{{withdrawal_id}}/{verb}", f"{asked}/{one['withdrawal']['id']}/{verb}")
    told("GET /api/operator/audit", "/api/operator/audit")
    told("GET /api/operator/reconciliations", "/api/operator/reconciliations")
    listed = told("GET /api/operator/tasks", "/api/operator/tasks?state=set_aside")["tasks"]
    told("POST /api/operator/tasks/{task_id}/retry", f"/api/operator/tasks/{listed[0]['id']}/retry")
    told("GET /api/operator/schedule", "/api/operator/schedule")
    syncs = "/api/operator/price-syncs"
    run = told(f"GET {syncs}", syncs)["syncs"][0]
    told(f"GET {syncs}/{{sync_id}}", f"{syncs}/{run['id']}")
    told(f"POST {syncs}", syncs)
    told("GET /api/operator/cases/{name}/versions", f"{cases}/DOGS%20OG%20Case/versions")
    _delivering(tour)


def _delivering(tour: Tour) -> None:
    def told(operation: str, path: str, body: Any = None) -> Any:
        return tour.told(operation, path, body, by="service")

    deliveries = "/api/operator/deliveries"
    [unknown] = told(f"GET {deliveries}", f"{deliveries}?status=unknown")["deliveries"]
    told(f"POST {deliveries}/{{delivery_id}}/delivered", f"{deliveries}/{unknown['id']}/delivered")
    stars = {"username": "demo_two", "stars": 100, "reason": "a prize"}
    given = told("POST /api/operator/stars", "/api/operator/stars", stars)["delivery"]
    told(f"POST {deliveries}/{{delivery_id}}/returned", f"{deliveries}/{given['id']}/returned")
    told(f"POST {deliveries}/pause", f"{deliveries}/pause", {"reason": "Giftly is down"})
    told(f"POST {deliveries}/resume", f"{deliveries}/resume")


def leave_work(container: Container) -> None:
    """A task set aside, a price sync, lost stars, a reconciliation that found them: what workers leave for people."""
    _sync_prices(container)

    def fail(task: Task) -> Done:
        raise StoreUnavailable("the gift service does not answer")

    now, tick = container.clock().now(), container.tick_schedule(Schedule(RECONCILE, timedelta(days=1)))
    with container.transactions()() as tx:
        set_aside = tx.tasks.add("deliver_gift", "delivery:41", {"delivery_id": 41}, now, now)
        tx.queue.to_send(container.clock().now(), 9)
    container.perform_task({"deliver_gift": Handler(fail, attempts=1)}, set_aside)
    container.order_stars(Caller("service:examples"), "demo_one", Stars(50, "a prize"), lambda _: b"")
    shop = TellingGifts(lost=1)
    pursue = partial(pursue_delivery, container.transactions(), container.clock(), shop, container.delivery_pace())
    with container.transactions()() as tx:
        [lost] = tx.queue.to_send(container.clock().now(), 9)
    container.perform_task({"deliver_gift": Handler(pursue)}, lost)
    container.perform_task({RECONCILE: handlers(container)[RECONCILE]}, tick.task_id)


def _sync_prices(container: Container) -> None:
    """A run in which one pack has become dearer."""
    shelf, _ = container.reading().shelf()
    said: dict[str, list[Reading]] = {}
    for pack in shelf.packs.values():
        price_nano = pack.floor_nano * 5 // 4 if pack.pack_name == "Teletubby" else pack.floor_nano
        reading = Reading(pack.collection_name, pack.pack_name, price_nano, "stickers.tools")
        said.setdefault(pack.contributor, []).append(reading)
    feeds = MemoryFeeds({contributor: FeedRead(readings) for contributor, readings in said.items()})
    started = container.start_sync(Caller("service:feeder"), lambda started: b"%d" % started.id)
    with container.transactions()() as tx:
        tx.queue.to_send(container.clock().now(), 9)
    with container.feeds.override(feeds):
        container.perform_task({SYNC: Handler(container.sync_prices)}, int(started.answer))


def _feeding(tour: Tour, pack: str) -> None:
    def told(operation: str, path: str, body: Any = None) -> Any:
        return tour.told(operation, path, body, by="service")

    dogtor = {"pack_name": "Dogtor", "collection_name": "DOGS OG"}
    table = [dogtor | {"chance": 0.75}, {"pack_name": "Cook", "collection_name": "DOGS OG", "chance": 0.25}]
    told("PATCH /api/cases/update-chances", "/api/cases/update-chances/", {"data": {"Doctor Case": table}})
    fees = {"Doctor Case": {"price": 6.75, "fee": 20.1}, "Sigma Case": {"fee": 19.58228694282642}}
    told("PATCH /api/cases/update-cases", "/api/cases/update-cases/", {"data": fees})
    floors = "/api/packs/update-stickers-price"
    told(f"PATCH {floors}", f"{floors}/", {"packs_data": {"DOGS OG": {"Cook": 6.1, "Dogtor": 52}}})
    told("GET /api/operator/prices", "/api/operator/prices")
    told("POST /api/operator/packs/{pack_id}/price/reject", f"{pack}/price/reject", {"price": 52})
    # A price that was rejected is not heard any more; one that is far from it is.
    tour.client.patch(floors, json={"packs_data": {"DOGS OG": {"Dogtor": 520}}}, headers=AS_SERVICE)
    told("POST /api/operator/packs/{pack_id}/price/accept", f"{pack}/price/accept", {"price": 520})


def shortened(value: Any) -> Any:
    """The value with long lists cut: an example shows the shape."""
    if isinstance(value, list):
        return [shortened(part) for part in value[:MOST_LISTED]]
    return {key: shortened(part) for key, part in value.items()} if isinstance(value, dict) else value


def differences(expected: Any, found: Any, place: str = "") -> list[str]:
    """Where two answers differ in keys or kinds of values; null may stand for anything."""
    if expected is None or found is None:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [f"{place}.{key} is on one side only" for key in sorted(expected.keys() ^ found.keys())]
        both = sorted(expected.keys() & found.keys())
        return missing + [d for key in both for d in differences(expected[key], found[key], f"{place}.{key}")]
    if isinstance(expected, list) and isinstance(found, list):
        return differences(expected[0], found[0], f"{place}[0]") if expected and found else []
    return [] if _kind(expected) == _kind(found) else [f"{place}: {_kind(expected)} and {_kind(found)}"]


def _kind(value: Any) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__


def write(client: httpx.Client, pay: Callable[[str, int], object]) -> None:
    """Ship what is answered now."""
    SHIPPED.write_text(json.dumps(perform(client, pay), indent=1, ensure_ascii=False) + "\n")
    print(f"wrote {SHIPPED.name}", file=sys.stderr)  # noqa: T201  # a command of its own
