"""Every failure in one screen: what was wrong, where, by which rule, and what to do; no traceback unless asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli.mistakes import Mistake
from imcloud.cli.safe import safe
from imcloud.errors import ActionFailed, ErrorItem, ImcloudError

if TYPE_CHECKING:
    from imcloud.results import Result

MOST_ERRORS = 10
MOST_ALLOWED = 12
INTERRUPTED = 130
UNKNOWN = 3


def explain(error: BaseException) -> int:
    """Say what went wrong on standard error and return the exit code."""
    if os.environ.get("IMCLOUD_DEBUG") == "1" and not isinstance(error, click.exceptions.Exit):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.Abort | KeyboardInterrupt | EOFError):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, ActionFailed):
        show_result_errors(error.result)
        return int(error.result.exit_code) or error.exit_code
    if isinstance(error, ImcloudError):
        headline(str(error))
        _hint(error.hint if isinstance(error, Mistake) else None)
        return error.exit_code
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        headline(f"{error.strerror or type(error).__name__}{where}")
        return 1
    headline(f"an error inside imcloud: {type(error).__name__}: {safe(error)[:300]}")
    _hint("please tell its makers, with the output of the same command under IMCLOUD_DEBUG=1")
    return 1


def headline(text: str) -> None:
    """The first line of a failure."""
    click.echo(f"{click.style('error', fg='red', bold=True)}  {safe(text)}", err=True)


def _hint(text: str | None, indent: str = "       ") -> None:
    if text:
        click.echo(f"{indent}{click.style('hint:', fg='cyan')} {safe(text)}", err=True)


def show_result_errors(result: Result) -> None:
    """The errors of a result on standard error, at most a screen of them."""
    headline(f"{result.action.rpartition('.')[2]}: {_summary(result)}")
    _show(result.errors)
    if result.correlation_id:
        click.echo(click.style(f"       correlation id {safe(result.correlation_id)}", dim=True), err=True)
    sys.stderr.flush()


def show_errors(errors: Sequence[Mapping[str, Any]]) -> None:
    """Error items as data, at most a screen of them."""
    _show([ErrorItem(**error) for error in errors])


def _show(errors: Sequence[ErrorItem]) -> None:
    for error in errors[:MOST_ERRORS]:
        for line in _lines(error):
            click.echo(f"       {line}", err=True)
    if len(errors) > MOST_ERRORS:
        click.echo(f"       … and {len(errors) - MOST_ERRORS} more; --json shows all", err=True)


def _summary(result: Result) -> str:
    if result.outcome == "unknown":
        return "the outcome is UNKNOWN, it may have been applied: look before you send it again"
    if result.outcome == "done":
        return "it was applied, but did not end well"
    kinds = {error.kind for error in result.errors}
    if kinds and kinds <= {"input", "template"}:
        count = len(result.errors)
        return f"{count} input{'s are' if count > 1 else ' is'} wrong, nothing was sent"
    if kinds == {"config"}:
        return "refused, nothing was sent"
    status = f" with status {result.status_code}" if result.status_code else ""
    return f"it failed{status}, nothing was applied"


def _lines(error: ErrorItem) -> Iterator[str]:
    name = field_of(error.pointer) if error.pointer else ""
    where = f"{click.style(name, bold=True)}  " if name and name not in error.message else ""
    rule = click.style(f"[{error.rule or error.kind}] ", fg="yellow")
    yield f"{where}{rule}{safe(error.message)}"
    if (
        error.nearest is not None
        and repr(error.nearest) not in error.message
        and str(error.nearest) not in error.message
    ):
        yield f"  {click.style('nearest:', fg='cyan')} {safe(error.nearest)}"
    if error.allowed and not all(str(value) in error.message for value in error.allowed):
        yield from _allowed(error.allowed)
    if error.hint:
        yield f"  {click.style('hint:', fg='cyan')} {safe(error.hint)}"


def _allowed(values: Sequence[Any]) -> Iterator[str]:
    lead = click.style("allowed:", fg="cyan")
    if not all(isinstance(value, dict) for value in values):
        yield f"  {lead} {_some(values)}"
        return
    # Choices of several fields, a line each, as they are typed.
    from imcloud.cli.assign import words

    for place, value in enumerate(values[:MOST_ALLOWED]):
        yield f"  {lead if place == 0 else ' ' * 8} {safe(' '.join(words(value)))}"


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(safe(value) for value in values[:MOST_ALLOWED])
    rest = len(values) - MOST_ALLOWED
    return f"{shown}, … ({rest} more)" if rest > 0 else shown


def field_of(pointer: str) -> str:
    """A JSON pointer as the key that is typed: `/lines/0/code` is `lines[0].code`."""
    from imcloud.cli.assign import show

    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return safe(show([int(part) if part.isdigit() and index else part for index, part in enumerate(parts)]))
