"""Alembic's entry: run the revisions on the connection that ``migrate`` opened, in its transaction."""

from __future__ import annotations

from alembic import context

from stickercase.adapters.postgres.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
