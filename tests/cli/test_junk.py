"""Junk on the command line, in files and inside the program: one screen, the right exit code, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from cli.cases import load_cases
from cli.conftest import Command
from cli.test_sandbox_commands import environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imcloud.cli import failures
from imcloud.errors import ErrorItem
from imcloud.results import Result


@pytest.mark.parametrize("case", load_cases("junk"))
def test_cases(case: dict[str, Any], run: Command, tmp_path: Path) -> None:
    for name, text in case.get("files", {}).items():
        (tmp_path / name).write_bytes(text.encode("utf-8").replace(b"<FF>", b"\xff"))
    words = [word.replace("TMP", str(tmp_path)) for word in case["words"]]
    ran = run(*words, stdin=case.get("stdin", ""))
    assert ran.code == case.get("code", 2), ran.err
    assert case["says"] in ran.err.replace(str(tmp_path), "TMP")
    assert len(ran.err.splitlines()) <= 40


COMMANDS = [
    "run",
    "describe",
    "options",
    "find",
    "runbook",
    "connection",
    "sandbox",
    "lint",
    "new-action",
    "completion",
]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=st.sampled_from(COMMANDS), words=st.lists(st.text(max_size=12), max_size=3))
def test_any_words(run: Command, command: str, words: list[str]) -> None:
    if command == "sandbox" and not words:
        return  # it would serve
    ran = run(command, *words, stdin="")
    assert ran.code in (0, 1, 2), (ran.code, ran.err)
    assert "inside imcloud" not in ran.err


def test_an_error_of_our_own_asks_to_be_told(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug \x1b[31m")

    monkeypatch.setattr("imcloud.runner.Runner.find_action", broken)
    ran = run("run", "list_customers")
    assert ran.code == 1 and "an error inside imcloud: RuntimeError: a bug \\x1b[31m" in ran.err
    assert "IMCLOUD_DEBUG=1" in ran.err and "Traceback" not in ran.err


def test_a_logged_error_is_a_line(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug in a plugin")

    monkeypatch.setattr("imcloud.runner.execution.execute", broken)
    ran = run("-vv", "run", "list_customers", "--table")
    assert ran.code != 0 and "Traceback" not in ran.err and "RuntimeError" in ran.err


def test_the_traceback_shows_on_request(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMCLOUD_DEBUG", "1")
    assert failures.explain(RuntimeError("a bug")) == 1
    assert "RuntimeError: a bug" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort(), EOFError()])
def test_an_interruption(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.explain(error) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_full_disk_is_not_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.explain(OSError(28, "No space left on device", "/out.csv")) == 1
    assert "No space left on device /out.csv" in capsys.readouterr().err


def test_an_unknown_outcome_is_said_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    item = ErrorItem("outcome_unknown", "no answer came", outcome="unknown")
    result = Result("toys.buy", False, "unknown", {}, errors=(item,), correlation_id="c-1")
    failures.show_result_errors(result)
    text = capsys.readouterr().err
    assert "buy: the outcome is UNKNOWN" in text and "correlation id c-1" in text and result.exit_code == 3


def test_many_errors_are_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    items = tuple(
        ErrorItem(
            "input", f"wrong {n}", pointer=f"/lines/{n}/a~1b", rule="enum", allowed=range(40), nearest="near", hint="do"
        )
        for n in range(30)
    )
    failures.show_result_errors(Result("toys.buy", False, "not_applied", {}, errors=items))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("buy: 30 inputs are wrong, nothing was sent") and len(lines) <= 42
    assert "lines[0].a/b  [enum] wrong 0" in lines[1] and "(28 more)" in " ".join(lines) and "20 more" in lines[-1]


def test_a_pipe_that_closes_early_is_quiet(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imcloud", "run", "list_products", "--json"]
    process = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 0
    assert errors.count("\n") == 1 and errors.startswith("No connection is configured")
