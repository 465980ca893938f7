"""On a real terminal: tables, colours, questions, and progress on what takes longer than a second."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command
from cli.test_run import NEW
from cli.test_sandbox_commands import environment

from imcloud.cli.app import App
from imcloud.cli.patience import Patience

pty = pytest.importorskip("pty")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_terminal(home: Path, *words: str, answer: str = "", **env: str) -> tuple[int, str]:
    """Run a command in a terminal of 100 columns; returns exit code and everything it showed."""
    outer, inner = pty.openpty()
    surroundings = {**environment(home), "COLUMNS": "100", "TERM": "xterm-256color", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "imcloud", *words], env=surroundings, stdin=inner, stdout=inner, stderr=inner
    )
    os.close(inner)
    if answer:
        os.write(outer, answer.encode())
    shown = b""
    end = time.monotonic() + 20
    with suppress(OSError):  # raised when the last one has left
        while select.select([outer], [], [], max(0.0, end - time.monotonic()))[0] and (chunk := os.read(outer, 65536)):
            shown += chunk
    os.close(outer)
    if process.poll() is None and time.monotonic() > end:
        process.kill()
    return process.wait(timeout=5), shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_a_table_in_colours(tmp_path: Path) -> None:
    code, text = at_terminal(tmp_path, "run", "list_customers", "--max-items", "2")
    assert code == 0 and "\x1b[" in text
    lines = ANSI.sub("", text).splitlines()
    assert lines[0].startswith("No connection is configured") and lines[1].split()[:2] == ["id", "name"]
    assert len(lines) == 6 and "2 of " in lines[-1]


@pytest.mark.parametrize("how", ["option", "variable"])
def test_plain_text_on_request(tmp_path: Path, how: str) -> None:
    words, env = (["--no-color"], {}) if how == "option" else ([], {"NO_COLOR": "1"})
    for command in (
        ["run", "list_customers", "--max-items", "2"],
        ["run", "get_customer", "idd=1"],
        ["describe", "get_order"],
    ):
        code, text = at_terminal(tmp_path, *command, *words, **env)
        assert "\x1b" not in text and code in (0, 2)


def test_json_on_a_terminal_when_asked(tmp_path: Path) -> None:
    import json

    code, text = at_terminal(tmp_path, "run", "list_customers", "--json", "--connection", "sandbox", "--max-items", "1")
    assert code == 0 and json.loads(ANSI.sub("", text))["ok"] is True and "\x1b[" in text


@pytest.mark.parametrize(("answer", "code"), [("n\n", 2), ("\x04", 130), ("y\n", 0)])
def test_a_write_is_asked_about(tmp_path: Path, answer: str, code: int) -> None:
    words = ["run", "create_customer", *NEW, "--connection", "sandbox"]
    found, text = at_terminal(tmp_path, *words, answer=answer, IMCLOUD_WRITES="confirm")
    plain = ANSI.sub("", text)
    if "Send it?" not in plain:
        pytest.skip("the sandbox of one's own is never asked about")
    assert found == code, plain


def test_progress_shows_after_a_while_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with Patience(App(), "nobody sees this", after=0.0) as patience:
        patience.advance(1, 2)
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Patience(App(), "rows of [things]", after=0.0) as patience:
        time.sleep(0.1)
        patience.advance(3, 7)
        patience.say("more rows")
        patience.aside(lambda: print("in between"))
        assert patience.pause(lambda: "an answer") == "an answer"
        time.sleep(0.1)
    shown = capsys.readouterr()
    assert "rows of [things]" in shown.err and shown.out == "in between\n"


def test_quick_calls_show_no_progress(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Patience(App(), "quick"):
        pass
    assert capsys.readouterr().err == ""


def test_a_change_whose_output_fails_is_not_called_nothing(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imcloud.cli.output.emit_json", full)
    assert run("run", "list_customers").code == 1
    ran = run("run", "create_customer", *NEW)
    assert ran.code == 3 and "something was changed before this happened" in ran.err


def test_ctrl_c_in_the_middle_of_a_write(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imcloud.runner.Runner.run_action", interrupted)
    ran = run("run", "create_customer", *NEW)
    assert ran.code == 130 and "whether it was applied is not known" in ran.err
    assert "not known" not in run("run", "list_customers").err
