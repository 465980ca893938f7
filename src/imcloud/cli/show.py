"""A result on a terminal: its rows or fields, then what a person should know about the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import output, tables
from imcloud.cli.app import keep_verdict
from imcloud.cli.failures import show_result_errors
from imcloud.cli.safe import json_text, safe, safe_lines

if TYPE_CHECKING:
    from imcloud.cli.app import App
    from imcloud.pack import Action
    from imcloud.results import Result


def show(app: App, action: Action | None, result: Result, fmt: str, columns: list[str] | None) -> int:
    """Print the result in the format that was chosen and return its exit code."""
    writes = action is not None and action.writes and result.dry_run is None
    keep_verdict(result.exit_code, applied=writes and result.outcome != "not_applied")
    if fmt == "json":
        output.emit_json(result.to_dict())
    elif fmt == "ndjson":
        for row in rows_of(result):
            output.emit_line(row)
    elif result.dry_run is not None:
        _dry_run(result)
    elif fmt == "csv":
        if result.ok or rows_of(result):
            output.emit_csv(rows_of(result), columns)
    elif result.ok or result.outcome == "done":
        _table(app, action, result, columns)
    _remarks(app, result, fmt, columns)
    if not result.ok and not (fmt == "json" and app.out.is_terminal):
        show_result_errors(result)
    return result.exit_code


def rows_of(result: Result) -> list[Any]:
    """The rows of a list, or the one object as a row."""
    if result.data is None:
        return []
    return result.data if isinstance(result.data, list) else [result.data]


def _table(app: App, action: Action | None, result: Result, columns: list[str] | None) -> None:
    console = app.out
    if isinstance(result.data, list):
        first = _first_columns(action)
        built, hidden = tables.rows_table(console, result.data, first, columns)
        if result.data:
            console.print(built)
        click.secho(_counted(result, hidden), err=True, dim=True)
    elif columns is not None and isinstance(result.data, dict):
        console.print(tables.rows_table(console, [result.data], (), columns)[0])
    elif isinstance(result.data, dict):
        console.print(tables.object_table(result.data))
    elif result.data is not None:
        console.print(tables.text(result.data))


def _first_columns(action: Action | None) -> list[str]:
    outputs = action.raw.get("outputs", {}) if action is not None else {}
    return [*(outputs[key] for key in ("id", "label") if isinstance(outputs.get(key), str)), "status", "type"]


def _counted(result: Result, hidden: int) -> str:
    count = len(result.data)
    page = result.page
    of = f" of {page.total}" if page is not None and page.total is not None and page.total != count else ""
    text = f"{count}{of} row{'' if count == 1 and not of else 's'}"
    if page is not None and not page.complete:
        text += ", the list is not complete" + (f": offset={page.next_offset} goes on" if page.next_offset else "")
    return f"{text}; {hidden} more columns (--columns, --json)" if hidden > 0 else text


def _dry_run(result: Result) -> None:
    found = result.dry_run or {}
    request = found.get("request") or result.request or {}
    click.secho("Dry run: nothing was changed. This would be sent:", bold=True)
    click.echo(f"{click.style(safe(request.get('method', '')), fg='cyan', bold=True)} {safe(request.get('url', ''))}")
    if request.get("query"):
        click.echo(safe_lines(json_text(request["query"])))
    if request.get("body") is not None:
        click.echo(safe_lines(json_text(request["body"])))
    for check in found.get("checks") or ():
        _check(check)
    if found.get("price"):
        price = found["price"]
        shown = " ".join(safe(price[key]) for key in ("amount", "currency") if price.get(key) is not None)
        click.echo(f"{click.style('price', fg='cyan')}  {shown or safe(json_text(price, None))}")
    if found.get("curl"):
        click.secho(safe(found["curl"]), dim=True)


def _check(check: Any) -> None:
    if not isinstance(check, dict):
        click.echo(f"check  {safe(check)}")
        return
    ok = check.get("ok")
    mark = click.style("✔", fg="green") if ok else click.style("✘", fg="red") if ok is False else "·"
    name = check.get("title") or check.get("action") or check.get("rule") or "check"
    click.echo(f"{mark} {safe(name)}  {safe(check.get('message') or '')}".rstrip())


def _remarks(app: App, result: Result, fmt: str, columns: list[str] | None) -> None:
    for warning in result.warnings:
        click.echo(f"{click.style('warning', fg='yellow')}  {safe(warning)}", err=True)
    for name in columns or ():
        if result.ok and rows_of(result) and not output.has_column(rows_of(result), name):
            click.echo(
                f"{click.style('warning', fg='yellow')}  no row has a column {name!r}{_near(name, result)}", err=True
            )
    if fmt in ("csv", "ndjson") and result.page is not None and not result.page.complete:
        rest = f", the next begins at offset {result.page.next_offset}" if result.page.next_offset is not None else ""
        click.echo(f"{click.style('warning', fg='yellow')}  the list is not complete{rest}", err=True)
    if app.verbosity:
        _verbose(app, result)
    if fmt == "table" and result.ok and not isinstance(result.data, list) and result.dry_run is None:
        click.echo(f"{click.style('✔', fg='green')} {_line(result)}", err=True)


def _near(name: str, result: Result) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, output.flat_columns(rows_of(result)), 1, 0.5)
    return f"; did you mean {safe(close[0])!r}?" if close else ""


def _line(result: Result) -> str:
    words = "accepted, still going" if result.exit_code == 5 else "done"
    return safe(
        f"{result.action.rpartition('.')[2]} {words}, {result.elapsed_ms} ms, on {result.connection.get('name')}"
    )


def _verbose(app: App, result: Result) -> None:
    request = result.request or {}
    lines = [
        f"connection: {', '.join(str(value) for value in result.connection.values())}",
        f"request: {request.get('method')} {request.get('url')}" if request else "",
        f"answer: {result.status_code}, {result.attempts} attempt(s), {result.elapsed_ms} ms, {result.outcome}",
        f"correlation id: {result.correlation_id}" if result.correlation_id else "",
        *(f"read as: {c.get('pointer')} from {c.get('from')!r} to {c.get('to')!r}" for c in result.coerced),
    ]
    if app.verbosity > 1:
        lines += [f"header: {name}: {value}" for name, value in result.headers.items()]
        lines += [f"body: {json_text(request.get('body'), None)}"] if request.get("body") is not None else []
    for line in filter(None, lines):
        click.secho(safe(line), err=True, dim=True)
