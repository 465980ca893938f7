"""The tree of commands. Each is imported when it is called: `--help` needs nothing but click."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from imcloud.cli import app as shared
from imcloud.cli.app import APPLIED, EXIT_CODE
from imcloud.cli.failures import INTERRUPTED, UNKNOWN, explain, headline
from imcloud.cli.mistakes import Mistake

# name -> (section, where it is, one line)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "actions": ("Actions", "catalogue:actions", "List the actions."),
    "describe": ("Actions", "describe:describe", "Show an action: inputs, outputs, examples, open questions."),
    "find": ("Actions", "catalogue:find", "Find actions and runbooks by words."),
    "run": ("Actions", "run:run", "Run an action."),
    "reconcile": ("Actions", "doubt:reconcile", "Look up writes whose outcome is not known."),
    "options": ("Actions", "picker:options", "List the values that a field of an action can take."),
    "runbook": ("Runbooks", "runbook:runbook", "Run, check and show runbooks."),
    "connection": ("Connections", "connection:connection", "Add, test, list, show and remove connections."),
    "sandbox": ("Sandbox", "sandbox:sandbox", "Serve the sandbox marketplace, or reset its state."),
    "demo": ("Sandbox", "demo:demo", "Watch the whole pack work on a fresh sandbox."),
    "lint": ("Writing packs", "authoring:lint", "Check a pack's files."),
    "new-action": ("Writing packs", "authoring:new_action", "Write the files of a new action."),
    "completion": ("This program", "misc:completion", "Print the script for completion in a shell."),
    "version": ("This program", "misc:version", "Show the version."),
}
FILES = "Files"
EPILOG = (
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 outcome unknown, 4 partly applied, 5 still going, 130 interrupted."
)


class Root(click.Group):
    """Loads commands late, answers every failure in one screen, and ends with the contract's exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return [*COMMANDS, *(name for name in _download_names() if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name][1].partition(":")
            command = getattr(import_module(f"imcloud.cli.{module}"), attribute)
            assert isinstance(command, click.Command)
            return command
        if cmd_name.startswith("-") or not cmd_name.isidentifier():
            return None
        from imcloud.cli.download import group_for

        return group_for(ctx.ensure_object(shared.App), cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = str(args[0])
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing and not name.startswith("-"):
            raise Mistake(f"there is no command {name!r}", _nearest(name, self.list_commands(ctx)))
        return super().resolve_command(ctx, args) if command is None else (name, command, args[1:])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for section in dict.fromkeys(entry[0] for entry in COMMANDS.values()):
            if section == "Connections":
                self._section(formatter, FILES, [(name, f"Download a {name}.") for name in _download_names()])
            rows = [(name, entry[2]) for name, entry in COMMANDS.items() if entry[0] == section]
            self._section(formatter, section, rows)

    @staticmethod
    def _section(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows, col_max=14)

    def main(  # type: ignore[override]  # click types the two ways to leave it as overloads; here there is one
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run a command and exit; nothing that goes wrong shows a traceback (`IMCLOUD_DEBUG=1` shows it)."""
        extra["standalone_mode"] = False
        _fit_encoding()
        try:
            code = super().main(args, prog_name, **extra)
        except SystemExit:
            raise
        except BaseException as error:
            code = explain(error)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except (click.exceptions.Exit, SystemExit):
            raise
        except BaseException as error:
            if _is_closed_pipe(error):
                return _quiet_pipe(int(ctx.meta.get(EXIT_CODE, 0)))
            # Here and not in `main`: while the context lives it knows whether colours are wanted.
            code = explain(error)
            if code != INTERRUPTED and ctx.meta.get(APPLIED):
                headline("something was changed before this happened: look before you run it again")
                code = UNKNOWN
        return code


def _is_closed_pipe(error: BaseException) -> bool:
    return isinstance(error, BrokenPipeError) or (
        os.name == "nt" and isinstance(error, OSError) and error.errno == errno.EINVAL
    )


def _quiet_pipe(code: int) -> int:
    # Whoever read our output has had enough: what we did still counts, and the last flush must not complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _fit_encoding() -> None:
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
        if encoding != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _nearest(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else "imcloud --help lists the commands"


def _download_names() -> Iterator[str]:
    # Help needs the names only, and reads them off the lines; the group itself comes from the loaded manifest.
    import imcloud

    for folder in imcloud.__path__:
        manifest = Path(folder) / "manifest.yaml"
        if manifest.is_file():
            below = False
            for line in manifest.read_text(encoding="utf-8").splitlines():
                if line[:1] not in ("", " ", "#"):
                    below = line.startswith("downloads:")
                elif below and line[:2] == "  " and line[2:3].isalpha() and line.rstrip().endswith(":"):
                    yield line.strip().rstrip(":")
            return


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
    no_args_is_help=True,
)
@shared.options
@click.version_option(package_name="imcloud", prog_name="imcloud", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run the actions of a marketplace: from a shell, for people and for pipelines."""
    ctx.ensure_object(shared.App)
