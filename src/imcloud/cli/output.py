"""Results for people and for programs: JSON, NDJSON, CSV or a table."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click

from imcloud.cli.mistakes import Mistake
from imcloud.cli.safe import json_text, safe

F = TypeVar("F", bound=Callable[..., Any])
_NUMERIC = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?%?")
# Also the full-width forms, which spreadsheets fold to the plain ones, and what they skip at the start of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_PART = re.compile(r"([^.\[\]]+)|\[([0-9]{1,4})\]")
_COLUMN = re.compile(r"[^.\[\]]+(\[[0-9]{1,4}\])*(\.[^.\[\]]+(\[[0-9]{1,4}\])*)*")
_MISSING = object()


def formats(*names: str) -> Callable[[F], F]:
    """The options `--json`, `--table`, … as one parameter `fmt`; the last one given counts."""
    texts = {
        "json": "JSON, also on a terminal.",
        "table": "A table, also in a pipe.",
        "ndjson": "One line of JSON a row, as the rows come.",
        "csv": "For spreadsheets.",
    }

    def add(command: F) -> F:
        for name in reversed(names):
            command = click.option(f"--{name}", "fmt", flag_value=name, default=None, help=texts[name])(command)
        return command

    return add


def chosen(fmt: str | None) -> str:
    """The format: as asked, else a table on a terminal and JSON in a pipe."""
    return fmt or ("table" if sys.stdout.isatty() else "json")


def split_columns(text: str | None, fmt: str) -> list[str] | None:
    """`id,address.city` as a list. Raises `Mistake` when the format has no columns or a name is broken."""
    if text is None:
        return None
    if fmt not in ("csv", "table"):
        raise Mistake("--columns goes with --csv or --table")
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if not _COLUMN.fullmatch(name):
            raise Mistake(f"--columns: {name!r} is not a column", "for example --columns id,address.city,lines[0].code")
    if len(set(names)) < len(names):
        raise Mistake("--columns: a column stands there twice")
    return names


def emit_json(value: Any, *, indent: int | None = 2) -> None:
    """JSON on standard output, in colours on a terminal."""
    text = json_text(value, indent)
    if not sys.stdout.isatty():
        click.echo(text)
        return
    from rich.highlighter import JSONHighlighter
    from rich.text import Text

    from imcloud.cli.app import current

    line = Text(text)
    JSONHighlighter().highlight(line)
    current().out.print(line, soft_wrap=True)


def emit_line(row: Any) -> None:
    """One row of NDJSON, flushed so that a reader sees it at once."""
    click.echo(json_text(row, None))


def value_at(row: Any, path: str) -> Any:
    """The value under `address.city` or `lines[0].code`, or None."""
    value = _at(row, path)
    return None if value is _MISSING else value


def _at(row: Any, path: str) -> Any:
    if isinstance(row, dict) and path in row:
        return row[path]
    for name, index in _PART.findall(path):
        if name and isinstance(row, dict) and name in row:
            row = row[name]
        elif index and isinstance(row, list) and int(index) < len(row):
            row = row[int(index)]
        else:
            return _MISSING
    return row


def has_column(rows: Iterable[Any], path: str) -> bool:
    """Whether any row has the column."""
    return any(_at(row, path) is not _MISSING for row in rows)


def flat_columns(rows: Sequence[Any]) -> list[str]:
    """Every column with a single value in it, as first seen: `id`, `address.city`; lists are columns of JSON."""
    found: dict[str, None] = {}
    for row in rows:
        for name in _leaves(row, ""):
            found.setdefault(name)
    objects = {name.rpartition(".")[0] for name in found}
    return [name for name in found if name not in objects]


def _leaves(value: Any, at: str) -> Iterable[str]:
    if isinstance(value, Mapping) and (value or not at):
        for key, item in value.items():
            yield from _leaves(item, f"{at}.{key}" if at else str(key))
    else:
        yield at or "value"


def cell(value: Any) -> str:
    """A value as the text of a spreadsheet's cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json_text(value, None)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMERIC.fullmatch(text) else text


def csv_text(rows: Sequence[Any], columns: Sequence[str]) -> str:
    """The rows as CSV with a header line."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    for row in rows:
        writer.writerow(
            [cell(row if name == "value" and not isinstance(row, dict) else value_at(row, name)) for name in columns]
        )
    return buffer.getvalue()


def emit_csv(rows: Sequence[Any], columns: Sequence[str] | None) -> None:
    """CSV on standard output; on a terminal control characters are escaped."""
    text = csv_text(rows, columns or flat_columns(rows) or ["value"])
    if sys.stdout.isatty():
        text = "\n".join(safe(line) for line in text.split("\n"))
    click.echo(text, nl=False)
