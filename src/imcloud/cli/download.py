"""`imcloud <kind> download ID`: a group for each entry of a manifest's `downloads`, named by the entry."""

from __future__ import annotations

from pathlib import Path

import click

from imcloud.cli.app import App, current, options
from imcloud.cli.patience import Patience
from imcloud.cli.safe import safe

WAIT = 600.0


def group_for(app: App, name: str) -> click.Group | None:
    """The group of commands for a kind of file, or None when no pack offers it."""
    found = [pack for pack in app.runner.packs.values() if name in pack.manifest.get("downloads", {})]
    if not found:
        return None
    group = click.Group(name, help=f"Download a {name}.")
    group.add_command(_command(name))
    return group


def _command(kind: str) -> click.Command:
    @click.command("download", help=f"Fetch the file of a {kind}; its address is never shown.")
    @click.argument("ident", metavar="ID")
    @click.option("--out", metavar="FILE", default=".", help="A file, or a folder to put it into. Default: here.")
    @click.option(
        "--wait",
        type=click.FloatRange(min=0),
        is_flag=False,
        flag_value=WAIT,
        default=0.0,
        metavar="[SECONDS]",
        help=f"Wait until it is ready, {WAIT:.0f} seconds if no number is given.",
    )
    @options
    def download(ident: str, out: str, wait: float) -> int:
        app = current()
        app.announce(app.connection)
        with Patience(app, f"{kind} {safe(ident)}"):
            path = app.runner.download(kind, ident, Path(out), connection=app.connection, wait=wait)
        click.echo(safe(path))
        app.note(f"{path.stat().st_size} bytes")
        return 0

    return download
