"""Every example on the generated pages is run in its three forms against a server with the example's own answers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner
from support.canned import Canned, canned_server
from support.pages.blocks import PROJECT, Block, blocks
from support.pages.data import SNIPPET

from imcloud import api
from imcloud.cli.root import cli
from imcloud.packs import load_pack
from imcloud.runbooks.engine import run_runbook
from imcloud.runbooks.loading import RunbookInvalid, parse_runbook
from imcloud.runner import Runner

PACK = load_pack(PROJECT)
LANGUAGES = ("bash", "python", "yaml")
Envelope = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """An example as a page shows it: its manifest entry, and a block for each language."""

    action: str
    example: dict[str, Any]
    blocks: dict[str, Block]


def _shown() -> Iterator[Any]:
    found: dict[str, dict[str, Block]] = {}
    for path in sorted((PROJECT / "docs" / "actions").glob("*.md")):
        for block in blocks(path):
            assert block.note is not None, f"{block.place}: the block belongs to no example"
            found.setdefault(block.note, {})[block.language] = block
    for note, by_language in found.items():
        _, action, place = note.split()
        example = PACK.actions[action].raw["examples"][int(place)]
        for language in LANGUAGES:
            yield pytest.param(Shown(action, example, by_language), language, id=f"{action}-{place}-{language}")


SHOWN = list(_shown())


@pytest.fixture(scope="module")
def canned() -> Iterator[Canned]:
    with canned_server() as server:
        yield server


@pytest.fixture
def connected(canned: Canned, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in canned.fields.items():
        monkeypatch.setenv(f"IMCLOUD_{name.upper()}", value)
    api.default_runner.cache_clear()
    yield
    if api.default_runner.cache_info().currsize:
        api.default_runner().close()
    api.default_runner.cache_clear()


@pytest.mark.parametrize(("shown", "language"), SHOWN)
@pytest.mark.usefixtures("connected")
def test_example(shown: Shown, language: str, canned: Canned) -> None:
    exchanges = [*shown.example.get("before", ()), *([shown.example] if "response" in shown.example else ())]
    canned.expect(*[(item["response"]["status"], item["response"]["body"]) for item in exchanges])
    envelope = RUN[language](shown.blocks[language])
    sent = [{key: request[key] for key in ("method", "path", "query", "body")} for request in canned.requests]
    wanted = [{"query": {}, "body": None, **item["request"]} for item in exchanges]
    if envelope is None:  # what a runbook's linter refuses does not even make its reads
        assert "errors" in shown.example
        assert not sent, shown.blocks[language].place
        return
    if shown.example.get("result", {}).get("errors.0.kind") == "not_found":
        # A wrong id is looked for among the other kinds afterwards.
        sent = [request for request in sent if request in wanted or request["method"] != "GET"]
    assert sent == wanted, shown.blocks[language].place
    _check(shown.example, envelope)


def _check(example: dict[str, Any], envelope: Envelope) -> None:
    if "errors" in example:
        found = {(error["pointer"], error["rule"]) for error in envelope["errors"]}
        assert found == {(error["pointer"], error["rule"]) for error in example["errors"]}
    for dotted, value in example.get("result", {}).items():
        assert _at(envelope, dotted) == value, dotted


def _at(data: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data


def _bash(block: Block) -> Envelope:
    words = shlex.split(block.text.replace("\\\n", " "))
    assert words[0] == "imcloud", block.place
    done = CliRunner().invoke(cli, words[1:])
    assert "Traceback" not in done.output, done.output
    parsed: Envelope = json.loads(done.stdout)
    return parsed


def _python(block: Block) -> Envelope:
    names: dict[str, Any] = {}
    exec(compile(block.text, block.place, "exec"), names)
    found: Envelope = names["result"].to_dict()
    return found


def _yaml(block: Block) -> Envelope | None:
    try:
        book = parse_runbook(SNIPPET + block.text)
    except RunbookInvalid:
        return None
    results: list[Envelope] = []
    with Runner() as runner:
        result = run_runbook(book, {}, runner=_Remembering(runner, results), yes=True)
    if not results:
        assert not result.ok
        return None
    return results[-1]


class _Remembering:
    """A runner that keeps the envelopes of what a runbook called."""

    def __init__(self, runner: Runner, results: list[Envelope]) -> None:
        self._runner, self._results = runner, results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    def run_action(self, *args: Any, **options: Any) -> Any:
        result = self._runner.run_action(*args, **options)
        self._results.append(result.to_dict())
        return result


RUN: dict[str, Callable[[Block], Envelope | None]] = {"bash": _bash, "python": _python, "yaml": _yaml}


def test_every_example_of_every_action_is_shown() -> None:
    shown = {(param.values[0].action, param.values[1]) for param in SHOWN}
    assert shown == {(name, language) for name in PACK.actions for language in LANGUAGES}
    assert len(SHOWN) == len(LANGUAGES) * sum(len(action.raw["examples"]) for action in PACK.actions.values())
