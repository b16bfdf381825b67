"""What the commands share: options, the file of a picture, JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from stickercase.domain.money import BadAmount, parse_amount
from stickercase.domain.stock.packs import Pack
from stickercase.entrypoints.cli.case_files import BadInput

SUFFIXES = (".png", ".svg", ".pdf")
GROUPING = re.compile(r"(?<=\d)_(?=\d)")


def picture_file(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """The file of a picture, of a known kind and in a folder that is there."""
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"a picture ends in {', '.join(SUFFIXES)}, and {str(path)!r} does not.")
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(path.parent)!r}.")
    return path


def ton_amount(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """An amount of TON in nanotons; underscores may group its digits."""
    try:
        return None if text is None else parse_amount(GROUPING.sub("", text))
    except BadAmount as error:
        raise click.BadParameter(f"{error}, not {text!r}.") from None


plot_option = click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=picture_file,
    help="Draw a picture as well: .png, .svg or .pdf. Needs the extra `simulation`.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document; amounts in whole nanotons.")


def draw(path: Path, picture: Callable[[Path], None]) -> None:
    """Draw a picture and say where it is. Raises :class:`BadInput` when it cannot be written."""
    try:
        picture(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}).") from None
    click.echo(f"the picture is in {path}", err=True)


def echo_json(document: object) -> None:
    """Print a document as JSON. Whole numbers may be larger than 64 bits, as the payouts of a billion openings are."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2))


def labels(packs: Sequence[Pack]) -> list[str]:
    """Names for the rows of a picture, with the collection where the name alone would be ambiguous."""
    known = Counter(pack.pack_name for pack in packs)
    return [f"{p.pack_name} ({p.collection_name})" if known[p.pack_name] > 1 else p.pack_name for p in packs]
