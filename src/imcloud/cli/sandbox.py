"""`imcloud sandbox`: the marketplace to rehearse on, served until Ctrl-C, and its state."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from imcloud.cli import app as shared
from imcloud.cli.mistakes import Mistake
from imcloud.cli.safe import safe
from imcloud.cli.sources import Files
from imcloud.paths import state_dir

if TYPE_CHECKING:
    from imcloud.pack import Pack

F = TypeVar("F", bound=Callable[..., Any])
IN_MEMORY = ":memory:"
STATE_FILE = "sandbox.db"


def _state_options(command: F) -> F:
    for option in (
        click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seeds a new state."),
        click.option(
            "--size", metavar="SIZE", default="small", show_default=True, help="small or large, of a new state."
        ),
        click.option(
            "--state",
            metavar="FILE",
            help="The state's file, or :memory:; default: the one of the connection 'sandbox'.",
        ),
    ):
        command = option(command)
    return command


def _serve_options(command: F) -> F:
    port = click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any free port.")
    faults = click.option("--faults", metavar="FILE", help="What goes wrong, and when: YAML or JSON; - is stdin.")
    return port(faults(_state_options(shared.options(command))))


@click.group(invoke_without_command=True)
@_serve_options
def sandbox(**where: Any) -> int:
    """Serve the sandbox marketplace on this machine until Ctrl-C, and print what points a shell at it."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        changed = [name for name in where if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
        if changed:
            raise Mistake(f"--{changed[0]} stands before {ctx.invoked_subcommand!r}: put it after")
        return 0
    return _serve(shared.current(), **where)


@sandbox.command()
@_serve_options
def serve(**where: Any) -> int:
    """Serve it until Ctrl-C, the same as `imcloud sandbox` alone."""
    return _serve(shared.current(), **where)


@sandbox.command()
@_state_options
@shared.options
def reset(state: str | None, size: str, seed: int) -> int:
    """Throw the state away and seed it anew."""
    app = shared.current()
    pack = pack_with_sandbox(app)
    module = import_module(str(pack.manifest["sandbox"]).partition(":")[0])
    file = _state_file(app, state)
    if file is None:
        raise Mistake("a state in memory needs no reset: it goes with its server")
    with _own_words():
        module.reset(file, size=size, seed=seed)
    if state is None:
        # What was meant for the old state would be looked for in the new one.
        app.runner.intents.forget("sandbox")
    click.echo(f"the sandbox is as new: {safe(file)} ({safe(size)}, seed {seed})")
    return 0


def pack_with_sandbox(app: shared.App) -> Pack:
    """The first pack that brings a sandbox. Raises `Mistake`."""
    for pack in app.runner.packs.values():
        if pack.manifest.get("sandbox"):
            return pack
    raise Mistake("no pack brings a sandbox")


def environment(pack: Pack, fields: Mapping[str, Any]) -> dict[str, str]:
    """The variables that point a runner at a sandbox."""
    prefix = pack.manifest["env_prefix"]
    return {f"{prefix}_{name.upper()}": str(value) for name, value in fields.items()}


def _serve(app: shared.App, *, state: str | None, size: str, seed: int, port: int, faults: str | None) -> int:
    from imcloud.runner.opening import sandbox_starter

    pack = pack_with_sandbox(app)
    file = _state_file(app, state)
    more = {} if faults is None else {"faults": Files().inputs(faults)}
    with _own_words():
        server = sandbox_starter(pack)(state=file, size=size, seed=seed, port=port, **more)
    try:
        app.note(
            f"Serving {pack.manifest['title']} on {server.base_url}, state in {file or 'memory'}. Ctrl-C stops it.",
            style="green",
        )
        if more:
            app.note(f"Every call meets the faults of {safe(str(faults))}.", style="yellow")
        app.note("In another shell (these credentials are the sandbox's own and open nothing else):")
        for name, value in environment(pack, server.fields).items():
            click.echo(_export(name, value))
        _stop_on_terminate()
        # In slices: an endless wait cannot be interrupted on Windows.
        never = threading.Event()
        while not never.wait(1.0):
            pass
    except KeyboardInterrupt:
        app.note("\nstopped")
    finally:
        server.stop()
    return 0


def _stop_on_terminate() -> None:
    # A service manager's signal ends the server as Ctrl-C does, so that a state in memory leaves nothing behind.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _export(name: str, value: str) -> str:
    if os.name == "nt":
        return f"$env:{name} = '{value}'"
    return f"export {name}={shlex.quote(value)}"


def _state_file(app: shared.App, state: str | None) -> str | None:
    if state == IN_MEMORY:
        return None
    return str(Path(state)) if state else str(state_dir(app.runner.env) / STATE_FILE)


class _own_words:  # noqa: N801  # a context manager that reads like a word
    """Turns a sandbox's refusal of a size, a port or a file into a mistake of the caller."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ValueError) or type(error).__name__ == "StateError":
            raise Mistake(str(error)) from None
        if isinstance(error, OSError):
            raise Mistake(f"the sandbox cannot start: {error.strerror or error}") from None
