"""`api`, `up` and `sandbox`: serving HTTP, alone or with everything it needs."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import click
import structlog
import uvicorn

from stickercase.entrypoints.app import make_app
from stickercase.entrypoints.cli.beside import companions
from stickercase.entrypoints.cli.demo import DEMO_PLAYERS, stock_demo
from stickercase.entrypoints.cli.logs import log_as_json
from stickercase.entrypoints.cli.outside import running_sandbox
from stickercase.entrypoints.cli.running import note_servers
from stickercase.entrypoints.cli.tools import authorization
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import BadSettings, Settings, check_complete, read_settings, with_sandbox

STOP_SECONDS = 10
BACKLOG = 2048

BANNER = """
StickerCase is up at {url}  (Ctrl-C stops it and everything it started)

  open      {url}/schema           every address of the API, readable
            {url}/fairness         replays a draw in your browser
            {url}/api/cases/       the cases on sale
  outside   {sandbox}/control/state  what stands in for TonConsole, Giftly, the price feeds and the TON API
  data      {data_dir}             kept for the next start

  player    {header}

  try       curl -s '{url}/api/cases/Sigma%20Case/items/'
            curl -s '{url}/api/users/{player}/' -H "$(.venv/bin/stickercase token {player})"
            curl -s -X POST '{url}/api/cases/Sigma%20Case/open' -d '{{"telegram_id": {player}}}' \\
                 -H "$(.venv/bin/stickercase token {player})"
"""


@click.command()
def api() -> None:
    """Serve the HTTP API on the database and Redis that the settings name."""
    settings = check_complete(read_settings(os.environ))
    stop_on_termination()
    with listening(settings) as listener:
        serve(make_container(settings), listener, lambda: None)


@click.command()
def up() -> None:
    """Serve the whole product: embedded servers, demo catalogue, outside services, API, a worker and a scheduler."""
    settings = read_settings(os.environ, default_env="demo")
    if settings.env == "production":
        raise BadSettings(
            "`up` is for one's own machine: production runs `api`, `worker` and `scheduler` on their own."
        )
    stop_on_termination()
    log_as_json()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        listener = stack.enter_context(listening(settings))
        # Nobody chose the usual port, so nobody misses it when another demo has it.
        elsewhere = not os.environ.get("STICKERCASE_SANDBOX_PORT")
        sandbox = running_sandbox(settings, webhook_url(settings, listener), elsewhere=elsewhere)
        sandbox_port = stack.enter_context(sandbox)
        settings = with_sandbox(settings, sandbox_port)
        servers = make_container(settings)
        click.echo("starting PostgreSQL and Redis …", err=True)
        postgres = stack.enter_context(servers.embedded_postgres(settings.data_dir / "postgres"))
        redis = stack.enter_context(servers.embedded_redis(settings.data_dir / "redis"))
        settings = check_complete(replace(settings, database_url=postgres.url, redis_url=redis.url))
        note_servers(settings.data_dir, settings.database_url, settings.redis_url)
        container = make_container(settings)
        container.migrate()
        stock_demo(container)

        def listening_now() -> None:
            # They start while somebody reads the banner, and delay nothing.
            stack.enter_context(companions(container))
            show_banner(settings, listener)

        serve(container, listener, listening_now)


@click.command()
def sandbox() -> None:
    """Serve the sandbox of outside services alone: what `up` talks to instead of the vendors."""
    settings = read_settings(os.environ, default_env="demo")
    stop_on_termination()
    log_as_json()
    with running_sandbox(settings, settings.sandbox_webhook_url) as port:
        click.echo(f"the sandbox of outside services is up at http://127.0.0.1:{port}  (Ctrl-C stops it)")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            structlog.get_logger("stickercase").info("sandbox_stopped", port=port)


def webhook_url(settings: Settings, listener: socket.socket) -> str:
    """Where the sandbox tells this API of invoices, unless the settings say otherwise."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound to
    host = everywhere.get(settings.host, settings.host)
    api = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    return settings.sandbox_webhook_url or f"{api}/webhook/tonconsole/{settings.webhook_uuid}"


def stop_on_termination() -> None:
    """Let SIGTERM unwind like Ctrl-C does, so that everything that was started is stopped in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def listening(settings: Settings) -> socket.socket:
    """A socket bound to the API's address. Raises :class:`BadSettings` when somebody else has it."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        place = f"{settings.host}:{settings.port}"
        remedy = "set STICKERCASE_PORT to a free port and STICKERCASE_HOST to an address of this machine"
        raise BadSettings(f"Cannot listen on {place} ({error.strerror}): {remedy}.") from None
    return listener


class AnnouncingServer(uvicorn.Server):
    """Uvicorn that says when it accepts requests."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def serve(container: Container, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; then finish what is in flight, within ten seconds."""
    log_as_json()
    config = uvicorn.Config(
        make_app(container),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    port = listener.getsockname()[1]
    settings: Settings = container.settings()
    log = structlog.get_logger("stickercase")

    def started() -> None:
        log.info("api_listening", host=settings.host, port=port, env=settings.env)
        announce()

    try:
        AnnouncingServer(config, started).run(sockets=[listener])
    except KeyboardInterrupt:
        # Uvicorn repeats the signal once everything has been finished: it was the way to stop, not an error.
        log.info("api_stopped", port=port)


def show_banner(settings: Settings, listener: socket.socket) -> None:
    """Print where everything is and three lines that work."""
    player = DEMO_PLAYERS[0]
    click.echo(
        BANNER.format(
            url=f"http://{settings.host}:{listener.getsockname()[1]}",
            data_dir=settings.data_dir,
            header=authorization(settings, player.telegram_id),
            player=player.telegram_id,
            sandbox=f"http://127.0.0.1:{settings.sandbox_port}",
        )
    )
