"""What `audit` says of the hot wallet: the ledger held against the chain."""

from __future__ import annotations

import click

from stickercase.domain.wallet.reconciliation import Reconciliation, Total
from stickercase.entrypoints.cli.tables import table, tons
from stickercase.entrypoints.container import Container
from stickercase.ports.failures import VendorUnavailable

Document = dict[str, object]


def reconciled(container: Container) -> Reconciliation | str | None:
    """Both sides; a sentence when the chain can't be asked; None where there is no hot wallet."""
    if container.payouts() is None:
        return None
    try:
        found: Reconciliation = container.reconcile_wallet()
    except VendorUnavailable as error:
        return f"ledger and chain were NOT compared: {error}"
    return found


def show(found: Reconciliation) -> None:
    """Print the totals of both sides, and what does not fit."""
    click.echo(f"hot wallet {found.state.address.friendly()} has {tons(found.state.balance_nano)} TON")
    lines = (
        ("ledger", "withdrawals confirmed", found.confirmed),
        ("chain", "payments out", found.paid),
        ("", "of them under way", found.under_way),
        ("", "gas to NFTs", found.gas),
    )
    rows = [(side, what, f"{total.count:,}", tons(total.amount_nano)) for side, what, total in lines]
    click.echo(table(("side", "what", "count", "TON"), rows, left=(0, 1)))
    for mismatch in found.mismatches:
        click.echo(f"MISMATCH  {mismatch}")
    click.echo("ledger and chain agree" if found.is_sound else "ledger and chain do NOT agree")


def document(found: Reconciliation | str | None) -> Document | None:
    """The same for machines."""
    if found is None:
        return None
    if isinstance(found, str):
        return {"ok": False, "compared": False, "why": found}
    totals = {"confirmed": found.confirmed, "paid": found.paid, "under_way": found.under_way, "gas": found.gas}
    return {
        "ok": found.is_sound,
        "compared": True,
        "address": found.state.address.friendly(),
        "balance_nano": found.state.balance_nano,
        **{name: _counted(total) for name, total in totals.items()},
        "mismatches": list(found.mismatches),
    }


def _counted(total: Total) -> Document:
    return {"count": total.count, "amount_nano": total.amount_nano}
