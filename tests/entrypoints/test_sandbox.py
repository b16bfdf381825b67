"""The sandbox does what it is told, tells whom it should, remembers, and stays out of production."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stickercase.entrypoints.sandbox.faults import SERVICES, FaultKind
from support.api_processes import Running, environment, eventually
from support.command_line import command
from support.sandboxes import GIFTLY_TOKEN, NANO, TONCONSOLE_TOKEN, Outside, outside

AS_APP = {"Authorization": f"Bearer {TONCONSOLE_TOKEN}"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    with outside(tmp_path) as world:
        yield world


def invoice(world: Outside, life_time: int = 3600) -> dict[str, Any]:
    wish = {"amount": str(NANO), "life_time": life_time, "description": "<b>a deposit</b>", "currency": "TON"}
    answer = world.client.post(f"{world.tonconsole_url}/invoice", json=wish, headers=AS_APP)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Somebody who gets webhooks: the address, and what came."""
    came: list[dict[str, Any]] = []

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listens)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/webhook", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_payment_is_told_in_an_unsigned_webhook_of_the_documented_shape(tmp_path: Path) -> None:
    with listening() as (url, came), outside(tmp_path, webhook_url=url) as world:
        made = invoice(world)
        world.control(f"invoices/{made['id']}/pay", amount=str(3 * NANO))
        eventually(lambda: len(came) == 1, "the webhook")
        [told] = came
        assert (told["id"], told["status"], told["amount"]) == (made["id"], "paid", str(NANO))
        assert told["overpayment"] == str(2 * NANO)
        assert (told["pay_to_address"], told["paid_by_address"][:2]) == (made["pay_to_address"], "0:")
        assert told["date_create"] == made["date_create"] // 1000, "seconds here, milliseconds there"
        eventually(lambda: [one["answered"] for one in world.state()["webhooks"]] == [200], "its note")


def test_every_change_is_told_and_an_expiry_although_nobody_looks(tmp_path: Path) -> None:
    with listening() as (url, came), outside(tmp_path, webhook_url=url) as world:
        late, gone = invoice(world, life_time=60), invoice(world)
        world.client.patch(f"{world.tonconsole_url}/{gone['id']}/cancel", headers=AS_APP)
        world.clock.pass_time(seconds=61)
        eventually(lambda: len(came) == 2, "two webhooks")
        world.control(f"invoices/{late['id']}/pay")
        eventually(lambda: len(came) == 3, "the third")
    told = [(one["id"], one["status"], one.get("overpayment")) for one in came]
    assert told == [(gone["id"], "cancelled", None), (late["id"], "expired", None), (late["id"], "expired", str(NANO))]


def test_webhooks_are_duplicated_and_dropped_on_command(tmp_path: Path) -> None:
    with listening() as (url, came), outside(tmp_path, webhook_url=url) as world:
        world.fault("tonconsole", "duplicate", count=9)
        world.fault("tonconsole", "drop", count=2)
        many, dropped, dropped_too, once = (invoice(world)["id"] for _ in range(4))
        for name in (many, dropped, dropped_too, once):
            world.control(f"invoices/{name}/pay")
        eventually(lambda: len(came) == 11, "ten and one")
    assert [one["id"] for one in came] == [many] * 10 + [once]


def test_a_webhook_that_nobody_takes_is_not_repeated(tmp_path: Path) -> None:
    with outside(tmp_path, webhook_url="http://127.0.0.1:1/webhook") as world:
        world.control(f"invoices/{invoice(world)['id']}/pay")
        eventually(lambda: [one["answered"] for one in world.state()["webhooks"]] == [0], "its note")


def test_the_link_leads_to_a_page_with_a_button_that_pays_once(world: Outside) -> None:
    made = invoice(world)
    page = world.client.get(made["payment_link"])
    assert page.headers["content-type"].startswith("text/html")
    assert "Pay 1 TON" in page.text
    assert "&lt;b&gt;a deposit" in page.text
    assert "<b>a deposit" not in page.text
    for _ in range(2):
        assert "Pay 1 TON" not in world.client.post(made["payment_link"]).text
    [known] = world.state()["invoices"].values()
    assert (known["status"], known["received"]) == ("paid", str(NANO))


def test_an_invoice_can_be_let_expire(world: Outside) -> None:
    made = invoice(world)
    assert world.control(f"invoices/{made['id']}/expire")["status"] == "expired"
    paid = world.control(f"invoices/{made['id']}/pay", amount="5")
    assert (paid["status"], paid["overpayment"]) == ("expired", "5")


