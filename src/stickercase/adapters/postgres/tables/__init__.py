"""Every table, as SQLAlchemy Core sees it. The migrations make them; a test holds the two against each other."""

from __future__ import annotations

from stickercase.adapters.postgres.tables.game import (
    accounts,
    case_draws,
    cases,
    catalogue,
    free_units,
    items,
    odds,
    odds_rows,
    packs,
    players,
    sales,
    seed_pairs,
    stock,
    transfers,
    units,
    upgrade_stakes,
    upgrades,
)
from stickercase.adapters.postgres.tables.gifts import deliveries, delivery_pause, departures
from stickercase.adapters.postgres.tables.prices import (
    price_sync_cases,
    price_sync_ends,
    price_sync_sources,
    price_syncs,
)
from stickercase.adapters.postgres.tables.shared import metadata
from stickercase.adapters.postgres.tables.wallet import (
    deposits,
    invoices,
    wallet_nonces,
    wallets,
    withdrawal_attempts,
    withdrawals,
)
from stickercase.adapters.postgres.tables.work import answers, inbox, operator_log, reports, schedules, tasks

__all__ = [
    "accounts",
    "answers",
    "case_draws",
    "cases",
    "catalogue",
    "deliveries",
    "delivery_pause",
    "departures",
    "deposits",
    "free_units",
    "inbox",
    "invoices",
    "items",
    "metadata",
    "odds",
    "odds_rows",
    "operator_log",
    "packs",
    "players",
    "price_sync_cases",
    "price_sync_ends",
    "price_sync_sources",
    "price_syncs",
    "reports",
    "sales",
    "schedules",
    "seed_pairs",
    "stock",
    "tasks",
    "transfers",
    "units",
    "upgrade_stakes",
    "upgrades",
    "wallet_nonces",
    "wallets",
    "withdrawal_attempts",
    "withdrawals",
]
