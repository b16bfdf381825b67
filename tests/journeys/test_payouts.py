"""Payouts by real workers that are killed, over a chain that loses answers: each is paid once or released once."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, text

from stickercase.adapters.postgres.connections import connect
from stickercase.adapters.system.clock import SystemClock
from stickercase.adapters.ton.chain import ToncenterChain
from stickercase.adapters.ton.payouts import TonCorePayouts
from stickercase.domain.ledger.laws import all_held
from stickercase.domain.money import NANO
from stickercase.domain.refusal import Refused
from stickercase.domain.use_cases.advance_withdrawal import review_withdrawal
from stickercase.domain.use_cases.reconcile_wallet import reconcile_wallet
from stickercase.domain.wallet.contracts import Network
from stickercase.domain.wallet.payouts import Payment
from support.api_processes import Running, Tell, api_settings, environment, eventually
from support.command_line import command, inside
from support.hot_wallets import MNEMONIC
from support.pay_desks import PayDesk
from support.sandboxes import TON_API_KEY, Outside, outside
from support.worlds import OPERATOR, World, postgres_world

LONG = bool(os.environ.get("STICKERCASE_LONG"))
COUNT = 100 if LONG else 8
WORKERS = 2
DEATH = 0.015 if LONG else 0.006
FAULTS = (
    {"kind": "error"},
    {"kind": "garbage"},
    {"kind": "lost_answer"},
    {"kind": "timeout", "seconds": 1.0},
    {"kind": "delay", "seconds": 0.1, "count": 3},
)
PROGRAM = (sys.executable, "-m", "support.payer_program")
TESTS = Path(__file__).parents[1]


@dataclass
class Till:
    """The product's workers, its database, and the chain outside."""

    desk: PayDesk
    world: World
    engine: Engine
    outside: Outside
    environ: dict[str, str]
    stack: ExitStack
    folder: Path
    workers: list[Running] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def start(self, what: str) -> Running:
        return self.stack.enter_context(Running([what], self.environ, program=PROGRAM))

    def keep_workers(self) -> None:
        """Start one again for each that has died."""
        self.counts["deaths"] += sum(not one.is_alive for one in self.workers)
        self.workers = [one for one in self.workers if one.is_alive]
        while len(self.workers) < WORKERS:
            self.workers.append(self.start("worker"))

    def plague(self, dice: Random) -> None:
        """Something bad, perhaps."""
        if dice.random() < 0.1 and not self.outside.state()["faults"]:
            fault = dice.choice(FAULTS)
            self.counts[str(fault["kind"])] += int(str(fault.get("count", 1)))
            self.outside.control("faults", service="ton", **fault)
        half_done = self.open() < COUNT // 2
        if dice.random() < (0.006 if LONG else 0.015) or (half_done and not self.counts["deaths"]):
            dice.choice(self.workers).kill()
        if LONG and dice.random() < 0.01:
            # What was not sent until now is void, and must be signed anew.
            self.counts["jumps of the chain's clock"] += 1
            self.outside.clock.pass_time(minutes=7)

    def reject_some(self, dice: Random) -> None:
        """An operator rejects one that waits, if it still does."""
        withdrawal_id = dice.choice(self.desk.asked)[0]
        try:
            review_withdrawal(self.world.transactions, self.world.clock, OPERATOR, withdrawal_id, False, lambda _: b"")
            self.counts["rejected"] += 1
        except Refused:
            self.counts["too late to reject"] += 1

    def open(self) -> int:
        """How many have not come to an end."""
        return self._counted("SELECT count(*) FROM withdrawals WHERE stage IN ('held', 'signed', 'sent')")

    def ledger_nano(self) -> int:
        """What the ledger says has left for withdrawals."""
        return self._counted("SELECT coalesce(sum(amount), 0) FROM transfers WHERE reason = 'withdrawal'")

    def _counted(self, query: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def chain_nano(self) -> int:
        """What has left the hot wallet, as the sandbox's own books have it."""
        notes = self.outside.state()["ton"]["transactions"]
        hot = self.desk.payouts.address().raw
        return sum(payment["value"] for note in notes if note["account"] == hot for payment in note["payments"])


@pytest.fixture
def till(fresh_database: str, redis_url: str, tmp_path: Path) -> Iterator[Till]:
    with ExitStack() as stack:
        scanning = connect(fresh_database, by_key=False, statement_ms=0)
        world = postgres_world(connect(fresh_database), scanning)
        stack.callback(world.close)
        world.clock = SystemClock()  # type: ignore[assignment]  # time goes on here
        beyond = stack.enter_context(outside(tmp_path))
        beyond.control("ton", confirm_seconds=0.15)
        payouts = TonCorePayouts(MNEMONIC, "v5r1", Network.MAINNET)
        beyond.control("accounts", address=payouts.address().raw, amount=str(10_000 * NANO))
        desk = PayDesk(world, ToncenterChain(beyond.ton_url, TON_API_KEY), payouts)  # type: ignore[arg-type]  # the real ones
        settings = api_settings(fresh_database, redis_url) | {
            "ton_api_url": beyond.ton_url,
            "ton_api_key": TON_API_KEY,
            "hot_wallet_mnemonic": MNEMONIC,
        }
        environ = environment(**settings) | {"PYTHONPATH": str(TESTS), "PAYER_DEATH": str(DEATH)}
        yield Till(desk, world, scanning, beyond, environ, stack, tmp_path)


@pytest.mark.timeout(1800 if LONG else 180)
def test_killed_workers_pay_each_withdrawal_once(till: Till, tell: Tell) -> None:
    dice, desk = Random(13), till.desk
    for number in range(COUNT):
        desk.ask((10 + number) * NANO)
    till.start("scheduler")
    began, limit = time.monotonic(), 1500 if LONG else 100
    while till.open():
        assert time.monotonic() - began < limit, desk.stages()
        till.keep_workers()
        till.plague(dice)
        if dice.random() < 0.01:
            till.reject_some(dice)
        time.sleep(dice.uniform(0.02, 0.2))
    seconds = time.monotonic() - began
    till.outside.client.delete("/control/faults")
    stages = Counter(desk.stages())
    attempts = sum(len(desk.find(withdrawal_id).attempts) for withdrawal_id, _, _ in desk.asked)
    tell(
        f"{COUNT} withdrawals in {seconds:.0f} s: {dict(stages)}, {attempts} messages signed; {dict(till.counts)}; "
        f"ledger {till.ledger_nano()} = chain {till.chain_nano()} nanotons"
    )
    asked = [desk.find(withdrawal_id) for withdrawal_id, _, _ in desk.asked]
    for one, arrived_nano, balance_nano in zip(asked, desk.arrived(), desk.balances(), strict=True):
        is_paid = one.stage.value == "confirmed"
        assert (arrived_nano, balance_nano) == ((one.paid_nano, 0) if is_paid else (0, one.amount_nano)), one
    assert till.ledger_nano() == till.chain_nano() == sum(desk.arrived())
    assert stages["confirmed"] > COUNT // 2 - 2
    assert till.counts["deaths"] >= (25 if LONG else 1), "hardly a worker died: that proves little"
    assert all_held(till.world.audits.audit())
    found = reconcile_wallet(till.world.outflows, desk.payouts, desk.chain)
    assert (found.mismatches, found.under_way.count, found.paid.amount_nano) == ((), 0, till.chain_nano())
    _audited(till)


def _audited(till: Till) -> None:
    """What `stickercase audit` says, then after somebody else has used the wallet, then without the chain."""
    names = ("database_url", "ton_api_url", "ton_api_key", "hot_wallet_mnemonic")
    settings = {name: till.environ[f"STICKERCASE_{name.upper()}"] for name in names}
    sound = command("audit", **settings)
    assert (sound.returncode, "ledger and chain agree" in sound.stdout) == (0, True), sound
    told = json.loads(inside("audit", "--json", cwd=till.folder, **settings).stdout)["wallet"]
    assert told["confirmed"] == told["paid"]
    assert told["paid"]["amount_nano"] == till.chain_nano()
    away = inside("audit", cwd=till.folder, **settings | {"ton_api_url": "http://127.0.0.1:9/api/v2"})
    assert (away.returncode, away.stderr.startswith("stickercase: ledger and chain were NOT compared: ")) == (2, True)
    assert "Traceback" not in away.stderr
    sections = {"ledger": "well", "stock": "well", "draws": "well", "invoices": "well", "deliveries": "well"}
    assert _verdicts(till, settings) == (0, sections | {"hot_wallet": "well"})
    not_asked = settings | {"ton_api_url": "http://127.0.0.1:9/api/v2"}
    assert _verdicts(till, not_asked) == (2, sections | {"hot_wallet": "unchecked"})
    _steal(till)
    assert _verdicts(till, settings) == (1, sections | {"hot_wallet": "findings"})
    broken = inside("audit", cwd=till.folder, **settings)
    assert (broken.returncode, "MISMATCH  1.000000000 TON to " in broken.stdout) == (1, True), broken
    assert "ledger and chain do NOT agree" in broken.stdout
    assert MNEMONIC not in broken.stdout + broken.stderr


def _verdicts(till: Till, settings: dict[str, str]) -> tuple[int, dict[str, str]]:
    """What `stickercase reconcile` says: its exit status, and the verdict of each section."""
    run = inside("reconcile", "--json", cwd=till.folder, **settings)
    return run.returncode, {section["name"]: section["verdict"] for section in json.loads(run.stdout)["sections"]}


def _steal(till: Till) -> None:
    desk = till.desk
    state = desk.chain.wallet(desk.payouts.address())
    thief = desk.asked[0][2]
    message = desk.payouts.sign(Payment(thief, NANO, "mine"), state.seqno, state.at + timedelta(minutes=1))
    desk.chain.send(message.content)
    eventually(lambda: desk.chain.wallet(state.address).seqno > state.seqno, "the theft")
