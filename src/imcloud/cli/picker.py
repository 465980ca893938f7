"""`imcloud options`: the values that a field can take, as the marketplace has them."""

from __future__ import annotations

from typing import Any

import click

from imcloud.cli import app as shared
from imcloud.cli.complete import action_names, field_names
from imcloud.cli.output import chosen, emit_json, formats
from imcloud.cli.patience import Patience
from imcloud.cli.sources import read_inputs


@click.command()
@click.argument("action", shell_complete=action_names)
@click.argument("field", shell_complete=field_names)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--search", metavar="TEXT", help="Only values whose label has this text.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@formats("json", "table")
@shared.options
def options(action: str, field: str, words: tuple[str, ...], search: str | None, limit: int, fmt: str | None) -> int:
    """List the values that FIELD of ACTION can take; a choice may depend on other inputs (KEY=VALUE)."""
    app = shared.current()
    found = app.find(action)
    inputs = read_inputs(words, None)
    app.announce(app.connection)
    with Patience(app, f"values of {field}"):
        values = app.runner.options(found.ref, field, inputs, search=search, connection=app.connection, limit=limit)
    if chosen(fmt) == "json":
        emit_json([value.to_dict() for value in values])
    elif values:
        _print(app, field, values)
    if not values:
        app.note("no value was found")
    elif len(values) == limit:
        app.note(f"the first {limit}; --search TEXT or --limit N shows others")
    return 0


def _print(app: shared.App, field: str, values: list[Any]) -> None:
    from rich.text import Text

    from imcloud.cli.safe import safe
    from imcloud.cli.tables import table

    built = table(safe(field), "")
    built.columns[0].no_wrap = True
    for value in values:
        built.add_row(Text(safe(value.value), style="bold"), Text(safe(value.label)))
    app.out.print(built)
    also = [name for name in values[0].fills if name != field.rpartition(".")[2]]
    if also:
        app.note(f"one that fits also fills {', '.join(also)}: --json shows them")
