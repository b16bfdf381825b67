"""The page behind a payment link: what is to be paid, and a button that pays it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from stickercase.domain.money import ton_text
from stickercase.entrypoints.sandbox.exchange import Answer, Request, Route
from stickercase.entrypoints.sandbox.tonconsole import InvoiceNote, TonConsole

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pay an invoice of the demo</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem }}
button {{ font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .6rem; background: #0098ea; color: #fff }}
</style>
<h1>{amount} TON</h1>
<p>{description}</p>
<p>Status: <strong>{status}</strong>{received}</p>
{form}
<p><small>This is the sandbox of the demo: no real money moves.</small></p>
</html>
"""
FORM = """<form method="post"><button type="submit">Pay {amount} TON</button></form>"""


class PayPage:
    """The page of each invoice."""

    def __init__(self, tonconsole: TonConsole) -> None:
        self._tonconsole = tonconsole

    def routes(self) -> Sequence[Route]:
        """Looking, and paying."""
        return (
            Route("GET", "/pay/([^/]+)", self._show),
            Route("POST", "/pay/([^/]+)", self._pay),
        )

    def _show(self, _: Request, invoice_id: str) -> Answer:
        return _page(self._tonconsole.look(invoice_id))

    def _pay(self, _: Request, invoice_id: str) -> Answer:
        note = self._tonconsole.look(invoice_id)
        # A reload of the page must not pay twice.
        return _page(self._tonconsole.pay(invoice_id, None) if note.status == "pending" else note)


def _page(note: InvoiceNote) -> Answer:
    missing = ton_text(max(note.amount - note.received, 0), 9).rstrip("0").rstrip(".")
    received = f", {ton_text(note.received)} TON received" if note.received else ""
    text = PAGE.format(
        amount=ton_text(note.amount),
        description=escape(note.description),
        status=escape(note.status),
        received=received,
        form=FORM.format(amount=missing) if note.status == "pending" else "",
    )
    return Answer(200, text.encode(), "text/html; charset=utf-8")
