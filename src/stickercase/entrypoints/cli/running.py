"""What a running `up` leaves for the other commands: where its servers are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace

from stickercase.entrypoints.settings import BadSettings, Settings, read_settings, with_sandbox

NAME = "servers.json"


def note_servers(settings: Settings) -> None:
    """Leave in the data folder where the servers and the sandbox are, readable by its owner only."""
    path = settings.data_dir / NAME
    path.touch(mode=0o600)
    names = ("env", "database_url", "redis_url", "sandbox_port")
    path.write_text(json.dumps({name: getattr(settings, name) for name in names}))


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
    # The demo's other settings are in force as well, and its sandbox may be elsewhere than usual.
    settings = read_settings(environ, default_env=noted.get("env", default_env))
    settings = with_sandbox(settings, noted.get("sandbox_port", settings.sandbox_port))
    return replace(settings, database_url=noted["database_url"], redis_url=settings.redis_url or noted["redis_url"])
