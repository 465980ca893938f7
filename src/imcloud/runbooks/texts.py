"""Filters that read or make texts: JSON, CSV, base64, addresses, layout. What makes texts longer is bounded."""

from __future__ import annotations

import base64
import binascii
import csv as csv_module
import io
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus, unquote_plus

from jinja2 import TemplateRuntimeError, pass_environment

from imcloud.rendering.environment import PackEnvironment
from imcloud.runbooks.values import MAX_TEXT, items_of, shown, to_json
from imcloud.strict_json import parse_json
from imcloud.strict_json import plain as plain_numbers

MAX_ROWS = 50_000


def _fail(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        _fail(f"{name} takes a text")
    return value


def _bounded(size: int) -> None:
    if size > MAX_TEXT:
        _fail("the text grows too large")


def from_json(text: Any) -> Any:
    """A JSON text as data."""
    try:
        return plain_numbers(parse_json(_text(text, "from_json_string").encode()))[0]
    except (ValueError, UnicodeError) as error:
        _fail(f"not JSON: {error}")


def is_json(text: Any) -> bool:
    """Whether a text is JSON."""
    try:
        parse_json(str(text).encode())
    except (ValueError, UnicodeError):
        return False
    return True


@pass_environment
def join(env: PackEnvironment, value: Any, separator: str = "", attribute: str | None = None) -> str:
    """The items as one text."""
    items = list(value)
    if attribute is not None:
        items = [_walk(env, item, attribute) for item in items]
    parts = [shown(item) for item in items]
    _bounded(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _walk(env: PackEnvironment, item: Any, path: str) -> Any:
    for part in str(path).split("."):
        item = env.getitem(item, int(part) if part.isdigit() else part)
    return item


def replace(value: Any, old: str, new: str, count: int = -1) -> str:
    """Every occurrence replaced, or the first `count`."""
    text = shown(value)
    _bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def center(value: Any, width: int = 80) -> str:
    """The text in the middle of `width` characters."""
    _bounded(width)
    return shown(value).center(width)


def indent(value: Any, width: int = 4, first: bool = False) -> str:
    """Every line moved to the right; the first one only if told."""
    text = shown(value)
    _bounded(len(text) + width * (text.count("\n") + 1))
    moved = textwrap.indent(text, " " * width)
    return moved if first else moved[width:] if moved.startswith(" " * width) else moved


def wrap_text(value: Any, width: int = 79) -> str:
    """The text in lines of at most `width` characters."""
    if width < 1:
        _fail("a line has at least one character")
    return textwrap.fill(shown(value), width)


def parse_csv(text: Any, delimiter: str = ",", header: bool = True) -> list[Any]:
    """CSV text as a list of objects, or of lists without a header."""
    reader = csv_module.reader(io.StringIO(_text(text, "parse_csv")), delimiter=delimiter)
    try:
        rows = [row for row, _ in zip(reader, range(MAX_ROWS + 2), strict=False) if row]
    except csv_module.Error:
        _fail("not CSV")
    if len(rows) > MAX_ROWS + 1:
        _fail(f"the CSV has more than {MAX_ROWS} rows")
    if not header or not rows:
        return rows
    names = rows[0]
    return [dict(zip(names, [*row, *[""] * (len(names) - len(row))], strict=False)) for row in rows[1:]]


def to_csv(value: Any, delimiter: str = ",") -> str:
    """A list of objects as CSV text; the columns are all keys, in the sequence of their first appearance."""
    rows = [row if isinstance(row, Mapping) else _fail("csv takes a list of objects") for row in items_of(value, "csv")]
    names = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv_module.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([["" if row.get(name) is None else shown(row[name]) for name in names] for row in rows])
    return out.getvalue()


def decode_base64(text: Any) -> str:
    """The text that was encoded."""
    try:
        return base64.b64decode(_text(text, "decode_base64"), validate=True).decode()
    except (binascii.Error, ValueError):
        _fail("not the base64 of a UTF-8 text")


def urlencode(value: Any) -> str:
    """A text encoded for an address, or an object as a query."""
    if isinstance(value, Mapping):
        return "&".join(f"{quote_plus(key)}={quote_plus(shown(item))}" for key, item in value.items())
    return quote(shown(value), safe="/")


_json_names: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("from_json_string", "json_parse"), from_json),
    **dict.fromkeys(("to_json_string", "json_dump", "json_stringify", "json", "tojson"), to_json),
}
FILTERS: dict[str, Callable[..., Any]] = {
    **_json_names,
    "json_escape": lambda value: to_json(shown(value))[1:-1],
    "is_json": is_json,
    "base64": lambda value: base64.b64encode(shown(value).encode()).decode(),
    "basename": lambda value: shown(value).replace("\\", "/").rpartition("/")[2],
    "center": center,
    "csv": to_csv,
    "decode_base64": decode_base64,
    "dirname": lambda value: shown(value).replace("\\", "/").rpartition("/")[0],
    "indent": indent,
    "join": join,
    "parse_csv": parse_csv,
    "replace": replace,
    "string": shown,
    "urldecode": lambda value: unquote_plus(shown(value)),
    "urlencode": urlencode,
    "wordwrap": wrap_text,
    "wrap_text": wrap_text,
}
