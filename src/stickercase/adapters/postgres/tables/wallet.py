"""Tables of money from outside and to outside."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, LargeBinary, SmallInteger, Table, Text

from stickercase.adapters.postgres.tables.shared import MOMENT, metadata

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
    Column("item_id", BigInteger),
    Column("unit_id", BigInteger),
    Column("nft_address", Text),
)

withdrawal_attempts = Table(
    "withdrawal_attempts",
    metadata,
    Column("withdrawal_id", BigInteger, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("message_hash", Text, nullable=False),
    Column("valid_until", MOMENT, nullable=False),
    Column("wallet", Text, nullable=False),
    Column("seqno", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
)
