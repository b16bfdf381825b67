"""Tables of the game: the catalogue, players and their accounts, the stock, cases, draws and trades."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Identity, Integer, LargeBinary, SmallInteger, Table, Text

from stickercase.adapters.postgres.tables.shared import MOMENT, metadata

catalogue = Table(
    "catalogue",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("packs_version", BigInteger, nullable=False),
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
    Column("avatar", Text, nullable=False),
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
    Column("way", Text),
    Column("delivery_id", BigInteger),
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
    Column("moved", BigInteger, nullable=False),
    Column("off_sale_by", Text),
    Column("off_sale_why", Text),
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
