"""Tables on a terminal: as many columns as fit, nothing from outside taken for markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from imcloud.cli.output import value_at
from imcloud.cli.safe import safe
from imcloud.secrets import MASK

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 44
MOST_LINES = 60
GAP = 3
_GOOD = {"active", "completed", "done", "ok", "success", "enabled", "yes", "true", "sandbox"}
_BAD = {"error", "failed", "cancelled", "terminated", "disabled", "unknown", "removed"}
_WAITING = {"processing", "pending", "submitted", "accepted", "provisioning", "hold", "production"}
_NAMES_OF_STATE = {"status", "result", "outcome", "state", "kind"}


def text(value: Any, name: str = "") -> Text:
    """A value as styled text; words of state get a colour in columns of state."""
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no", style="" if value else "dim")
    if isinstance(value, dict | list):
        return Text(_summary(value), style="dim")
    shown = safe(value)
    return Text(shown, style=_style(shown.lower()) if name.rpartition(".")[2].lower() in _NAMES_OF_STATE else "")


def _summary(value: dict[str, Any] | list[Any]) -> str:
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            return safe(", ".join(value))
        return f"{len(value)} item{'' if len(value) == 1 else 's'}"
    return safe(" ".join(str(item) for item in value.values() if isinstance(item, str | int | float)))


def _style(word: str) -> str:
    return "green" if word in _GOOD else "red" if word in _BAD else "yellow" if word in _WAITING else ""


def table(*headers: str, **options: Any) -> Table:
    """An empty table in the house style."""
    built = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", border_style="dim", show_edge=False, **options
    )
    for header in headers:
        built.add_column(header, overflow="fold")
    return built


def rows_table(
    console: Console, rows: Sequence[Any], first: Sequence[str], columns: Sequence[str] | None
) -> tuple[Table, int]:
    """A table of rows and the number of columns left out because the terminal is too narrow.

    `first` names the columns that come first when nobody chose any.
    """
    names = list(columns) if columns is not None else _worthwhile(rows, first)
    cells = {name: [text(value_at(row, name), name) for row in rows] for name in names}
    widths = {name: min(WIDEST, max([len(name), *(cell.cell_len for cell in cells[name])])) for name in names}
    shown = names if columns is not None else _fitting(widths, console.width)
    built = table()
    for name in shown:
        numeric = all(type(value_at(row, name)) in (int, float, type(None)) for row in rows)
        built.add_column(
            safe(name), justify="right" if numeric else "left", no_wrap=True, overflow="ellipsis", max_width=WIDEST
        )
    for index in range(len(rows)):
        built.add_row(*(cells[name][index] for name in shown))
    return built, len(names) - len(shown)


def _worthwhile(rows: Sequence[Any], first: Sequence[str]) -> list[str]:
    # Single values first, then objects, whose summary says something, then lists, of which only the length shows.
    ranks: dict[str, int] = {}
    for row in rows:
        for key, value in row.items() if isinstance(row, dict) else ():
            if value not in (None, "", [], {}, MASK):
                ranks[key] = max(ranks.get(key, 0), 2 if isinstance(value, list) else int(isinstance(value, dict)))
    lead = [name for name in first if name in ranks]
    return [*lead, *sorted((name for name in ranks if name not in lead), key=ranks.__getitem__)]


def _fitting(widths: Mapping[str, int], width: int) -> list[str]:
    shown: list[str] = []
    used = 0
    for name, wide in widths.items():
        if used + wide <= width or not shown:
            shown.append(name)
            used += wide + GAP
    return shown


def object_table(value: Mapping[str, Any]) -> Table:
    """One object, a line for each value, nested names dotted."""
    built = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    built.add_column(style="cyan", no_wrap=True)
    built.add_column(overflow="fold")
    lines = list(_flat(value, ""))
    for name, item in lines[:MOST_LINES]:
        built.add_row(safe(name), text(item, name))
    if len(lines) > MOST_LINES:
        built.add_row("…", Text(f"{len(lines) - MOST_LINES} more values: --json shows all", style="dim"))
    return built


def print_output(console: Console, output: Mapping[str, Any]) -> None:
    """The output of a run: its values, then every list of objects as a table of its own."""
    lists = {name: value for name, value in output.items() if _is_rows(value)}
    rest = {name: value for name, value in output.items() if name not in lists and value is not None}
    if rest:
        console.print(object_table(rest))
    for name, rows in lists.items():
        console.print()
        console.print(Text(safe(name), style="cyan"))
        console.print(rows_table(console, rows, ("id", "name", "status"), None)[0])


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _flat(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _flat(item, f"{at}[{index}]")
    elif value not in (None, {}, []):
        yield at or "value", value
