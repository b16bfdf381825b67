"""Tables of what leaves the house as a gift."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from stickercase.adapters.postgres.tables.shared import MOMENT, metadata

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("player_id", BigInteger),
    Column("item_id", BigInteger),
    Column("unit_id", BigInteger),
    Column("gift_id", Text),
    Column("stars", Integer),
    Column("reason", Text),
    Column("recipient", Text, nullable=False),
    Column("requested_at", MOMENT, nullable=False),
    Column("stage", Text, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("began_at", MOMENT),
    Column("queue_id", BigInteger),
    Column("ended_at", MOMENT),
    Column("why", Text, nullable=False),
    Column("text", Text, nullable=False),
)

delivery_pause = Table(
    "delivery_pause",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("since", MOMENT),
    Column("why", Text),
    Column("text", Text),
    Column("retry_at", MOMENT),
    Column("failures", Integer),
    Column("trial_id", BigInteger),
    Column("trial_at", MOMENT),
)

departures = Table(
    "departures",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("item_id", BigInteger, primary_key=True),
    Column("unit_id", BigInteger, nullable=False, unique=True),
    Column("way", Text, nullable=False),
    Column("delivery_id", BigInteger, nullable=False, unique=True),
    Column("at", MOMENT, nullable=False),
)
