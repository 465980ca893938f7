"""Reads what a command is given as files: inputs as JSON or YAML, texts for single keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from imcloud.cli.assign import parse
from imcloud.cli.mistakes import Mistake
from imcloud.errors import PackError
from imcloud.strict_json import parse_json, plain

MAX_BYTES = 1024 * 1024


class Files:
    """Reads files, and standard input at most once."""

    def __init__(self) -> None:
        self._stdin_taken = False

    def text(self, name: str) -> str:
        """The UTF-8 text of a file; `-` is standard input. Raises `Mistake`."""
        raw = self._stdin() if name == "-" else _bytes(name)
        if len(raw) > MAX_BYTES:
            raise Mistake(f"{_where(name)} is larger than {MAX_BYTES // 1024} KiB")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Mistake(f"{_where(name)} is not UTF-8 text", "save it as UTF-8") from None

    def inputs(self, name: str) -> dict[str, Any]:
        """The object in a JSON or YAML file. Raises `Mistake`."""
        text = self.text(name)
        try:
            value = _load(text, name)
        except (ValueError, PackError) as error:
            raise Mistake(f"{_where(name)}: {error}" if isinstance(error, ValueError) else str(error)) from None
        if not isinstance(value, dict):
            raise Mistake(f"{_where(name)} holds no object: inputs are written as name and value")
        return value

    def _stdin(self) -> bytes:
        if self._stdin_taken:
            raise Mistake("standard input is named twice: it can be read once")
        self._stdin_taken = True
        return sys.stdin.buffer.read(MAX_BYTES + 1)


def read_inputs(words: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """Inputs from a file, with `key=value` words laid over them. Raises `Mistake`."""
    files = Files()
    return parse(words, files.text, files.inputs(file) if file is not None else None)


def _bytes(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        hint = "a value that begins with '@' is a file; for the text itself write key:='\"@…\"'"
        raise Mistake(f"cannot read {name!r}: {reason}", hint) from None


def _load(text: str, name: str) -> Any:
    suffix = Path(name).suffix.lower()
    if suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] in ("{", "[")):
        return plain(parse_json(text.encode()))[0]
    from imcloud.strict_yaml import load_yaml

    return load_yaml(text, _where(name)).value


def _where(name: str) -> str:
    return "standard input" if name == "-" else name