def test_floors_move_appear_and_vanish(world: Outside) -> None:
    def served() -> dict[str, float]:
        [dogs] = [
            one
            for one in world.client.get("/stickers.tools/api/stats-new").json()["collections"].values()
            if one["name"] == "DOGS OG"
        ]
        return {one["name"]: one["current"]["price"]["floor"]["ton"] for one in dogs["stickers"].values()}

    assert served() == {"Cook": 5.969, "Not Cap": 430.52}
    world.control("floors", collection="DOGS OG", pack="Cook", ton=6.5)
    world.control("floors", collection="DOGS OG", pack="New", ton="0.5")
    world.control("floors", collection="DOGS OG", pack="Not Cap", ton=None)
    assert served() == {"Cook": 6.5, "New": 0.5}
    world.control("floors", collection="Pudgy Penguins", pack="Blue Pengu", ton=9)
    assert world.client.get("/tables/Fuse.csv").text.splitlines()[1:] == ["Pudgy Penguins,Blue Pengu,9"]


WRONG = [
    ("faults", {"service": "nobody", "kind": "error"}),
    ("faults", {"service": "giftly", "kind": "earthquake"}),
    ("faults", {"service": "giftly", "kind": "error", "count": 0}),
    ("faults", {}),
    ("invoices/none/pay", {"amount": "1"}),
    ("gifts/1404", {"status": "SENT"}),
    ("floors", {"collection": "A", "pack": "B", "ton": "much"}),
    ("floors", {"collection": "A", "pack": "B", "ton": True}),
    ("people", {"username": "bob", "trouble": "none at all"}),
    ("accounts", {"address": "0:ab", "amount": "1"}),
    ("accounts", {"address": "0:" + "00" * 32, "amount": "1.5"}),
    ("nothing", {}),
]


@pytest.mark.parametrize(("path", "body"), WRONG, ids=[f"{path} {body}" for path, body in WRONG])
def test_a_wrong_command_changes_nothing_and_says_why(world: Outside, path: str, body: dict[str, Any]) -> None:
    before = world.state()
    answer = world.client.post(f"/control/{path}", json=body)
    assert answer.status_code in (400, 404)
    assert answer.json()["message"]
    assert world.state() == before


@pytest.mark.parametrize("amount", ["-1", "1.5", "", "1e9", "9" * 30])
def test_nobody_pays_what_is_no_amount(world: Outside, amount: str) -> None:
    made = invoice(world)
    assert world.client.post(f"/control/invoices/{made['id']}/pay", json={"amount": amount}).status_code == 400
    assert world.state()["invoices"][made["id"]]["received"] == "0"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 50_000, b'{"amount": 5}', b'{"amount": "0", "life_time": 5}']
)
def test_a_body_that_makes_no_sense_is_refused(world: Outside, body: bytes) -> None:
    answer = world.client.post(f"{world.tonconsole_url}/invoice", content=body, headers=AS_APP)
    assert answer.status_code == 400


def test_a_body_without_end_is_refused(world: Outside) -> None:
    assert world.client.post("/control/floors", content=iter([b"{}"])).status_code == 413


def test_faults_happen_in_their_order_and_to_their_service_only(world: Outside) -> None:
    world.fault("tonconsole", "error")
    world.fault("tonconsole", "lost_answer")
    assert world.client.get(f"{world.ton_url}/getMasterchainInfo").status_code == 200
    url = f"{world.tonconsole_url}/none"
    assert world.client.get(url, headers=AS_APP).status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        world.client.get(url, headers=AS_APP)
    assert world.client.get(url, headers=AS_APP).status_code == 404


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with outside(tmp_path) as world:
        made = invoice(world)
        world.control(f"invoices/{made['id']}/pay", amount="5")
        world.control("floors", collection="Blum", pack="Cook", ton=None)
        world.control("giftly", balance="7.00", delivery_seconds=None)
        world.control("people", username="bob", trouble="paid_messages")
        world.control("ton", confirm_seconds=9)
        world.control("accounts", address="0:" + "b0" * 32, amount="5", active=True)
        world.fault("giftly", "error", count=3)
        before, port = world.state(), world.port
    with outside(tmp_path, port=port) as world:
        assert world.state() == before


