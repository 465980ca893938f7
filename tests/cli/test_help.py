"""Help is fast and complete: it loads nothing that a command needs only when it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cli.conftest import Command

from imcloud.cli.root import COMMANDS

HEAVY = [
    "requests",
    "urllib3",
    "jinja2",
    "jsonschema",
    "rich",
    "werkzeug",
    "yaml",
    "pluggy",
    "referencing",
    "keyring",
    "filelock",
]


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], [], ["frobnicate"]], ids=["help", "version", "nothing", "typo"]
)
def test_what_starts_without_loading_anything(words: list[str]) -> None:
    code = (
        "import sys\nfrom imcloud.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'loaded: {loaded}' if loaded else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if words == ["frobnicate"]:
        # Only a pack can tell whether it is the name of a kind of file.
        assert "there is no command 'frobnicate'" in ran.stderr
    else:
        assert ran.returncode == 0, ran.stderr


def test_help_names_every_command(run: Command) -> None:
    text = run("--help").out
    assert all(f"  {name} " in text for name in COMMANDS)
    assert "  report " in text and "Exit codes: 0 done" in text


@pytest.mark.parametrize("name", [*COMMANDS, "report"])
def test_every_command_has_help(run: Command, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0 and ran.out.startswith(f"Usage: imcloud {name}")
    assert all(len(line) <= 100 for line in ran.out.splitlines())


@pytest.mark.parametrize(
    "words", [["connection", "add"], ["runbook", "run"], ["sandbox", "reset"], ["report", "download"]]
)
def test_commands_of_groups_have_help(run: Command, words: list[str]) -> None:
    assert run(*words, "-h").code == 0


def test_version(run: Command) -> None:
    from imcloud import __version__

    assert run("--version").out == f"imcloud {__version__}\n"
    lines = run("version").out.splitlines()
    assert lines[0] == f"imcloud {__version__}" and "im_cloud 0.1.0, 28 actions" in lines


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(run: Command, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0 and "_IMCLOUD_COMPLETE" in ran.out


@pytest.mark.parametrize(
    ("words", "last", "wanted"),
    [
        ("", "des", ["describe"]),
        ("", "re", ["report"]),
        ("run", "create_c", ["create_customer"]),
        ("describe", "get_r", ["get_report", "get_reseller"]),
        ("run create_customer", "addr", ["address.streetAddress=", "address.city=", "address.countryCode="]),
        ("run create_customer name=x", "na", []),
        ("run create_order", "type=re", ["type=renewal"]),
        ("options create_order", "cust", ["customerId"]),
        ("run list_orders --connection", "sand", ["sandbox"]),
        ("actions --resource", "val", ["validations"]),
        ("run nonsense", "x", []),
    ],
)
def test_completion(lost: Command, words: str, last: str, wanted: list[str]) -> None:
    line = " ".join(filter(None, ["imcloud", words, last]))
    cword = str(len(line.split()) - 1)
    ran = lost(_IMCLOUD_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=cword)
    offered = [entry.partition(",")[2] for entry in ran.out.splitlines() if entry]
    assert ran.code == 0
    assert set(wanted) <= set(offered) if wanted else offered == []
