"""Tables of what surrounds the game: answers, the log of operators, tasks."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Identity, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from stickercase.adapters.postgres.tables.shared import MOMENT, metadata

answers = Table(
    "answers",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", MOMENT, nullable=False),
)

operator_log = Table(
    "operator_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB, nullable=False),
    Column("at", MOMENT, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("again_at", MOMENT),
    Column("sent_at", MOMENT),
    Column("started_at", MOMENT),
    Column("claimed_until", MOMENT),
    Column("finished_at", MOMENT),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("period_seconds", Double, nullable=False),
    Column("last_tick", MOMENT),
    Column("refused", BigInteger, nullable=False),
    Column("started_at", MOMENT),
    Column("finished_at", MOMENT),
    Column("outcome", Text, nullable=False),
    Column("why", Text, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("started_by", Text, nullable=False),
    Column("started_at", MOMENT, nullable=False),
    Column("finished_at", MOMENT, nullable=False),
    Column("sections", JSONB, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("handled_at", MOMENT),
)