class SandboxProcess(Running):
    """A `stickercase sandbox`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(["sandbox"], environment(sandbox_port="0", data_dir=str(folder), **settings), cwd=folder)
        try:
            self.port = int(json.loads(self.err.line_with('"sandbox_listening"'))["port"])
        except BaseException:
            self.reap()
            raise

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False, verify=False)


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        with SandboxProcess(tmp_path) as process, process.client() as client:
            wish = {"amount": "5", "life_time": 60}
            made = client.post(
                "/tonconsole/api/v1/services/invoices/invoice",
                json=wish,
                headers={"Authorization": "Bearer demo-tonconsole-token-not-a-secret"},
            )
            names.append(made.json()["id"])
            assert client.post(f"/control/invoices/{names[-1]}/pay", json={}).status_code == 200
            known = client.get("/control/state").json()["invoices"]
            assert sorted(known) == sorted(names)
            process.kill()


def test_the_command_serves_the_demo_s_floors_and_stops_when_asked(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as process:
        with process.client() as client:
            floors = client.get("/control/state").json()["floors"]
            assert {"contributor": "Fuse", "collection": "Pudgy Penguins", "pack": "Blue Pengu", "ton": "7.7"} in floors
        assert process.stop() == 0
        assert "Traceback" not in process.err.finish()


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with outside(tmp_path / "first") as world:
        run = command("sandbox", cwd=tmp_path, sandbox_port=str(world.port), data_dir=str(tmp_path / "second"))
    assert run.returncode == 2
    assert f"127.0.0.1:{world.port}" in run.stderr
    assert "STICKERCASE_SANDBOX_PORT" in run.stderr
    assert "Traceback" not in run.stderr


def test_without_tokens_it_has_nothing_to_accept(tmp_path: Path) -> None:
    run = command("sandbox", cwd=tmp_path, env="development", sandbox_port="0")
    assert run.returncode == 2
    assert "STICKERCASE_TONCONSOLE_TOKEN" in run.stderr


def test_production_refuses_to_start_it(tmp_path: Path) -> None:
    run = command("sandbox", cwd=tmp_path, env="production", sandbox_port="0")
    assert (run.returncode, run.stdout) == (2, "")
    assert "no place in production" in run.stderr
    assert not (tmp_path / ".stickercase").exists()


def _python(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], env=environment(**settings), capture_output=True, text=True)


def test_production_cannot_import_it() -> None:
    run = _python("import stickercase.entrypoints.sandbox.server", env="production")
    assert run.returncode == 1
    assert "ImportError: the sandbox of outside services has no place in production" in run.stderr


def test_no_other_process_has_it_in_memory() -> None:
    code = (
        "import sys, stickercase.entrypoints.cli, stickercase.entrypoints.app\n"
        "print([name for name in sys.modules if name.startswith('stickercase.entrypoints.sandbox')])"
    )
    for env in ("production", "demo"):
        run = _python(code, env=env)
        assert (run.stdout.strip(), run.returncode) == ("[]", 0), run.stderr


def test_it_listens_to_this_machine_only(world: Outside) -> None:
    listening = Path(f"/proc/{os.getpid()}/net/tcp")
    if not listening.exists():
        pytest.skip("looks for sockets in /proc")
    rows = [row.split() for row in listening.read_text().splitlines()[1:]]
    hosts = {row[1].split(":")[0] for row in rows if row[1].endswith(f":{world.port:04X}") and row[3] == "0A"}
    assert hosts == {"0100007F"}


OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the document's lines call curl, which is not here")
def test_the_lines_of_the_document_work(world: Outside) -> None:
    made = invoice(world)
    bought = world.client.post(
        f"{world.giftly_url}/buyGift", json={"recipient": "bob", "gift_id": "1", "token": GIFTLY_TOKEN}
    )
    values = {"SANDBOX": world.url, "INVOICE": made["id"], "GIFT": str(bought.json()["id"])}
    [block] = re.findall(r"<!-- control -->\n```sh\n(.*?)```", OPERATIONS.read_text(), re.DOTALL)
    lines = block.splitlines()
    assert len(lines) == 14
    for line in lines:
        run = subprocess.run(
            ["bash", "-c", f"{line} -w '%{{http_code}}'"], env=environment() | values, capture_output=True, text=True
        )
        assert (run.returncode, run.stdout[-3:]) == (0, "200"), (line, run.stdout)
    state = world.state()
    assert state["invoices"][made["id"]]["overpayment"] == str(NANO // 2 + NANO)
    assert state["giftly"]["gifts"][values["GIFT"]]["status"] == "SENT"
    assert state["faults"] == []


def test_every_command_and_fault_is_documented() -> None:
    text = OPERATIONS.read_text()
    assert set(FaultKind) <= set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert all(service in text for service in SERVICES)
