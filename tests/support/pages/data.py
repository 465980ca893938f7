"""Checks the data blocks of a page with the loaders that would read them in earnest."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from imcloud.connections.file import FILE, read_file
from imcloud.files import write_private
from imcloud.pack import Pack
from imcloud.packs import load_pack
from imcloud.packs.meta import check_meta
from imcloud.runbooks.check import check
from imcloud.runbooks.loading import RunbookInvalid, parse_runbook
from imcloud.strict_json import parse_json
from imcloud.strict_yaml import load_yaml
from support.pages.blocks import PROJECT

SNIPPET = "format: 1\nrunbook: snippet\ntitle: A snippet of the documentation\n"


@cache
def packs() -> dict[str, Pack]:
    """The pack of this project by name."""
    pack = load_pack(PROJECT)
    return {pack.name: pack}


def check_data(language: str, text: str, folder: Path) -> list[str]:
    """What is wrong with a block of that language; KeyError for a language that nobody reads."""
    return {"yaml": _yaml, "json": _json, "toml": _toml}[language](text, folder)


def _json(text: str, _folder: Path) -> list[str]:
    try:
        parse_json(text.encode())
    except ValueError as error:
        return [f"not JSON: {error}"]
    return []


def _toml(text: str, _folder: Path) -> list[str]:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [f"not TOML: {error}"]
    return []


def _yaml(text: str, folder: Path) -> list[str]:
    document = load_yaml(text, "block")
    value = document.value
    keys = set(value) if isinstance(value, dict) else set()
    if "runbook" in keys:
        return runbook_problems(text)
    if keys and keys <= {"tasks", "output", "vars", "inputs"} and "tasks" in keys:
        return runbook_problems(SNIPPET + text)
    if "connections" in keys:
        return _connections(text, folder)
    for kind, mark in (("action", "action"), ("manifest", "pack")):
        if mark in keys and "format" in keys:
            return [str(finding) for finding in check_meta(kind, document, "block")]
    return []


def runbook_problems(text: str) -> list[str]:
    """The errors that the linter finds in a runbook."""
    try:
        findings = check(parse_runbook(text, "block.yaml"), packs())
    except RunbookInvalid as error:
        findings = list(error.findings)
    return [f"{found.code} line {found.line}: {found.message}" for found in findings if found.severity == "error"]


def _connections(text: str, folder: Path) -> list[str]:
    write_private(folder / "connections" / FILE, text.encode())
    return [] if read_file(folder / "connections").entries else ["no connection stands there"]
