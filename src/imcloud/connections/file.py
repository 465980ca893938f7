"""Reading and writing the connections file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imcloud.errors import ConfigError, PackError
from imcloud.files import read_private, write_private
from imcloud.strict_yaml import Document, load_yaml

FILE = "connections.yaml"
RESERVED = frozenset({"sandbox", "environment", "argument"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HEAD = "# Connections. No secret stands here: they live in the keyring, in variables or in files of their own.\n"


@dataclass(frozen=True)
class Contents:
    """`entries`: name -> what stands below it; `default`: the connection that serves when none is named."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    default: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)


def check_name(name: str) -> str:
    """The name itself. Raises `ConfigError` unless it is 1 to 32 of `a-z 0-9 _ -` and not taken by imcloud."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError("a connection's name is 1 to 32 of a-z, 0-9, _ and -, and starts with a letter or digit")
    if name in RESERVED:
        raise ConfigError(f"the name {name!r} is taken: it has a meaning of its own")
    return name


def read_file(folder: Path) -> Contents:
    """The connections file of a folder; empty when there is none. Raises `ConfigError` with path and line."""
    path = folder / FILE
    raw = read_private(path)
    if raw is None:
        return Contents()
    try:
        document = load_yaml(raw.decode("utf-8"), str(path))
    except PackError as error:
        raise ConfigError(str(error)) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    return _contents(document, path)


def write_file(folder: Path, contents: Contents) -> None:
    """Write the whole file, mode 0600, in one step. Comments written by hand are not kept."""
    lines = [_HEAD, "format: 1\n"]
    if contents.default is not None:
        lines.append(f"default: {_scalar(contents.default)}\n")
    lines.append("connections:\n" if contents.entries else "connections: {}\n")
    for name, entry in contents.entries.items():
        lines.append(f"  {_scalar(name)}:\n")
        lines += [f"    {key}: {_scalar(value)}\n" for key, value in entry.items()]
    write_private(folder / FILE, "".join(lines).encode())


def _scalar(value: Any) -> str:
    # JSON is YAML, and quotes every text: a country code `no` or a name `1e5` stays what it is.
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _contents(document: Document, path: Path) -> Contents:
    value = document.value if document.value is not None else {"format": 1}
    if not isinstance(value, dict) or value.get("format") != 1:
        raise ConfigError(f"{path}:1: must start with 'format: 1'; this version knows no other")
    if unknown := sorted(set(value) - {"format", "default", "connections"}):
        raise ConfigError(f"{path}:{document.lines.get(f'/{unknown[0]}', 1)}: {unknown[0]!r} is not known here")
    entries = value.get("connections") or {}
    if not isinstance(entries, dict):
        raise ConfigError(f"{path}:{document.lines.get('/connections', 1)}: connections must be a mapping of names")
    for name, entry in entries.items():
        line = document.lines.get(f"/connections/{name}", 1)
        try:
            check_name(name)
        except ConfigError as error:
            raise ConfigError(f"{path}:{line}: {error}") from None
        if not isinstance(entry, dict):
            raise ConfigError(f"{path}:{line}: {name} must be a mapping of fields")
    default = value.get("default")
    if default is not None and default != "sandbox" and default not in entries:
        raise ConfigError(f"{path}:{document.lines.get('/default', 1)}: the default names no connection of this file")
    return Contents(entries, default, document.lines)
