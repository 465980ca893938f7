"""`imcloud runbook`: run, check and show runbooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import app as shared
from imcloud.cli.output import chosen, emit_json, formats
from imcloud.cli.safe import safe, safe_lines
from imcloud.cli.sources import read_inputs

if TYPE_CHECKING:
    from imcloud.runbooks.model import Runbook
    from imcloud.runbooks.outcome import RunResult


def complete_book(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of runbooks."""
    try:
        from imcloud.runbooks.loading import runbook_files

        files = runbook_files(ctx.ensure_object(shared.App).runner.packs.values())
        return [file.stem for _, file in files if file.stem.startswith(incomplete)]
    except Exception:
        return []


def find(app: shared.App, name: str) -> Runbook:
    """A runbook by name or file. Raises `UnknownName` and `RunbookInvalid`."""
    from imcloud.runbooks.loading import find_runbook

    return find_runbook(name, app.runner.packs)


@click.group()
def runbook() -> None:
    """Run, check and show runbooks: several actions in one file, with conditions and waits."""


@runbook.command()
@click.argument("book", metavar="NAME|FILE", shell_complete=complete_book)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--input", "file", metavar="FILE", help="Inputs from a JSON or YAML file; - reads standard input.")
@click.option("--dry-run", is_flag=True, help="Run the reads, send no write.")
@click.option("--yes", is_flag=True, help="Do not ask before a write.")
@formats("json", "table")
@shared.options
def run(book: str, words: tuple[str, ...], file: str | None, dry_run: bool, yes: bool, fmt: str | None) -> int:
    """Run a runbook of a pack by its NAME, or one in a FILE, with inputs as for `imcloud run`."""
    from imcloud.cli.asking import ask_in_runbook
    from imcloud.cli.patience import Patience
    from imcloud.cli.watching import Watcher
    from imcloud.runbooks.engine import run_runbook

    app = shared.current()
    found = find(app, book)
    inputs = read_inputs(words, file)
    app.announce(app.connection)
    fmt = chosen(fmt)
    aloud = app.err.is_terminal or app.verbosity > 0
    with Patience(app, found.title) as patience:
        watcher = Watcher(patience, (lambda line: click.echo(line, err=True)) if aloud else None)
        result = run_runbook(
            found,
            inputs,
            runner=app.runner,
            connection=app.connection,
            dry_run=dry_run,
            yes=yes,
            confirm=ask_in_runbook(app, patience),
            on_event=watcher,
        )
    return _show(app, result, fmt)


def _show(app: shared.App, result: RunResult, fmt: str) -> int:
    from imcloud.cli.failures import headline, show_errors
    from imcloud.cli.tables import print_output
    from imcloud.cli.watching import show_writes

    shared.keep_verdict(result.exit_code, applied=bool(result.writes) and not result.dry_run)
    if fmt == "json":
        emit_json(result.to_dict())
    elif result.output:
        print_output(app.out, result.output)
    for warning in result.warnings:
        click.echo(f"{click.style('warning', fg='yellow')}  {safe(warning)}", err=True)
    if result.ok:
        words = (
            "accepted, still going"
            if result.exit_code == 5
            else "dry run, nothing was changed"
            if result.dry_run
            else "done"
        )
        click.echo(
            f"{click.style('✔', fg='green')} {safe(result.runbook)}: {words}, {result.elapsed_ms:,} ms", err=True
        )
    else:
        headline(f"{result.runbook}: {result.outcome.replace('_', ' ')}")
        show_errors(result.errors)
        show_writes(result)
    return result.exit_code


@runbook.command()
@click.argument("books", metavar="[NAME|FILE]...", nargs=-1, shell_complete=complete_book)
@formats("json", "table")
@shared.options
def lint(books: tuple[str, ...], fmt: str | None) -> int:
    """Check runbooks without running them; without a name, all runbooks of all packs."""
    from imcloud.cli.authoring import exit_code, show_findings
    from imcloud.findings import Finding
    from imcloud.runbooks.check import check
    from imcloud.runbooks.loading import RunbookInvalid, load_runbook, runbook_files

    app = shared.current()
    packs = app.runner.packs
    findings: list[Finding] = []
    wanted: list[Any] = list(books) or [file for _, file in runbook_files(packs.values())]
    for book in wanted:
        try:
            loaded = load_runbook(book) if isinstance(book, Path) else find(app, book)
            findings += check(loaded, packs)
        except RunbookInvalid as error:
            findings += error.findings
    if chosen(fmt) == "json":
        emit_json([finding.to_dict() for finding in findings])
    else:
        show_findings(findings, f"{len(wanted)} runbook{'' if len(wanted) == 1 else 's'}")
    return exit_code(findings)


@runbook.command("list")
@formats("json", "table")
@shared.options
def list_(fmt: str | None) -> int:
    """List the runbooks of the packs."""
    from imcloud.cli.books import all_books

    app = shared.current()
    books = all_books(app)
    if chosen(fmt) == "json":
        rows = [{"runbook": b.name, "ref": ref, "title": b.title, "description": b.description} for ref, b in books]
        emit_json(rows)
        return 0
    from imcloud.cli.tables import table, text

    built = table("Runbook", "Tasks", "What it does")
    for _, book in books:
        built.add_row(text(book.name), text(len(book.tasks)), text(book.title))
    app.out.print(built)
    return 0


@runbook.command()
@click.argument("book", metavar="NAME|FILE", shell_complete=complete_book)
@formats("json", "table")
@click.option("--source", is_flag=True, help="The file itself.")
@shared.options
def show(book: str, fmt: str | None, source: bool) -> int:
    """Show a runbook: what it does, its inputs, its tasks and where they lead."""
    from imcloud.cli.booksheet import data_of, print_book

    app = shared.current()
    found = find(app, book)
    if source:
        click.echo(safe_lines(found.text), nl=False)
    elif chosen(fmt) == "json":
        emit_json(data_of(found))
    else:
        print_book(app.out, found)
    return 0
