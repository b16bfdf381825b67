"""What the commands that write share: who acts, keys for repeats, asking first, and saying no."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import click

from stickercase.domain.refusal import Refused
from stickercase.domain.stock.packs import Pack, matched_names
from stickercase.domain.use_cases.once import Caller
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.cli.case_files import BadInput
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.http.refusals import body_of
from stickercase.entrypoints.http.requests import idempotency_key

NAME = "service:command-line"
MOST_NAMED = 5
"""How many packs of the same name are listed for who has to say which is meant."""


def usable_key(_: click.Context, __: click.Parameter, key: str | None) -> str | None:
    """A key as the header of the API takes it."""
    try:
        return idempotency_key(key)
    except Refused:
        raise click.BadParameter("a key is 1 to 255 visible ASCII characters.") from None


key_option = click.option(
    "--key", callback=usable_key, help="An idempotency key: with it, a repeat of the command does nothing twice."
)
yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")
dry_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


def working_container() -> Container:
    """The container on the database of the settings, or of the `up` that runs in this folder."""
    return make_container(settings_of_running(default_env="development"))


def acting(key: str | None = None, *asked: object) -> Caller:
    """Who acts, for the log: this command line and the system's user. ``asked`` is what the key is for."""
    words = json.dumps(asked, default=str, ensure_ascii=False)
    return Caller(f"{NAME}/{_user()}", key, sha256(words.encode()).digest())


def _user() -> str:
    # Not by the environment, where anybody can call themselves anything.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@contextmanager
def telling() -> Iterator[None]:
    """Say why the house refuses, in one sentence; the exit status is then 1."""
    try:
        yield
    except Refused as refused:
        click.echo(f"stickercase: {body_of(refused.refusal, None)['message']}", err=True)
        raise click.exceptions.Exit(1) from None


def goes_on(question: str, *, yes: bool, dry_run: bool) -> bool:
    """Whether to do what was shown. Raises ``click.Abort`` when somebody says no, or nobody is there to ask."""
    if dry_run:
        click.echo("dry run: nothing is changed")
        return False
    if not yes:
        click.confirm(question, abort=True, err=True)
    return True


def pack_meant(shelf: Shelf, words: str) -> Pack:
    """The pack that is meant by its id, its name, or ``collection / name``. Raises :class:`BadInput`."""
    if words.isascii() and words.isdigit() and len(words) < 19 and int(words) in shelf.packs:
        return shelf.packs[int(words)]
    collection, slash, name = words.rpartition(" / ")
    wanted = matched_names(collection, name)
    names = [(pack, matched_names(pack.collection_name, pack.pack_name)) for pack in shelf.packs.values()]
    found = [pack for pack, is_called in names if is_called[1] == wanted[1] and (not slash or is_called == wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadInput(f"There is no pack {words!r}: give its id, its name, or 'collection / name'.")
    told = ", ".join(f"{pack.id} ({full_name(pack)})" for pack in found[:MOST_NAMED])
    raise BadInput(f"There are {len(found)} packs called {words!r}: give the id of one, of {told}.")


def full_name(pack: Pack) -> str:
    """The collection and the pack."""
    return f"{pack.collection_name} / {pack.pack_name}"
