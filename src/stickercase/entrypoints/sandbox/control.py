"""The control API: what a person or a test makes the outside world do. Nobody's vendor has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from stickercase.domain.wallet.addresses import BadAddress, parse_address
from stickercase.domain.wallet.invoices import BadSighting, nanotons
from stickercase.entrypoints.sandbox.chain import AccountNote, Chain, ChainNote, TransactionNote, waiting_hashes
from stickercase.entrypoints.sandbox.exchange import Answer, Request, Route, json_answer, refused
from stickercase.entrypoints.sandbox.faults import SERVICES, Fault, FaultKind, Faults
from stickercase.entrypoints.sandbox.floors import FloorNote, Floors
from stickercase.entrypoints.sandbox.giftly import Giftly, GiftNote, HouseNote, PersonNote, StarsNote
from stickercase.entrypoints.sandbox.nfts import NftNote
from stickercase.entrypoints.sandbox.notebook import Notebook, Page
from stickercase.entrypoints.sandbox.tonconsole import InvoiceNote, TonConsole
from stickercase.entrypoints.sandbox.webhooks import WebhookNote


class PayWire(msgspec.Struct):
    """How many nanotons are paid; exactly what is missing if nothing is said."""

    amount: str | None = None


class FloorWire(msgspec.Struct):
    """A floor in TON; null takes the pack out of the feed."""

    collection: str
    pack: str
    ton: str | int | float | None
    contributor: str | None = None


class StatusWire(msgspec.Struct):
    """The status that a gift is to have."""

    status: str


class PersonWire(msgspec.Struct):
    """A Telegram user, and what stands in the way of giving; null: nothing."""

    username: str
    trouble: str | None = None


class HouseWire(msgspec.Struct):
    """The house's account at Giftly; what is not said stays."""

    balance: Decimal | None = None
    delivery_seconds: float | msgspec.UnsetType | None = msgspec.UNSET


class ChainWire(msgspec.Struct):
    """How long a message waits before it lands."""

    confirm_seconds: float


class AccountWire(msgspec.Struct):
    """An account of the chain, the nanotons that it is given, and whether a contract lives there."""

    address: str
    amount: str = "0"
    active: bool | None = None


class NftWire(msgspec.Struct):
    """An NFT, whose it is, and perhaps its collection: addresses."""

    address: str
    owner: str
    collection: str | None = None


