"""TonConsole's invoices. Source of the shapes: docs.tonconsole.com; in our words: docs/outside-services.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

import msgspec

from stickercase.adapters.outgoing import Calls, Reply, decoded
from stickercase.domain.wallet.addresses import BadAddress, parse_address
from stickercase.domain.wallet.invoices import BadSighting, InvoiceStatus, Sighting, moment, nanotons
from stickercase.ports.clock import Clock
from stickercase.ports.failures import TokenRefused, Unintelligible, VendorUnavailable
from stickercase.ports.payments import PaymentRequest

VENDOR = "TonConsole"
DENIED = (401, 403)
NOT_FOUND = 404

T = TypeVar("T")


class InvoiceWire(msgspec.Struct):
    """An invoice on the wire: amounts are texts of nanotons, dates seconds or milliseconds. Much may be missing."""

    id: str
    status: str
    amount: str | int
    overpayment: str | int | None = None
    date_create: float | None = None
    date_expire: float | None = None
    payment_link: str | None = None
    pay_to_address: str | None = None


class TonConsolePayments:
    """Speaks for one app at TonConsole. ``token_setting`` is named to the operator when the token is refused."""

    def __init__(
        self,
        url: str,
        token: str,
        clock: Clock,
        *,
        app_id: str = "",
        token_setting: str = "the token",  # noqa: S107 - a name and no secret
        seconds: float = 10.0,
    ) -> None:
        self._calls = Calls(VENDOR, url, headers={"Authorization": f"Bearer {token}"}, seconds=seconds)
        self._clock = clock
        self._query = {"app_id": app_id} if app_id else None
        self._token_setting = token_setting

    def create_invoice(self, amount_nano: int, life_seconds: int, description: str) -> PaymentRequest:
        wish = {
            "amount": str(amount_nano),
            "life_time": life_seconds,
            "description": description,
            "currency": "TON",
        }
        asked_at = self._clock.now()
        made = self._wire(self._calls.send("POST", "/invoice", wish))
        return _read(lambda: _request(made, amount_nano, asked_at, timedelta(seconds=life_seconds)))

    def invoice(self, invoice_id: str) -> Sighting | None:
        return self._sighting(invoice_id, self._calls.get(f"/{quote(invoice_id, safe='')}"))

    def cancel(self, invoice_id: str) -> Sighting | None:
        path = f"/{quote(invoice_id, safe='')}/cancel"
        reply = self._calls.send("PATCH", path, query=self._query)
        if _is_refused(reply):
            # It was paid, cancelled or late already, and TonConsole says only that it can't be: look.
            return self.invoice(invoice_id)
        return self._sighting(invoice_id, reply)

    def _sighting(self, invoice_id: str, reply: Reply) -> Sighting | None:
        if reply.status == NOT_FOUND:
            return None
        wire = self._wire(reply)
        if wire.id != invoice_id:
            raise Unintelligible(f"{VENDOR} answered with another invoice than was asked for")
        return _read(lambda: _seen(wire))

    def _wire(self, reply: Reply) -> InvoiceWire:
        if reply.status in DENIED:
            raise TokenRefused(f"{VENDOR} does not accept {self._token_setting}")
        if reply.is_trouble:
            raise VendorUnavailable(f"{VENDOR} answered {reply.status}")
        if not 200 <= reply.status < 300:
            raise Unintelligible(f"{VENDOR} refused a request of ours with {reply.status}")
        return decoded(VENDOR, reply.body, InvoiceWire)


def _is_refused(reply: Reply) -> bool:
    return 400 <= reply.status < 500 and reply.status not in (*DENIED, NOT_FOUND) and not reply.is_trouble


def _read(read: Callable[[], T]) -> T:
    """What ``read`` makes of an invoice. Raises :class:`Unintelligible` when it makes no sense."""
    try:
        return read()
    except (BadSighting, BadAddress) as error:
        raise Unintelligible(f"{VENDOR} answered with an invoice that makes no sense: {error}") from error


def _seen(wire: InvoiceWire) -> Sighting:
    try:
        status = InvoiceStatus(wire.status.lower())
    except ValueError:
        raise BadSighting("its status is none that is known") from None
    overpaid = wire.overpayment if wire.overpayment not in (None, "") else 0
    return Sighting(wire.id, status, nanotons(str(wire.amount)), nanotons(str(overpaid)))


def _request(wire: InvoiceWire, asked_nano: int, asked_at: datetime, life: timedelta) -> PaymentRequest:
    seen = _seen(wire)
    if seen.amount_nano != asked_nano:
        raise BadSighting("its amount is another than was asked for")
    if not wire.payment_link or not wire.pay_to_address:
        raise BadSighting("it does not say how to pay")
    pay_to = parse_address(wire.pay_to_address)
    return PaymentRequest(wire.id, asked_nano, wire.payment_link, pay_to, _expiry(wire, asked_at, life))


def _expiry(wire: InvoiceWire, asked_at: datetime, life: timedelta) -> datetime:
    """When it expires. A date that cannot be meant is as good as none: by this one an invoice is watched for money."""
    if wire.date_expire is not None:
        told = moment(wire.date_expire)
    else:
        told = (asked_at if wire.date_create is None else moment(wire.date_create)) + life
    return told if asked_at < told <= asked_at + 2 * life else asked_at + life
