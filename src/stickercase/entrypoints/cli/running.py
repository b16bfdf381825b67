"""What a running `up` leaves for the other commands: where its servers are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stickercase.entrypoints.settings import BadSettings, Settings, read_settings

NAME = "servers.json"


def note_servers(data_dir: Path, database_url: str, redis_url: str) -> None:
    """Leave the servers' addresses in ``data_dir``, readable by its owner only."""
    path = data_dir / NAME
    path.touch(mode=0o600)
    path.write_text(json.dumps({"database_url": database_url, "redis_url": redis_url}))


def settings_of_running(environ: Mapping[str, str] = os.environ, default_env: str = "demo") -> Settings:
    """The settings, with the servers of a running `up` where the environment names none.

    Raises :class:`BadSettings` when there is no database to work on.
    """
    settings = read_settings(environ, default_env=default_env)
    if settings.database_url:
        return settings
    try:
        noted = json.loads((settings.data_dir / NAME).read_text())
    except FileNotFoundError:
        message = "There is no database: start `stickercase up` in this folder, or set STICKERCASE_DATABASE_URL."
        raise BadSettings(message) from None
    return replace(settings, database_url=noted["database_url"], redis_url=settings.redis_url or noted["redis_url"])
