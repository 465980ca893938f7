"""The help of every command as a page."""

from __future__ import annotations

from collections.abc import Iterator

import click

from imcloud.cli.root import cli
from tools.markdown import fence, page

WIDTH = 92


def text() -> str:
    """The whole page: the program first, then every command and subcommand in the sequence of the help."""
    lines = ["# Commands", "", "What `--help` says, command by command.", ""]
    for path, command, context in _commands(cli, ("imcloud",), None):
        lines += [f"## {' '.join(path)}", "", *fence("text", command.get_help(context))]
    return page(lines)


def _commands(
    command: click.Command, path: tuple[str, ...], parent: click.Context | None
) -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    context = click.Context(
        command,
        info_name=path[-1],
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            with context:
                found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from _commands(found, (*path, name), context)
