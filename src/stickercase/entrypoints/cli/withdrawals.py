"""`withdrawals`: which wait for a person, and a person's word on them."""

from __future__ import annotations

import click

from stickercase.domain.wallet.withdrawals import Stage
from stickercase.entrypoints.cli.acting import acting, telling, working_container
from stickercase.entrypoints.cli.tables import table, tons
from stickercase.ports.reading import WithdrawalLine

STAGES = [stage.value for stage in Stage]
HEADINGS = ("id", "requested at", "stage", "player", "TON", "fee", "to", "NFT")


@click.group()
def withdrawals() -> None:
    """See withdrawals, and approve or reject those that wait for a person."""


@withdrawals.command("list")
@click.option("--status", type=click.Choice(STAGES), help="Those in one stage only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The first so many.")
def list_withdrawals(status: str | None, limit: int) -> None:
    """Show withdrawals, newest first; those that await approval oldest first."""
    container = working_container()
    oldest_first = status == Stage.AWAITING_APPROVAL.value
    total, found = container.reading().withdrawals(status, limit, None, oldest_first=oldest_first)
    testnet = container.settings().ton_network == "testnet"
    if found:
        click.echo(table(HEADINGS, [_row(line, testnet=testnet) for line in found], left=(1, 2, 6, 7)))
    click.echo(f"{len(found)} of {total} withdrawals")


@withdrawals.command()
@click.argument("withdrawal_id", type=click.IntRange(1))
def approve(withdrawal_id: int) -> None:
    """Let a withdrawal that awaits approval go out; exit status 1 when it can't."""
    _review(withdrawal_id, approve=True)


@withdrawals.command()
@click.argument("withdrawal_id", type=click.IntRange(1))
def reject(withdrawal_id: int) -> None:
    """Give the amount or the unit back, as long as nothing has gone out; exit status 1 when that can't be."""
    _review(withdrawal_id, approve=False)


def _review(withdrawal_id: int, *, approve: bool) -> None:
    container = working_container()
    with telling():
        answered = container.review_withdrawal(
            acting(), withdrawal_id, approve, lambda known: known.stage.value.encode()
        )
    click.echo(f"withdrawal {withdrawal_id} is {answered.answer.decode()} now")


def _row(line: WithdrawalLine, *, testnet: bool) -> tuple[str, ...]:
    return (
        str(line.id),
        f"{line.requested_at:%Y-%m-%dT%H:%M:%SZ}",
        line.stage,
        "-" if line.telegram_id is None else str(line.telegram_id),
        tons(line.amount_nano),
        tons(line.fee_nano),
        line.address.friendly(testnet=testnet),
        "-" if line.unit is None else line.unit.nft_address.friendly(bounceable=True, testnet=testnet),
    )
