"""`imcloud run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import app as shared
from imcloud.cli.complete import action_names, input_words
from imcloud.cli.mistakes import Mistake
from imcloud.cli.output import chosen, emit_line, formats, split_columns
from imcloud.cli.patience import Patience
from imcloud.cli.show import show
from imcloud.cli.sources import read_inputs

if TYPE_CHECKING:
    from imcloud.pack import Action


@click.command()
@click.argument("action", shell_complete=action_names)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=input_words)
@click.option("--input", "file", metavar="FILE", help="Inputs from a JSON or YAML file; - reads standard input.")
@click.option("--dry-run", is_flag=True, help="Send no write: show the request, the checks and the price.")
@click.option("--yes", is_flag=True, help="Do not ask before a write.")
@click.option("--key", metavar="KEY", help="A name for this one write: the same key never applies it twice.")
@click.option(
    "--on-unknown",
    type=click.Choice(["halt", "resubmit_once"]),
    help="What to do when a write's answer is lost and its effect cannot be found.  [default: halt]",
)
@click.option("--max-items", type=click.IntRange(min=0), metavar="N", help="At most N rows of a list.")
@click.option(
    "--deadline", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Give up after so long."
)
@formats("json", "table", "ndjson", "csv")
@click.option("--columns", metavar="LIST", help="Columns of --csv or --table: id,address.city")
@shared.options
def run(
    action: str, words: tuple[str, ...], file: str | None, fmt: str | None, columns: str | None, **call: Any
) -> int:
    """Run ACTION with inputs given as words.

    \b
    name=Contoso              a text; the action's schema makes a number of it
    address.city=Berlin       a field of an object
    lines[0].code=ABC         a field of an item of a list
    quantity:=5               JSON
    note=@FILE                the text of a file
    address:=@FILE.json       the JSON in a file
    """
    app = shared.current()
    found = app.find(action)
    fmt = chosen(fmt)
    names = split_columns(columns, fmt)
    if call["max_items"] is not None and not found.is_list:
        raise Mistake(f"--max-items is for lists, and {found.name} is none")
    if call["key"] is not None and not found.writes:
        raise Mistake(f"--key is for writes, and {found.name} is none")
    inputs = read_inputs(words, file)
    if fmt == "ndjson" and found.is_list and not call["dry_run"]:
        return _stream(app, found, inputs, call)
    from imcloud.cli.asking import NothingSent, asker

    try:
        with Patience(app, found.title) as patience:
            result = app.runner.run_action(
                found.ref,
                inputs,
                connection=app.connection,
                confirm=asker(app, found, inputs, patience),
                interactive=app.interactive,
                on_page=patience.advance,
                **call,
            )
    except NothingSent:
        raise
    except KeyboardInterrupt:
        if found.writes and not call["dry_run"]:
            app.note("whether it was applied is not known: look before you run it again", style="red")
        raise
    if result.attempts:
        app.announce(app.connection)
    return show(app, found, result, fmt, names)


def _stream(app: shared.App, action: Action, inputs: dict[str, Any], call: dict[str, Any]) -> int:
    app.announce(app.connection)
    rows = app.runner.iter_action(
        action.ref, inputs, connection=app.connection, max_items=call["max_items"], deadline=call["deadline"]
    )
    for row in rows:
        emit_line(row)
    for warning in rows.warnings:
        app.note(f"warning  {warning}", style="yellow")
    if rows.page is not None and not rows.page.complete:
        app.note("warning  the list is not complete", style="yellow")
    return 0
