"""The examples of the OpenAPI document are what happens; STICKERCASE_WRITE_EXAMPLES writes them anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from stickercase.entrypoints.cli.demo import stock_demo
from stickercase.entrypoints.container import make_container
from stickercase.entrypoints.settings import Settings
from support import examples
from support.api_processes import ApiProcess
from support.databases import copied_database
from support.sandboxes import TONCONSOLE_TOKEN, Outside, outside


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """What stands in for TonConsole."""
    with outside(tmp_path_factory.mktemp("sandbox")) as world:
        yield world


@pytest.fixture(scope="module")
def demo(
    database_url: str, template_database: str, redis_url: str, till: Outside, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """The API over the demo catalogue."""
    with copied_database(database_url, template_database) as url:
        container = make_container(Settings(database_url=url, redis_url=redis_url))
        stock_demo(container)
        examples.leave_work(container)
        container.engine().dispose()
        container.reading_engine().dispose()
        container.scanning_engine().dispose()
        vendor = {"tonconsole_url": till.tonconsole_url, "tonconsole_token": TONCONSOLE_TOKEN}
        with ApiProcess(url, redis_url, **vendor, data_dir=str(tmp_path_factory.mktemp("data"))) as running:
            yield running


@pytest.fixture(scope="module")
def performed(demo: ApiProcess, till: Outside) -> list[dict[str, Any]]:
    """Every example, made now."""

    def pay(invoice_id: str, amount_nano: int) -> object:
        return till.control(f"invoices/{invoice_id}/pay", amount=str(amount_nano))

    if os.environ.get("STICKERCASE_WRITE_EXAMPLES"):
        examples.write(demo.client, pay)
        return json.loads(examples.SHIPPED.read_text())
    return examples.perform(demo.client, pay)


def test_the_examples_are_what_happens(performed: list[dict[str, Any]]) -> None:
    shipped = {example["operation"]: example for example in json.loads(examples.SHIPPED.read_text())}
    assert [example["operation"] for example in performed] == list(shipped)
    found = [
        f"{made['operation']}: {difference}"
        for made in performed
        for difference in examples.differences(shipped[made["operation"]], made)
    ]
    assert not found, "\n".join(found)


def test_every_operation_has_an_example_and_its_refusals(demo: ApiProcess) -> None:
    document = demo.client.get("/schema/openapi.json").json()
    lacking = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            name = f"{method.upper()} {path}"
            successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            media = [kind for answer in successes for kind in answer["content"].values()]
            lacking += [f"{name} has no example"] if not any(kind.get("examples") for kind in media) else []
            body = operation.get("requestBody", {}).get("content", {}).values()
            lacking += [f"{name} has no example of a body" for kind in body if not kind.get("examples")]
            refused = [s for s in operation["responses"] if not s.startswith("2")]
            lacking += [f"{name} is never refused"] if not refused and not path.startswith("/health") else []
    assert not lacking, "\n".join(lacking)


def test_a_difference_is_seen() -> None:
    assert examples.differences({"a": [{"b": 1}]}, {"a": [{"b": 2.5}]}) == []
    assert examples.differences({"a": [{"b": 1}]}, {"a": [{"b": "2"}]}) == [".a[0].b: number and str"]
    assert examples.differences({"a": 1}, {"c": 1}) == [".a is on one side only", ".c is on one side only"]
