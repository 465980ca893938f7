"""Loads the bad inputs that stand as files beside the tests: adding an entry to a file adds a test.

`{$make: …}` stands for what YAML cannot hold, or not in a line; the schema of an action says which values are allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imcloud.strict_yaml import load_yaml

FOLDER = Path(__file__).parent / "cases"
_MADE = {
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "surrogate": lambda: "North\ud83dwind",
    "datetime": lambda: datetime(2026, 8, 1, tzinfo=UTC),
    "set": lambda: {"a"},
}


def all_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """(action, case) for every entry of every file; the file's name is the action's."""
    for file in sorted(FOLDER.glob("*.yaml")):
        for entry in load_yaml(file.read_text(encoding="utf-8"), file.name).value:
            yield file.stem, entry


def made(value: Any) -> Any:
    """The value that a case's notation stands for."""
    if isinstance(value, list):
        return [made(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) != {"$make"}:
        return {key: made(item) for key, item in value.items()}
    how = value["$make"]
    return _MADE[how]() if isinstance(how, str) else _built(how)


def _built(how: Mapping[str, Any]) -> Any:
    times = how.get("times", 1)
    made_by = {
        "text": lambda text: text * times,
        "list": lambda item: [item] * times,
        "deep": _nested,
        "deep_text": lambda levels: "[" * levels + "]" * levels,
        "fields": lambda count: {f"field{number}": "x" for number in range(count)},
        "number": int,
        "whole": lambda whole: whole,
    }
    kind = next(iter(how))
    return made_by[kind](how[kind])


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def allowed_at(schema: Mapping[str, Any], rule: str, pointer: str) -> list[Any] | None:
    """What a schema allows at a place: the enum of a value, or the names beside an unknown one."""
    parts = pointer.split("/")[1:]
    for part in parts[:-1] if rule == "unknown" else parts:
        schema = (
            schema["items"] if part.isdecimal() and "items" in schema else schema.get("properties", {}).get(part, {})
        )
    if rule == "unknown":
        return list(schema["properties"])
    return schema.get("enum") if rule in ("enum", "required") else None
