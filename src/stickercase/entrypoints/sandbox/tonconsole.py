"""TonConsole's invoices, as the sandbox plays them. What is played is told in docs/outside-services.md."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec

from stickercase.domain.wallet.invoices import BadSighting, nanotons
from stickercase.entrypoints.sandbox.exchange import Answer, Now, Request, Route, is_same, json_answer, refused
from stickercase.entrypoints.sandbox.notebook import Notebook, Page
from stickercase.entrypoints.sandbox.webhooks import Webhooks

PATH = "/tonconsole/api/v1/services/invoices"
LONGEST_LIFE = 60 * 60 * 24 * 365


class InvoiceNote(msgspec.Struct):
    """An invoice. Amounts in nanotons, times in milliseconds; ``received`` is all that was ever paid."""

    amount: int
    description: str
    created: int
    expires: int
    changed: int
    status: str = "pending"
    received: int = 0

    @property
    def overpayment(self) -> int:
        """What came above the amount; of an invoice that ended unpaid, everything that came."""
        if self.status == "pending":
            return 0
        return self.received - (self.amount if self.status == "paid" else 0)


class WishWire(msgspec.Struct):
    """What an invoice is asked for with."""

    amount: str
    life_time: int
    description: str = ""
    currency: str = "TON"


class TonConsole:
    """The invoices of one app. An invoice's end is noticed when somebody looks, and by :meth:`tick`."""

    def __init__(self, notebook: Notebook, now: Now, token: str, webhooks: Webhooks) -> None:
        self._notebook, self._time, self._token, self._webhooks = notebook, now, token, webhooks

    def routes(self) -> Sequence[Route]:
        """What TonConsole answers to."""
        return (
            Route("POST", f"{PATH}/invoice", self._create, "tonconsole"),
            Route("GET", f"{PATH}/([^/]+)", self._show, "tonconsole"),
            Route("PATCH", f"{PATH}/([^/]+)/cancel", self._cancel, "tonconsole"),
        )

    def look(self, invoice_id: str) -> InvoiceNote:
        """The invoice as it is now. Raises a refusal with 404."""
        with self._notebook.open() as page:
            return self._look(page, invoice_id)

    def pay(self, invoice_id: str, amount: str | None) -> InvoiceNote:
        """Somebody pays so many nanotons, or exactly what is missing."""
        with self._notebook.open() as page:
            note = self._look(page, invoice_id)
            missing = max(note.amount - note.received, 0) or note.amount
            received = note.received + (missing if amount is None else _amount(amount))
            is_paid = note.status == "pending" and received >= note.amount
            status = "paid" if is_paid else note.status
            return self._changed(page, invoice_id, msgspec.structs.replace(note, received=received, status=status))

    def expire(self, invoice_id: str) -> InvoiceNote:
        """Let its time be over, if it is pending."""
        with self._notebook.open() as page:
            note = self._look(page, invoice_id)
            if note.status != "pending":
                return note
            ended = msgspec.structs.replace(note, expires=self._now(), status="expired")
            return self._changed(page, invoice_id, ended)

    def tick(self) -> None:
        """Notice what has expired."""
        with self._notebook.open() as page:
            now = self._now()
            for invoice_id, note in page.all(InvoiceNote):
                if note.status == "pending" and note.expires <= now:
                    self._look(page, invoice_id)

    def _create(self, request: Request) -> Answer:
        self._check(request)
        wish = request.json(WishWire)
        amount = _amount(wish.amount)
        if wish.currency != "TON" or amount == 0 or not 0 < wish.life_time <= LONGEST_LIFE:
            raise refused(400, "an invoice has an amount, a life time and the currency TON")
        now = self._now()
        invoice_id = str(uuid.uuid4())
        note = InvoiceNote(amount, wish.description, now, now + 1000 * wish.life_time, now)
        with self._notebook.open() as page:
            page.put(invoice_id, note)
        return json_answer(_wire(invoice_id, note, request.base), 201)

    def _show(self, request: Request, invoice_id: str) -> Answer:
        self._check(request)
        return json_answer(_wire(invoice_id, self.look(invoice_id), request.base))

    def _cancel(self, request: Request, invoice_id: str) -> Answer:
        self._check(request)
        with self._notebook.open() as page:
            note = self._look(page, invoice_id)
            if note.status != "pending":
                raise refused(400, f"an invoice that is {note.status} cannot be cancelled")
            note = self._changed(page, invoice_id, msgspec.structs.replace(note, status="cancelled"))
        return json_answer(_wire(invoice_id, note, request.base))

    def _check(self, request: Request) -> None:
        if not is_same(request.headers.get("authorization", ""), f"Bearer {self._token}"):
            raise refused(401, "unauthorized")

    def _look(self, page: Page, invoice_id: str) -> InvoiceNote:
        note = page.get(InvoiceNote, invoice_id)
        if note is None:
            raise refused(404, "there is no such invoice")
        if note.status == "pending" and note.expires <= self._now():
            note = self._changed(page, invoice_id, msgspec.structs.replace(note, status="expired"))
        return note

    def _changed(self, page: Page, invoice_id: str, note: InvoiceNote) -> InvoiceNote:
        note = msgspec.structs.replace(note, changed=self._now())
        page.put(invoice_id, note)
        self._webhooks.send(_webhook(invoice_id, note))
        return note

    def _now(self) -> int:
        return _milliseconds(self._time())


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _amount(text: str) -> int:
    try:
        return nanotons(text)
    except BadSighting as error:
        raise refused(400, str(error)) from error


def _wire(invoice_id: str, note: InvoiceNote, base: str) -> dict[str, object]:
    """The invoice as the API shows it, where dates are in milliseconds."""
    dates = {"date_create": note.created, "date_expire": note.expires, "date_change": note.changed}
    link = {"payment_link": f"{base}/pay/{invoice_id}", "currency": "TON"}
    return _told(invoice_id, note) | dates | link


def _webhook(invoice_id: str, note: InvoiceNote) -> dict[str, object]:
    """The invoice as a webhook tells it, where dates are in seconds."""
    dates = {"date_create": note.created, "date_expire": note.expires, "date_change": note.changed}
    return _told(invoice_id, note) | {name: value // 1000 for name, value in dates.items()}


def _told(invoice_id: str, note: InvoiceNote) -> dict[str, object]:
    told: dict[str, object] = {
        "id": invoice_id,
        "status": note.status,
        "amount": str(note.amount),
        "description": note.description,
        "pay_to_address": f"0:{hashlib.sha256(invoice_id.encode()).hexdigest()}",
    }
    if note.received:
        told["paid_by_address"] = f"0:{hashlib.sha256(b'a payer').hexdigest()}"
    if note.overpayment:
        told["overpayment"] = str(note.overpayment)
    return told
