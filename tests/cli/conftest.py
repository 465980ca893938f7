"""One sandbox for all tests of the command line, and a function that runs a command against it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imcloud import sandbox
from imcloud.cli.app import App
from imcloud.cli.root import cli


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture(scope="session")
def market() -> Iterator[Any]:
    """A sandbox marketplace in memory."""
    with sandbox.start(None, settings={"provisioning_seconds": 0, "report_seconds": 0}) as server:
        yield server


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str | None]:
    """An environment in which nothing is configured."""
    unset: dict[str, str | None] = {name: None for name in os.environ if name.startswith("IMCLOUD_")}
    return {**unset, "IMCLOUD_HOME": str(tmp_path / "home"), "NO_COLOR": None, "COLUMNS": "100"}


@pytest.fixture
def configured(bare: dict[str, str | None], market: Any) -> dict[str, str | None]:
    """An environment that configures the sandbox completely."""
    return {**bare, **{f"IMCLOUD_{name.upper()}": str(value) for name, value in market.fields.items()}}


def invoke(env: dict[str, str | None], *words: str, stdin: str | bytes | None = None, **more: str | None) -> Ran:
    """Run `imcloud` with words and an environment, in this process."""
    result = CliRunner().invoke(cli, list(words), input=stdin, env={**env, **more}, prog_name="imcloud")
    assert "Traceback" not in result.output, result.output
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def run(configured: dict[str, str | None]) -> Command:
    """Runs a command on the sandbox, which is fully configured."""
    return lambda *words, **how: invoke(configured, *words, **how)


@pytest.fixture
def lost(bare: dict[str, str | None]) -> Command:
    """Runs a command where nothing is configured."""
    return lambda *words, **how: invoke(bare, *words, **how)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sits at the terminal."""
    monkeypatch.setattr(App, "interactive", True)
