"""`pictures`: give a case or a pack its picture."""

from __future__ import annotations

from pathlib import Path

import click

from stickercase.domain.pictures.formats import MAX_BYTES
from stickercase.entrypoints.cli.acting import acting, key_option, pack_meant, telling, working_container
from stickercase.entrypoints.cli.case_files import BadInput


@click.group()
def pictures() -> None:
    """Keep pictures of cases and packs."""


@pictures.command()
@click.argument("what", type=click.Choice(["case", "pack"]))
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@key_option
def put(what: str, name: str, file: Path, key: str | None) -> None:
    """Have FILE (JPEG, PNG or WebP, at most 2 MiB and 4096 pixels a side) shown as the picture of a case or a pack.

    NAME is the case's name; or the pack's id, its name, or 'collection / name'.
    """
    body = _read(file)
    container = working_container()
    caller = acting(key, "pictures put", what, name, body.hex())
    with telling():
        if what == "case":
            answered = container.put_case_picture(caller, name, body, None, str.encode)
        else:
            pack = pack_meant(container.reading().shelf()[0], name)
            answered = container.put_pack_picture(caller, pack.id, body, None, str.encode)
    click.echo(f"the picture is at {answered.answer.decode()}")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}).") from None
