"""`imcloud reconcile`: writes whose outcome is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from imcloud.cli import app as shared
from imcloud.cli import output
from imcloud.cli.failures import show_result_errors
from imcloud.cli.mistakes import Mistake
from imcloud.cli.output import chosen, formats
from imcloud.cli.safe import safe

if TYPE_CHECKING:
    from imcloud.results import Result


@click.command()
@click.argument("name", required=False, metavar="[MARKER-OR-KEY]")
@click.option("--applied", metavar="ID", help="Record that a person found it: the id of what is there.")
@click.option("--not-applied", is_flag=True, help="Record that a person made sure that it is not there.")
@formats("json", "table")
@shared.options
def reconcile(name: str | None, applied: str | None, not_applied: bool, fmt: str | None) -> int:
    """Look up writes whose outcome is not known, all of them or one. Nothing is sent but reads."""
    app = shared.current()
    fmt = chosen(fmt)
    results = _results(app, name, applied, not_applied)
    if fmt == "json":
        output.emit_json([result.to_dict() for result in results])
    else:
        for result in results:
            _tell(result)
        if not results:
            click.echo("nothing is in doubt")
    return max((result.exit_code if result.outcome != "not_applied" else 0 for result in results), default=0)


def _results(app: shared.App, name: str | None, applied: str | None, not_applied: bool) -> list[Result]:
    if applied is None and not not_applied:
        return app.runner.reconcile(name, connection=app.connection)
    if name is None:
        raise Mistake("name the marker or the key of the write that you looked up")
    if applied is not None and not_applied:
        raise Mistake("--applied and --not-applied exclude each other")
    return [app.runner.record(name, applied, connection=app.connection)]


def _tell(result: Result) -> None:
    intent = result.intent or {}
    word = {"done": "applied", "not_applied": "not applied"}.get(result.outcome)
    if word is None:
        show_result_errors(result)
        return
    mark = click.style("✔", fg="green")
    found = f", id {safe(result.data.get('id'))}" if isinstance(result.data, dict) and result.data.get("id") else ""
    click.echo(f"{mark} {safe(intent.get('marker', ''))}  {safe(result.action)}: {word}{found}")
