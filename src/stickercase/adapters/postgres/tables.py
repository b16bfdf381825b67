"""Every table, as SQLAlchemy Core sees it. The migrations make them; a test holds the two against each other."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
MOMENT = DateTime(timezone=True)

catalogue = Table(
    "catalogue",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

players = Table(
    "players",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("telegram_id", BigInteger, unique=True),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text),
    Column("username", Text),
    Column("language", Text),
    Column("image_url", Text),
    Column("blocked", Boolean, nullable=False),
    Column("created_at", MOMENT, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("asset", Text, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("player_id", BigInteger, nullable=False),
    Column("reason", Text, primary_key=True),
    Column("cause", BigInteger, primary_key=True),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("note", Text),
)

seed_pairs = Table(
    "seed_pairs",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("server_seed", LargeBinary, nullable=False),
    Column("server_seed_hash", LargeBinary, nullable=False, unique=True),
    Column("client_seed", Text, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("next_server_seed", LargeBinary, nullable=False),
    Column("revealed_at", MOMENT),
)

packs = Table(
    "packs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("pack_name", Text, nullable=False),
    Column("collection_name", Text, nullable=False),
    Column("matched_pack", Text, nullable=False),
    Column("matched_collection", Text, nullable=False),
    Column("contributor", Text, nullable=False),
    Column("floor_nano", BigInteger, nullable=False),
    Column("floor_at", MOMENT, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("gift_id", Text),
    Column("quarantined_nano", BigInteger),
    Column("quarantined_at", MOMENT),
    Column("quarantined_source", Text),
    Column("rejected_nano", BigInteger),
)

stock = Table(
    "stock",
    metadata,
    Column("pack_id", BigInteger, primary_key=True),
    Column("free", Integer, nullable=False),
)

units = Table(
    "units",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("pack_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("nft_address", Text),
    Column("stocked_at", MOMENT, nullable=False),
)

free_units = Table(
    "free_units",
    metadata,
    Column("pack_id", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("unit_id", BigInteger, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("item_id", BigInteger, primary_key=True),
    Column("unit_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("acquired_at", MOMENT, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("price_nano", BigInteger, nullable=False),
    Column("base_fee", Double, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reported_fee", Double),
)

odds = Table(
    "odds",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("case_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("table_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
)

odds_rows = Table(
    "odds_rows",
    metadata,
    Column("odds_id", BigInteger, primary_key=True),
    Column("pack_id", BigInteger, primary_key=True),
    Column("chance", Double, nullable=False),
    Column("tickets", BigInteger, nullable=False),
)

case_draws = Table(
    "case_draws",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("seed_number", Integer, primary_key=True),
    Column("nonce", Integer, primary_key=True),
    Column("item_id", BigInteger, nullable=False),
    Column("opening_id", BigInteger, nullable=False),
    Column("odds_id", BigInteger, nullable=False),
    Column("unit_id", BigInteger, nullable=False),
    Column("roll", BigInteger, nullable=False),
    Column("row", SmallInteger, nullable=False),
    Column("price_nano", BigInteger, nullable=False),
    Column("floor_nano", BigInteger, nullable=False),
    Column("at", MOMENT, nullable=False),
)

sales = Table(
    "sales",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("sale_id", BigInteger, primary_key=True),
    Column("item_id", BigInteger, nullable=False),
    Column("unit_id", BigInteger, nullable=False),
    Column("floor_nano", BigInteger, nullable=False),
    Column("paid_nano", BigInteger, nullable=False),
    Column("at", MOMENT, nullable=False),
)

upgrades = Table(
    "upgrades",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("seed_number", Integer, primary_key=True),
    Column("nonce", Integer, primary_key=True),
    Column("upgrade_id", BigInteger, nullable=False),
    Column("target_unit_id", BigInteger, nullable=False),
    Column("bet_nano", BigInteger, nullable=False),
    Column("target_nano", BigInteger, nullable=False),
    Column("fee", Double, nullable=False),
    Column("win_tickets", BigInteger, nullable=False),
    Column("roll", BigInteger, nullable=False),
    Column("won", Boolean, nullable=False),
    Column("at", MOMENT, nullable=False),
)

upgrade_stakes = Table(
    "upgrade_stakes",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("item_id", BigInteger, primary_key=True),
    Column("upgrade_id", BigInteger, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("unit_id", BigInteger, nullable=False),
    Column("floor_nano", BigInteger, nullable=False),
)

wallet_nonces = Table(
    "wallet_nonces",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("player_id", BigInteger, nullable=False),
    Column("issued_at", MOMENT, nullable=False),
    Column("used_at", MOMENT),
)

wallets = Table(
    "wallets",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("player_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("connected_at", MOMENT, nullable=False),
    Column("disconnected_at", MOMENT),
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("player_id", BigInteger, nullable=False),
    Column("amount_nano", BigInteger, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("status", Text, nullable=False),
    Column("credited_nano", BigInteger, nullable=False),
    Column("payment_link", Text, nullable=False),
    Column("pay_to_address", Text, nullable=False),
)

deposits = Table(
    "deposits",
    metadata,
    Column("player_id", BigInteger, primary_key=True),
    Column("deposit_id", BigInteger, primary_key=True),
    Column("invoice_id", Text, nullable=False),
    Column("amount_nano", BigInteger, nullable=False),
    Column("at", MOMENT, nullable=False),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("player_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("amount_nano", BigInteger, nullable=False),
    Column("fee_nano", BigInteger, nullable=False),
    Column("requested_at", MOMENT, nullable=False),
    Column("stage", Text, nullable=False),
    Column("paid_by", Text),
)

withdrawal_attempts = Table(
    "withdrawal_attempts",
    metadata,
    Column("withdrawal_id", BigInteger, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("message_hash", Text, nullable=False),
    Column("valid_until", MOMENT, nullable=False),
)

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

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("handled_at", MOMENT),
)
