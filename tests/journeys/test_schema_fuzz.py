"""Requests made up from the OpenAPI document, by every kind of caller: no server error, no answer beside the document."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from stickercase.entrypoints.cli.demo import stock_demo
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import Settings
from support.api_processes import AS_SERVICE, ApiProcess, Tell
from support.databases import copied_database
from support.examples import DEMO
from support.sandboxes import TONCONSOLE_TOKEN, outside

EXAMPLES = 400 if os.environ.get("STICKERCASE_LONG") else 6
"""Requests per operation, kind of caller and kind of data."""

CONFORMANCE = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


@pytest.fixture(scope="module")
def demo(
    database_url: str, template_database: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """The API over a demo catalogue that fuzzing may fill with nonsense, with a sandbox in place of TonConsole."""
    with (
        copied_database(database_url, template_database) as url,
        outside(tmp_path_factory.mktemp("sandbox")) as world,
    ):
        container = make_container(Settings(database_url=url, redis_url=redis_url))
        stock_demo(container)
        container.engine().dispose()
        container.reading_engine().dispose()
        vendor = {"tonconsole_url": world.tonconsole_url, "tonconsole_token": TONCONSOLE_TOKEN}
        with ApiProcess(url, redis_url, **vendor) as running:
            yield running
            assert running.is_alive, running.err.text
            assert '"internal_error"' not in running.err.text


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize("caller", ["anonymous", "player", "service"])
def test_no_answer_beside_the_document(demo: ApiProcess, caller: str, mode: GenerationMode, tell: Tell) -> None:
    headers = {"anonymous": {}, "player": DEMO.headers(), "service": dict(AS_SERVICE)}[caller]
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{demo.port}/schema/openapi.json")
    statuses: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        # Without a body there is text alone, and any text is text.
        if mode is GenerationMode.POSITIVE or operation.definition.raw.get("requestBody"):
            _fuzz(operation, headers, mode, statuses)
    assert statuses.total() > 100
    assert not any(status >= 500 for status in statuses)
    tell(f"{statuses.total()} requests, {dict(sorted(statuses.items()))}")


def _made_mine(case: Any) -> None:
    """Have the request name the player who makes it, or nearly all would end at the first door."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict) and "telegram_id" in part:
            part["telegram_id"] = DEMO.telegram_id


def _fuzz(operation: Any, headers: dict[str, str], mode: GenerationMode, statuses: Counter[int]) -> None:
    checks = [CHECKS.get_one(name) for name in CONFORMANCE]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            _made_mine(case)
        case.headers = {**(case.headers or {}), **headers}
        answer = case.call()
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    ask()
