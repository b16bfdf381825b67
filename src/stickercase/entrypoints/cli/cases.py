"""Which cases a command is about: those of the database by their names, or those of case files without any database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.use_cases.shelf import Shelf
from stickercase.entrypoints.cli.case_files import SUFFIXES, BadInput, PricedCase, read_case
from stickercase.entrypoints.cli.running import settings_of_running
from stickercase.entrypoints.container import Container, make_container
from stickercase.entrypoints.settings import read_settings

ENVIRONMENT = "development"


def gathered(names: Sequence[str]) -> tuple[Container, list[PricedCase]]:
    """The container and the cases of these names, in their order; without a name all that are on sale.

    A name that ends in ``.toml`` or ``.json`` is a case file. The database is asked for the others only. Raises
    :class:`BadInput` for a name that no case has, ``BadSettings`` when there is no database.
    """
    wanted = list(dict.fromkeys(names))
    if wanted and all(map(_is_file, wanted)):
        container = make_container(read_settings(os.environ, default_env=ENVIRONMENT))
        return container, [read_case(Path(name)) for name in wanted]
    container = make_container(settings_of_running(default_env=ENVIRONMENT))
    shelf, _ = container.reading().shelf()
    return container, [_found(shelf, name) for name in wanted] if wanted else _on_sale(shelf)


def gathered_one(name: str) -> tuple[Container, PricedCase]:
    """The same for one case."""
    container, (case,) = gathered([name])
    return container, case


def _is_file(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _on_sale(shelf: Shelf) -> list[PricedCase]:
    cases = sorted(shelf.cases.values(), key=lambda case: case.id)
    return [PricedCase.on(shelf, case) for case in cases if case.status is CaseStatus.ACTIVE]


def _found(shelf: Shelf, name: str) -> PricedCase:
    if _is_file(name):
        return read_case(Path(name))
    if name not in shelf.cases:
        known = ", ".join(sorted(shelf.cases)) or "none yet"
        raise BadInput(f"There is no case {name!r}; the cases are: {known}.")
    return PricedCase.on(shelf, shelf.cases[name])
