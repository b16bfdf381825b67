"""What the tests of the doors may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from stickercase.entrypoints.cli.demo import stock_demo
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import read_settings
from support.databases import copied_database


@pytest.fixture(scope="module")
def shop(database_url: str, template_database: str) -> Iterator[str]:
    """A database with the demo catalogue."""
    with copied_database(database_url, template_database) as url:
        container = make_container(replace(read_settings({}), database_url=url))
        stock_demo(container)
        for engine in (container.engine(), container.reading_engine()):
            engine.dispose()
        yield url
