"""The files of a pack as they are linted: values with lines, and nothing raised for what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from imcloud.errors import PackError
from imcloud.lint.json_lines import json_lines
from imcloud.packs.loading import SchemaFiles
from imcloud.packs.meta import line_of
from imcloud.strict_yaml import load_yaml

MAX_SCHEMA = 1024 * 1024
OURS = "urn:imcloud:meta:"


@dataclass(frozen=True)
class Source:
    """One parsed file. `path` is relative to the pack's folder, with forward slashes."""

    path: str
    value: Any
    text: str = field(default="", repr=False)
    known: Mapping[str, int] | None = field(default=None, repr=False)

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        # A JSON file's lines are worked out when the first finding needs one.
        return json_lines(self.text) if self.known is None else self.known

    def line(self, at: str) -> int:
        """The 1-based line of a JSON pointer, or of the nearest place around it."""
        return line_of(self._lines, at)


class Broken(Exception):
    """A file that cannot be read. `line` is 0 when the whole file is meant."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(message)
        self.path, self.line, self.message = path, line, message


def read_yaml(file: Path, path: str) -> Source:
    """A YAML file of a pack. Raises `Broken`."""
    text = _read(file, path)
    try:
        document = load_yaml(text, path)
    except PackError as error:
        raise Broken(path, error.line or 0, error.reason) from None
    return Source(path, document.value, text, document.lines)


def read_json(file: Path, path: str) -> Source:
    """A JSON file of a pack. Raises `Broken`."""
    text = _read(file, path)
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise Broken(path, error.lineno, f"not JSON: {error.msg}") from None
    except _Twice as error:
        raise Broken(path, _second(text), f"the key {error.key!r} stands here a second time") from None
    except (ValueError, RecursionError):
        raise Broken(path, 0, "not plain JSON: a number or a depth that cannot be kept") from None
    return Source(path, value, text)


def _read(file: Path, path: str) -> str:
    try:
        if file.stat().st_size > MAX_SCHEMA:
            raise Broken(path, 0, f"the file is larger than {MAX_SCHEMA // 1024} KiB")
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise Broken(path, 0, "the file does not exist") from None
    except (OSError, UnicodeDecodeError):
        raise Broken(path, 0, "the file cannot be read as UTF-8 text") from None


class _Twice(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key, value in pairs:
        if key in built:
            raise _Twice(key)
        built[key] = value
    return built


def _constant(text: str) -> Any:
    raise ValueError(text)


def _second(text: str) -> int:
    twice: list[int] = []
    json_lines(text, twice)
    return twice[0] if twice else 0


@dataclass
class Sources:
    """All files of one pack. `ignored` are paths below actions/ that look like actions and are never loaded."""

    folder: Path
    manifest: Source | None = None
    actions: list[Source] = field(default_factory=list)
    schemas: dict[str, Source] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @cached_property
    def _files(self) -> SchemaFiles:
        return SchemaFiles(self.folder)

    def inlined(self, path: str) -> dict[str, Any]:
        """A schema with every reference in its place. Raises `PackError`."""
        return self._files.load(path)


def read_sources(folder: Path) -> Sources:
    """Every file of the pack in `folder`, but for its runbooks."""
    sources = Sources(folder)
    sources.manifest = _kept(sources, folder / "manifest.yaml", "manifest.yaml")
    for file, path in _below(folder, "actions", "*.yaml"):
        if (source := _kept(sources, file, path)) is not None:
            sources.actions.append(source)
    sources.ignored = [path for _, path in _below(folder, "actions", "*.yml")]
    for file, path in _below(folder, "schemas", "*.json"):
        source = _kept(sources, file, path)
        named = source.value.get("$id") if source is not None and isinstance(source.value, dict) else None
        if source is not None and not str(named).startswith(OURS):
            sources.schemas[path] = source
    return sources


def _kept(sources: Sources, file: Path, path: str) -> Source | None:
    try:
        return read_yaml(file, path) if file.suffix == ".yaml" else read_json(file, path)
    except Broken as broken:
        sources.broken.append(broken)
        return None


def _below(folder: Path, name: str, pattern: str) -> Iterator[tuple[Path, str]]:
    for file in sorted((folder / name).rglob(pattern)):
        if file.is_file():
            yield file, file.relative_to(folder).as_posix()
