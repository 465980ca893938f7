"""JSON as the standard has it: UTF-8, finite exact numbers, no duplicate keys, within fixed limits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_DEPTH = 32
_MAX_DIGITS = 18
_MAX_EXPONENT = 400  # just beyond what a double can hold


def parse_json(raw: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Parse bytes; fractions become `Decimal`.

    Raises ValueError, with a text of ours that quotes nothing of the input, for everything else.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if text.count("[") + text.count("{") > max_depth and _depth(text) > max_depth:
        raise ValueError(f"nested deeper than {max_depth} levels")
    try:
        return json.loads(
            text, parse_float=_fraction, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: line {error.lineno}, column {error.colno}") from None


def _depth(text: str) -> int:
    # Counted before parsing: the parser itself answers deep nesting with RecursionError.
    depth = deepest = 0
    in_text = escaped = False
    for char in text:
        if in_text:
            in_text, escaped = (char != '"' or escaped), (char == "\\" and not escaped)
        elif char == '"':
            in_text = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("a number has too many digits") from None
    # The exponent counts as well: turning 1e999999999 into a whole number would never end.
    if len(text) > 64 or abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError("a number has too many digits")
    return number


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return int(text)


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return built


def plain(value: Any) -> tuple[Any, list[str]]:
    """Data with Decimals as floats where a float says the same, else as text, with a warning for each such text."""
    changed: list[str] = []
    return _plain(value, "", changed), [f"{where or '/'}: kept as text, a float would change it" for where in changed]


def _plain(value: Any, where: str, changed: list[str]) -> Any:
    if isinstance(value, dict):
        return {_text(key): _plain(item, f"{where}/{key}", changed) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{where}/{index}", changed) for index, item in enumerate(value)]
    if isinstance(value, Decimal):
        number = float(value)
        if abs(number) != float("inf") and Decimal(repr(number)) == value:
            return number
        changed.append(where)
        return str(value)
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    # A lone surrogate cannot be written as UTF-8 by whoever gets the result next.
    return text.encode("utf-8", "replace").decode("utf-8") if any("\ud800" <= c <= "\udfff" for c in text) else text


def pointer(parts: Iterable[str | int]) -> str:
    """An RFC 6901 JSON pointer from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
