"""Files of units: CSV headed `number` or `number,nft_address`, read and checked whole before anything is done."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from stickercase.domain.stock.packs import NewUnit
from stickercase.domain.use_cases.stock_packs import MAX_NUMBER
from stickercase.domain.wallet.addresses import BadAddress, parse_address
from stickercase.entrypoints.cli.case_files import BadInput

HEADINGS = (["number"], ["number", "nft_address"])
MOST_BYTES = 256 * 1024 * 1024
MOST_TOLD = 10
DIGITS = len(str(MAX_NUMBER))


def read_units(path: Path) -> list[NewUnit]:
    """The units in a file. Raises :class:`BadInput` that tells the first mistakes with their lines."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path}: a file has at most {MOST_BYTES} bytes: cut it into several.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _units(path, file)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not text in UTF-8.") from None
    except csv.Error as error:
        raise BadInput(f"{path} is no CSV ({error}).") from None


def _units(path: Path, file: Iterable[str]) -> list[NewUnit]:
    reader = csv.reader(file, strict=True)
    heading = [cell.strip().lower() for cell in next(reader, [])]
    if heading not in HEADINGS:
        raise BadInput(f"{path}:1: the heading is `number` or `number,nft_address`.")
    found, seen, living, wrong = list[NewUnit](), dict[int, int](), dict[str, int](), list[str]()
    for cells in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        try:
            unit = _unit(cells, len(heading))
        except ValueError as error:
            wrong.append(f"{path}:{line}: {error}")
            continue
        if unit.number in seen:
            wrong.append(f"{path}:{line}: {unit.number} stands in line {seen[unit.number]} already")
        seen.setdefault(unit.number, line)
        if unit.nft_address is not None:
            if unit.nft_address in living:
                wrong.append(f"{path}:{line}: the NFT of line {living[unit.nft_address]} is another unit's")
            living.setdefault(unit.nft_address, line)
        found.append(unit)
    if wrong:
        more = f"\n… and {len(wrong) - MOST_TOLD:,} more" if len(wrong) > MOST_TOLD else ""
        raise BadInput("nothing was added.\n" + "\n".join(wrong[:MOST_TOLD]) + more)
    if not found:
        raise BadInput(f"{path} has no unit.")
    return found


def _unit(cells: Sequence[str], width: int) -> NewUnit:
    """A unit. Raises ValueError saying what is wrong."""
    if len(cells) != width:
        raise ValueError(f"{len(cells)} columns, and the heading has {width}")
    text = cells[0].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS and int(text) <= MAX_NUMBER):
        raise ValueError(f"a number is between 0 and {MAX_NUMBER}, not {text!r}")
    address = cells[1].strip() if width > 1 else ""
    try:
        return NewUnit(int(text), parse_address(address).raw if address else None)
    except BadAddress as error:
        raise ValueError(f"{address!r}: {error}") from None
