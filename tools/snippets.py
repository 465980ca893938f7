"""An example of an action in the three forms that people write it in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from imcloud.cli.assign import words
from imcloud.pack import Action

WIDTH = 100


def command(action: Action, inputs: Mapping[str, Any]) -> str:
    """The line for a shell, wrapped when it is long."""
    parts = ["imcloud run " + action.name, *map(shlex.quote, words(inputs))]
    line = " ".join(parts)
    return line if len(line) <= WIDTH else " \\\n    ".join(parts)


def python(action: Action, inputs: Mapping[str, Any]) -> str:
    """A script that leaves the envelope in `result`."""
    name = literal(action.name)
    line = f"result = imcloud.run_action({name}{', ' + literal(inputs) if inputs else ''})"
    if len(line) > WIDTH:
        line = f"result = imcloud.run_action(\n    {name},\n    {literal(inputs, indent=4, width=WIDTH)},\n)"
    return f"import imcloud\n\n{line}"


def literal(value: Any, *, indent: int = 0, width: int | None = None) -> str:
    """JSON-like data as Python; beyond `width` over several lines, each indented by `indent` and more."""
    if isinstance(value, Mapping):
        opening, closing = "{}"
        items = [(f"{literal(str(key))}: ", item) for key, item in value.items()]
    elif isinstance(value, list):
        opening, closing = "[]"
        items = [("", item) for item in value]
    else:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    flat = opening + ", ".join(lead + literal(item) for lead, item in items) + closing
    if width is None or indent + len(flat) < width or not items:
        return flat
    inner = " " * (indent + 4)
    lines = [f"{inner}{lead}{literal(item, indent=indent + 4, width=width)},\n" for lead, item in items]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def runbook(action: Action, inputs: Mapping[str, Any]) -> str:
    """A task for a runbook."""
    task: dict[str, Any] = {"action": action.ref}
    if inputs:
        task["input"] = json.loads(json.dumps(inputs))
    return yaml.safe_dump({"tasks": {action.name: task}}, sort_keys=False, allow_unicode=True, width=WIDTH)
