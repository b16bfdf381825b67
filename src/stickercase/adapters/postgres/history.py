"""A player's history, read from PostgreSQL: each kind of event has its own table, a page merges their newest lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, func, literal, select, union_all

from stickercase.adapters.postgres.tables import (
    case_draws,
    deposits,
    packs,
    sales,
    transfers,
    units,
    upgrade_stakes,
    upgrades,
    withdrawals,
)
from stickercase.ports.reading import Event

NOTHING = literal("")


def page_of_history(
    connection: Connection, player_id: int, kind: str | None, limit: int, before: int | None
) -> tuple[int, Sequence[Event]]:
    """How many events (of ``kind``, or of any) there are in all, and up to ``limit`` of them, newest first."""
    sources = [source(player_id) for name, source in SOURCES.items() if kind in (None, name)]
    if not sources:
        return 0, []
    counts = [select(func.count()).select_from(source.subquery()).scalar_subquery() for source in sources]
    total: int = sum(connection.execute(select(*counts)).one())
    lines = union_all(*(_newest(source, limit, before) for source in sources)).subquery()
    rows = connection.execute(select(lines).order_by(lines.c.id.desc()).limit(limit))
    return total, [
        Event(row.id, row.kind, row.amount, row.at, row.image_url, row.note, row.success, row.bet_image_url, row.status)
        for row in rows
    ]


def _openings(player_id: int) -> Select[Any]:
    draws = case_draws.c
    return (
        _line("Case open", draws.item_id, draws.floor_nano, draws.at, image_url=packs.c.image_url)
        .join(units, units.c.id == draws.unit_id)
        .join(packs, packs.c.id == units.c.pack_id)
        .where(draws.player_id == player_id)
    )


def _sales(player_id: int) -> Select[Any]:
    return (
        _line("Sticker sell", sales.c.sale_id, sales.c.paid_nano, sales.c.at, image_url=packs.c.image_url)
        .join(units, units.c.id == sales.c.unit_id)
        .join(packs, packs.c.id == units.c.pack_id)
        .where(sales.c.player_id == player_id)
    )


def _upgrades(player_id: int) -> Select[Any]:
    up, target, bet, first = upgrades.c, packs.alias("target"), packs.alias("bet"), units.alias("first")
    value = case((up.won, up.target_nano), else_=0) - up.bet_nano
    stake = and_(
        upgrade_stakes.c.player_id == up.player_id,
        upgrade_stakes.c.upgrade_id == up.upgrade_id,
        upgrade_stakes.c.place == 1,
    )
    return (
        _line(
            "Upgrade",
            up.upgrade_id,
            value,
            up.at,
            image_url=target.c.image_url,
            success=up.won,
            bet_image_url=bet.c.image_url,
        )
        .join(units, units.c.id == up.target_unit_id)
        .join(target, target.c.id == units.c.pack_id)
        .join(upgrade_stakes, stake)
        .join(first, first.c.id == upgrade_stakes.c.unit_id)
        .join(bet, bet.c.id == first.c.pack_id)
        .where(up.player_id == player_id)
    )


def _adjustments(player_id: int) -> Select[Any]:
    signed = case((transfers.c.credit == "player", transfers.c.amount), else_=-transfers.c.amount)
    note = func.coalesce(transfers.c.note, "")
    return _line("Adjustment", transfers.c.cause, signed, transfers.c.at, note=note).where(
        transfers.c.player_id == player_id, transfers.c.reason == "adjustment"
    )


def _deposits(player_id: int) -> Select[Any]:
    paid = deposits.c
    return _line("Deposit", paid.deposit_id, paid.amount_nano, paid.at, status=literal("paid")).where(
        paid.player_id == player_id
    )


def _withdrawals(player_id: int) -> Select[Any]:
    out = withdrawals.c
    return _line("Withdrawal", out.id, -out.amount_nano, out.requested_at, status=out.stage).where(
        out.player_id == player_id, out.item_id.is_(None)
    )


SOURCES: dict[str, Callable[[int], Select[Any]]] = {
    "Case open": _openings,
    "Sticker sell": _sales,
    "Upgrade": _upgrades,
    "Deposit": _deposits,
    "Withdrawal": _withdrawals,
    "Adjustment": _adjustments,
}


def _line(
    kind: str,
    event_id: ColumnElement[int],
    amount: ColumnElement[int],
    at: ColumnElement[Any],
    *,
    image_url: ColumnElement[str] = NOTHING,
    note: ColumnElement[str] = NOTHING,
    success: ColumnElement[bool] | None = None,
    bet_image_url: ColumnElement[str] = NOTHING,
    status: ColumnElement[str] = NOTHING,
) -> Select[Any]:
    return select(
        event_id.label("id"),
        literal(kind).label("kind"),
        amount.label("amount"),
        at.label("at"),
        image_url.label("image_url"),
        note.label("note"),
        (false() if success is None else success).label("success"),
        bet_image_url.label("bet_image_url"),
        status.label("status"),
    )


def _newest(source: Select[Any], limit: int, before: int | None) -> Select[Any]:
    key = source.selected_columns[0]
    page = source if before is None else source.where(key.element < before)
    return page.order_by(key.element.desc()).limit(limit).subquery().select()
