"""`imcloud lint` and `imcloud new-action`: for those who write packs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from imcloud.cli import app as shared
from imcloud.cli.mistakes import Mistake
from imcloud.cli.output import chosen, emit_json, formats
from imcloud.cli.safe import safe
from imcloud.findings import Finding

COLOURS = {"error": "red", "warning": "yellow"}


@click.command()
@click.argument("folder", metavar="[DIR]", required=False)
@formats("json", "table")
@shared.options
def lint(folder: str | None, fmt: str | None) -> int:
    """Check the pack in DIR, every file of it. Default: the pack here, else the built-in one."""
    from imcloud.lint import lint_pack

    app = shared.current()
    where = pack_folder(app, folder)
    findings = lint_pack(where)
    if chosen(fmt) == "json":
        emit_json([finding.to_dict() for finding in findings])
    else:
        show_findings(findings, f"{where}")
    return exit_code(findings)


def pack_folder(app: shared.App, folder: str | None) -> Path:
    """The folder of the pack that is meant. Raises `Mistake` when there is none."""
    where = Path(folder) if folder else Path.cwd()
    if (where / "manifest.yaml").is_file():
        return where
    if folder is None:
        return next(iter(app.runner.packs.values())).folder
    raise Mistake(f"{folder!r} holds no manifest.yaml", "a pack is a folder with a manifest.yaml and actions/")


def exit_code(findings: Iterable[Finding]) -> int:
    """1 when there is an error among the findings."""
    return int(any(finding.severity == "error" for finding in findings))


def show_findings(findings: list[Finding], what: str) -> None:
    """The findings, a line each and a hint below, and one line that counts them."""
    for finding in findings:
        place = click.style(f"{safe(finding.path)}:{finding.line}", bold=True)
        code = click.style(f"{finding.code} {finding.severity}", fg=COLOURS[finding.severity])
        click.echo(f"{place}: {code}: {safe(finding.message)}")
        if finding.hint:
            click.echo(f"    {click.style('hint:', fg='cyan')} {safe(finding.hint)}")
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    mark = click.style("✘", fg="red") if errors else click.style("✔", fg="green")
    click.echo(f"{mark} {safe(what)}: {_count(errors, 'error')}, {_count(warnings, 'warning')}", err=True)


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


@click.command("new-action")
@click.argument("method")
@click.argument("path")
@click.option("--dir", "folder", metavar="DIR", help="The pack's folder. Default: here.")
@click.option("--name", metavar="NAME", help="The action's name. Default: made from method and path.")
@click.option("--resource", metavar="NAME", help="The folder below actions/. Default: made from the path.")
@shared.options
def new_action(method: str, path: str, folder: str | None, name: str | None, resource: str | None) -> int:
    """Write manifest, input schema and output schema of an action that calls METHOD PATH (/things/{thingId})."""
    from imcloud.scaffold import scaffold

    where = Path(folder) if folder else Path.cwd()
    if not (where / "manifest.yaml").is_file():
        raise Mistake(f"{str(where)!r} holds no manifest.yaml", "name the pack's folder with --dir")
    try:
        written = scaffold(where, method, path, name=name, resource=resource)
    except ValueError as error:
        raise Mistake(str(error)) from None
    for file in written:
        click.echo(safe(file))
    click.secho("now describe the inputs and outputs, add examples, and run: imcloud lint", err=True, dim=True)
    return 0
