"""What the commands of one call share: the global options, and the runner once somebody asks for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from imcloud.pack import Action
    from imcloud.runner import Runner

F = TypeVar("F", bound=Callable[..., Any])
WIDTH_OF_A_PIPE = 100
# Keys of the context's notes: the exit code of a result that is about to be shown, and whether it changed something.
EXIT_CODE, APPLIED = "imcloud.exit_code", "imcloud.applied"


@dataclass
class App:
    """Global options and lazily built tools of one call."""

    verbosity: int = 0
    no_color: bool = False
    connection: str | None = None
    env: dict[str, str] | None = None
    _noted: set[str] = field(default_factory=set)

    @cached_property
    def runner(self) -> Runner:
        """The runner, with every pack; it is closed when the command ends."""
        from imcloud.runner import Runner

        runner = Runner(env=self.env)
        context = click.get_current_context(silent=True)
        if context is not None:  # a shell that completes a word has none, and opens nothing either
            context.find_root().call_on_close(runner.close)
        return runner

    def find(self, name: str) -> Action:
        """An action by its name. Raises `UnknownName`."""
        return self.runner.find_action(name)

    @property
    def out(self) -> Console:
        """A console for results."""
        return self._console(sys.stdout)

    @property
    def err(self) -> Console:
        """A console for remarks."""
        return self._console(sys.stderr)

    def _console(self, file: Any) -> Console:
        from rich.console import Console

        width = None if file.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_PIPE
        colours: Literal["auto"] | None = None if self.no_color else "auto"
        return Console(file=file, color_system=colours, highlight=False, emoji=False, markup=False, width=width)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: both the questions and the answers have a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def note(self, text: str, *, style: str | None = None) -> None:
        """One line on standard error, said once."""
        from imcloud.cli.safe import safe

        if text not in self._noted:
            self._noted.add(text)
            click.secho(safe(text), err=True, fg=style, dim=style is None)

    def announce(self, name: str | None) -> None:
        """Open the connection and say so when nothing was configured and the sandbox serves. Raises `ConfigError`."""
        connection = self.runner.connection(name)
        if connection.settings.implicit:
            self.note(f"No connection is configured: using the sandbox at {connection.settings.base_url}")


def keep_verdict(exit_code: int, *, applied: bool) -> None:
    """Note what a call came to before it is shown: output that fails must not turn a change into "nothing applied"."""
    context = click.get_current_context()
    context.meta[EXIT_CODE], context.meta[APPLIED] = exit_code, applied


def current() -> App:
    """The `App` of the running command."""
    app = click.get_current_context().find_object(App)
    assert app is not None
    return app


def _verbosity(ctx: click.Context, _param: click.Parameter, value: int) -> None:
    app = ctx.ensure_object(App)
    app.verbosity = max(app.verbosity, value)
    if value:
        _log_to_stderr(app.verbosity)


def _no_color(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    app = ctx.ensure_object(App)
    app.no_color = app.no_color or value or bool(os.environ.get("NO_COLOR"))
    if app.no_color:
        ctx.color = ctx.find_root().color = False


def _connection(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    app = ctx.ensure_object(App)
    app.connection = value or app.connection


def _log_to_stderr(verbosity: int) -> None:
    import logging

    from imcloud.cli.safe import safe

    class Lines(logging.Formatter):
        """A line each; the traceback of an error only where tracebacks are wanted."""

        def format(self, record: logging.LogRecord) -> str:
            if os.environ.get("IMCLOUD_DEBUG") == "1":
                return super().format(record)
            kind = record.exc_info[0] if record.exc_info else None
            return safe(f"{record.name}: {record.getMessage()}{f': {kind.__name__}' if kind else ''}")

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines("%(name)s: %(message)s"))
    logger = logging.getLogger("imcloud")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG if verbosity > 1 else logging.INFO)


def complete_connection(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of connections that begin with what was typed."""
    from imcloud.cli.complete import connection_names

    return [name for name in connection_names(ctx) if name.startswith(incomplete)]


def options(command: F) -> F:
    """The options that every command takes, before or after its name."""
    for option in (
        click.option("--no-color", is_flag=True, expose_value=False, callback=_no_color, help="Plain text."),
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=_verbosity, help="Say more (-vv: most)."
        ),
        click.option(
            "--connection",
            metavar="NAME",
            expose_value=False,
            callback=_connection,
            shell_complete=complete_connection,
            help="The connection to use.",
        ),
    ):
        command = option(command)
    return command
