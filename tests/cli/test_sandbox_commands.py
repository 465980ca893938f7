"""`imcloud sandbox`: serves until it is stopped, and starts afresh."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Command, invoke
from cli.test_run import NEW


def environment(home: Path) -> dict[str, str]:
    """The surroundings of a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMCLOUD_")}
    return {**kept, "IMCLOUD_HOME": str(home), "PYTHONUNBUFFERED": "1"}


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_prints_what_to_export_and_stops(bare: dict[str, Any], tmp_path: Path, stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "imcloud", "sandbox", "--state", str(tmp_path / "state.db")]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        lines = [process.stdout.readline() for _ in range(5)]
        exported = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        ran = invoke({**bare, **exported}, "run", "list_customers", "--max-items", "1")
        process.send_signal(stop)
        rest = process.communicate(timeout=20)
    assert ran.code == 0 and ran.err == "" and ran.json["connection"]["name"] == "environment"
    assert process.returncode == 0 and "stopped" in rest[1] and "Traceback" not in rest[1]
    assert "Serving Ingram Micro Cloud Marketplace on http://127.0.0.1:" in rest[1]


def test_the_default_sandbox_lasts_and_can_be_reset(lost: Command) -> None:
    made = lost("run", "create_customer", *NEW, "--connection", "sandbox").json["data"]["id"]
    assert lost("run", "get_customer", f"id={made}").code == 0
    ran = lost("sandbox", "reset")
    assert ran.code == 0 and "as new" in ran.out
    assert lost("run", "get_customer", f"id={made}").code == 1


def test_a_state_of_its_own_and_another_seed(lost: Command, tmp_path: Path) -> None:
    file = tmp_path / "own.db"
    assert lost("sandbox", "reset", "--state", str(file), "--seed", "7").code == 0
    assert file.exists()


def test_it_serves_with_faults(bare: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("plan:\n  list_customers:\n    - apim-401\n", encoding="utf-8")
    command = [sys.executable, "-m", "imcloud", "sandbox", "--state", ":memory:", "--faults", str(file)]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        exported = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        codes = [invoke({**bare, **exported}, "run", "list_customers", "--max-items", "1").code for _ in range(2)]
        process.terminate()
        rest = process.communicate(timeout=20)
    assert codes == [1, 0] and "meets the faults of" in rest[1]


MISTAKES = [
    (["--faults", "no-such.yaml"], "no-such.yaml"),
    (["reset", "--faults", "x.yaml"], "--faults"),
    (["reset", "--state", ":memory:"], "needs no reset"),
    (["--size", "huge", "--state", ":memory:"], "huge"),
    (["reset", "--size", "huge"], "huge"),
    (["--port", "99999"], "99999"),
    (["--state", "x.db", "reset"], "put it after"),
    (["nonsense"], "nonsense"),
]


@pytest.mark.parametrize(("words", "text"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_mistakes(lost: Command, words: list[str], text: str) -> None:
    ran = lost("sandbox", *words)
    assert ran.code == 2 and text in ran.err


def test_a_port_that_is_taken(lost: Command, market: Any) -> None:
    port = market.base_url.split(":")[2].split("/")[0]
    ran = lost("sandbox", "--state", ":memory:", "--port", port)
    assert ran.code == 2 and "cannot start" in ran.err


@pytest.mark.parametrize("text", ["plan: {list_custmers: [none]}", '{"plan": {"list_customers": ["nome"]}}'])
def test_faults_that_there_are_not(lost: Command, tmp_path: Path, text: str) -> None:
    file = tmp_path / "faults"
    file.write_text(text, encoding="utf-8")
    ran = lost("sandbox", "--state", ":memory:", "--faults", str(file))
    assert ran.code == 2 and "nearest: " in ran.err


def test_a_file_that_is_no_state_is_not_touched(lost: Command, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("dear sandbox", encoding="utf-8")
    ran = lost("sandbox", "--state", str(file))
    assert ran.code == 2 and file.read_text(encoding="utf-8") == "dear sandbox"