class FaultWire(msgspec.Struct):
    """A fault, how often it happens, and how long it takes."""

    service: str
    kind: str
    count: int = 1
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """The control API over everything that is played."""

    notebook: Notebook
    tonconsole: TonConsole
    giftly: Giftly
    floors: Floors
    chain: Chain
    faults: Faults

    def routes(self) -> Sequence[Route]:
        """What is listened to."""
        return (
            Route("GET", "/control/state", self._state),
            Route("POST", "/control/invoices/([^/]+)/pay", self._pay),
            Route("POST", "/control/invoices/([^/]+)/expire", self._expire),
            Route("POST", "/control/floors", self._floor),
            Route("POST", "/control/gifts/([0-9]+)", self._gift),
            Route("POST", "/control/people", self._person),
            Route("POST", "/control/giftly", self._house),
            Route("POST", "/control/ton", self._chain),
            Route("POST", "/control/accounts", self._account),
            Route("POST", "/control/nfts", self._nft),
            Route("POST", "/control/faults", self._fault),
            Route("DELETE", "/control/faults", self._no_faults),
        )

    def _pay(self, request: Request, invoice_id: str) -> Answer:
        return json_answer(_invoice(invoice_id, self.tonconsole.pay(invoice_id, request.json(PayWire).amount)))

    def _expire(self, _: Request, invoice_id: str) -> Answer:
        return json_answer(_invoice(invoice_id, self.tonconsole.expire(invoice_id)))

    def _floor(self, request: Request) -> Answer:
        wire = request.json(FloorWire)
        return json_answer(self.floors.set_floor(wire.collection, wire.pack, wire.ton, wire.contributor))

    def _gift(self, request: Request, queue_id: str) -> Answer:
        status = request.json(StatusWire).status
        self.giftly.set_status(queue_id, status)
        return json_answer({"id": int(queue_id), "status": status})

    def _person(self, request: Request) -> Answer:
        wire = request.json(PersonWire)
        self.giftly.set_trouble(wire.username, wire.trouble)
        return json_answer(wire)

    def _house(self, request: Request) -> Answer:
        wire = request.json(HouseWire)
        with self.notebook.open() as page:
            note = page.get(HouseNote, "") or HouseNote()
            if wire.balance is not None:
                note = msgspec.structs.replace(note, balance=wire.balance)
            if wire.delivery_seconds is not msgspec.UNSET:
                note = msgspec.structs.replace(note, delivery_seconds=wire.delivery_seconds)
            self.giftly.set_house(note)
        return json_answer(note)

    def _chain(self, request: Request) -> Answer:
        wire = request.json(ChainWire)
        self.chain.configure(wire.confirm_seconds)
        return json_answer(wire)

    def _account(self, request: Request) -> Answer:
        wire = request.json(AccountWire)
        try:
            address, amount = parse_address(wire.address), nanotons(wire.amount)
        except (BadAddress, BadSighting) as error:
            raise refused(400, str(error)) from error
        return json_answer(self.chain.fund(address, amount, is_active=wire.active))

    def _nft(self, request: Request) -> Answer:
        wire = request.json(NftWire)
        try:
            item, owner = parse_address(wire.address), parse_address(wire.owner)
            collection = None if wire.collection is None else parse_address(wire.collection)
        except BadAddress as error:
            raise refused(400, str(error)) from error
        return json_answer(self.chain.mint(item, owner, collection))

    def _fault(self, request: Request) -> Answer:
        wire = request.json(FaultWire)
        if wire.service not in SERVICES or wire.kind not in list(FaultKind) or wire.count < 1:
            kinds = ", ".join(FaultKind)
            raise refused(400, f"service is one of {', '.join(SERVICES)}, kind one of {kinds}, count at least 1")
        self.faults.add(Fault(wire.service, FaultKind(wire.kind), wire.count, wire.seconds))
        return json_answer(wire)

    def _no_faults(self, _: Request) -> Answer:
        self.faults.clear()
        return json_answer({})

    def _state(self, _: Request) -> Answer:
        self.tonconsole.tick()
        self.chain.tick()
        with self.notebook.open() as page:
            return json_answer(self._told(page))

    def _told(self, page: Page) -> dict[str, object]:
        house = page.get(HouseNote, "") or HouseNote()
        gifts = {
            str(int(number)): {
                "recipient": note.recipient,
                "gift_id": note.gift_id,
                "text": note.text,
                "status": self.giftly.status_of(note, house.delivery_seconds),
            }
            for number, note in page.all(GiftNote)
        }
        return {
            "invoices": {invoice_id: _invoice(invoice_id, note) for invoice_id, note in page.all(InvoiceNote)},
            "webhooks": [note for _, note in page.all(WebhookNote)],
            "giftly": {"house": house, "people": dict(page.all(PersonNote)), "gifts": gifts},
            "stars": [note for _, note in page.all(StarsNote)],
            "floors": [note for _, note in page.all(FloorNote)],
            "ton": {
                "chain": page.get(ChainNote, "") or ChainNote(),
                "accounts": dict(page.all(AccountNote)),
                "nfts": dict(page.all(NftNote)),
                "waiting": waiting_hashes(page),
                "transactions": [note for _, note in page.all(TransactionNote)],
            },
            "faults": [note for _, note in page.all(Fault)],
        }


def _invoice(invoice_id: str, note: InvoiceNote) -> dict[str, object]:
    """An invoice as the control API shows it."""
    return {
        "id": invoice_id,
        "status": note.status,
        "amount": str(note.amount),
        "received": str(note.received),
        "overpayment": str(note.overpayment),
        "description": note.description,
        "expires_at_ms": note.expires,
    }
