"""Tables of price syncs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from stickercase.adapters.postgres.tables.shared import MOMENT, metadata

price_syncs = Table(
    "price_syncs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", MOMENT, nullable=False),
)

price_sync_sources = Table(
    "price_sync_sources",
    metadata,
    Column("sync_id", BigInteger, primary_key=True),
    Column("contributor", Text, primary_key=True),
    Column("read", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("alarm", Text, nullable=False),
    Column("failed", Text, nullable=False),
    Column("texts", JSONB, nullable=False),
)

price_sync_cases = Table(
    "price_sync_cases",
    metadata,
    Column("sync_id", BigInteger, primary_key=True),
    Column("case_id", BigInteger, primary_key=True),
    Column("case_name", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("price_before_nano", BigInteger, nullable=False),
    Column("price_after_nano", BigInteger, nullable=False),
    Column("fee_before", Double),
    Column("fee_after", Double),
    Column("odds_before", BigInteger, nullable=False),
    Column("odds_after", BigInteger, nullable=False),
)

price_sync_ends = Table(
    "price_sync_ends",
    metadata,
    Column("sync_id", BigInteger, primary_key=True, autoincrement=False),
    Column("finished_at", MOMENT, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("quiet", JSONB, nullable=False),
)
