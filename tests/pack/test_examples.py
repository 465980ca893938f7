"""Every example of every action is run: the exact request on the wire, and the result of the canned answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canned import Canned, canned_server

import imcloud
from imcloud.packs import load_pack
from imcloud.runner import Connection, Runner

PACK = load_pack(Path(imcloud.__path__[-1]))
EXAMPLES = [
    pytest.param(action.name, example, id=f"{action.name}-{index}")
    for action in PACK.actions.values()
    for index, example in enumerate(action.raw["examples"])
]


@pytest.fixture(scope="module")
def canned() -> Iterator[Canned]:
    with canned_server() as server:
        yield server


@pytest.fixture
def connection(canned: Canned) -> Iterator[Connection]:
    # A connection for each example: a verb that one example taught it must not reach the next.
    with Runner() as runner, runner.open_connection(explicit={**canned.fields, "kind": "sandbox"}) as opened:
        yield opened


@pytest.mark.parametrize(("action", "example"), EXAMPLES)
def test_example(action: str, example: dict[str, Any], canned: Canned, connection: Connection) -> None:
    exchanges = [*example.get("before", ()), *([example] if "response" in example else ())]
    canned.expect(*[(item["response"]["status"], item["response"]["body"]) for item in exchanges])
    with Runner() as runner:
        result = runner.run_action(action, example["inputs"], connection=connection, explain=False)
    assert [_sent(request) for request in canned.requests] == [_wanted(item["request"]) for item in exchanges]
    envelope = result.to_dict()
    if "errors" in example:
        found = [
            {key: error[key] for key in wanted}
            for error, wanted in zip(envelope["errors"], _sorted(example), strict=True)
        ]
        assert found == _sorted(example)
        assert envelope["outcome"] == "not_applied"
    for dotted, wanted in example.get("result", {}).items():
        assert _at(envelope, dotted) == wanted, (dotted, envelope)


def _sorted(example: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(example["errors"], key=lambda error: str(error["pointer"]))


def _sent(request: dict[str, Any]) -> dict[str, Any]:
    return {key: request[key] for key in ("method", "path", "query", "body")}


def _wanted(request: dict[str, Any]) -> dict[str, Any]:
    return {"query": {}, "body": None, **request}


def _at(data: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data
