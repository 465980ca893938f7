"""The line of every JSON pointer in a JSON text that is known to parse."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs

from imcloud.strict_json import pointer

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def json_lines(text: str, twice: list[int] | None = None) -> dict[str, int]:
    """Pointer -> 1-based line (a key's own line); the lines of keys that repeat an earlier one go to `twice`."""
    walker = _Walker(text, [] if twice is None else twice)
    with suppress(IndexError, ValueError, RecursionError):  # should it not parse after all, the lines so far are right
        walker.value(walker.skip(0), "")
    return walker.lines


class _Walker:
    def __init__(self, text: str, twice: list[int]) -> None:
        self.text, self.twice = text, twice
        self.lines: dict[str, int] = {}
        self._at, self._line = 0, 1

    def line(self, at: int) -> int:
        """The line of an offset; offsets are asked for in rising sequence."""
        self._line += self.text.count("\n", self._at, at)
        self._at = at
        return self._line

    def skip(self, at: int) -> int:
        """The offset of the next character that is not white space."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int, where: str) -> int:
        """Walk through the value at an offset; the offset after it."""
        self.lines.setdefault(where, self.line(at))
        if self.text[at] == "{":
            return self.mapping(at + 1, where)
        if self.text[at] == "[":
            return self.sequence(at + 1, where)
        if self.text[at] == '"':
            return int(scanstring(self.text, at + 1, False)[1])
        found = _SCALAR.match(self.text, at)
        if found is None:
            raise json.JSONDecodeError("a value is missing", self.text, at)
        return found.end()

    def mapping(self, at: int, where: str) -> int:
        """The members of an object, up to its end."""
        at = self.skip(at)
        seen: set[str] = set()
        while self.text[at] != "}":
            key, end = scanstring(self.text, at + 1, False)
            if key in seen:
                self.twice.append(self.line(at))
            seen.add(key)
            child = where + pointer([key])
            self.lines[child] = self.line(at)
            at = self.skip(self.skip(end) + 1)
            at = self.comma(self.value(at, child))
        return at + 1

    def sequence(self, at: int, where: str) -> int:
        """The elements of an array, up to its end."""
        at = self.skip(at)
        index = 0
        while self.text[at] != "]":
            at = self.comma(self.value(at, f"{where}/{index}"))
            index += 1
        return at + 1

    def comma(self, at: int) -> int:
        """The offset of the next element, or of the closing bracket."""
        at = self.skip(at)
        return self.skip(at + 1) if self.text[at] == "," else at
