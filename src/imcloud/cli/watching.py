"""Shows a run of a runbook while it goes on: a line for each task, what it waits for, what a whole run came to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from imcloud.cli.patience import Patience
from imcloud.cli.safe import safe
from imcloud.runbooks.events import Event, ItemFinished, RunStarted, TaskFinished, TaskStarted, Waiting

if TYPE_CHECKING:
    from imcloud.runbooks.outcome import RunResult

DONE, FAILED = click.style("✔", fg="green"), click.style("✘", fg="red")
MARKS = {"done": DONE, "not_applied": FAILED, "unknown": click.style("?", fg="red", bold=True)}


class Watcher:
    """Takes the events of a run; `say` prints a line, the spinner of `patience` shows what is under way."""

    def __init__(self, patience: Patience, say: Callable[[str], None] | None) -> None:
        self._patience, self._say = patience, say

    def __call__(self, event: Event) -> None:
        """One event."""
        match event:
            case RunStarted():
                self._patience.say(safe(event.title))
            case TaskStarted():
                self._patience.say(safe(event.task))
                self._patience.advance(0, event.items)
            case ItemFinished():
                self._patience.advance(event.finished, event.total)
            case Waiting():
                self._patience.say(f"{safe(event.task)}: waiting, look {event.attempt + 1} in {event.seconds:.0f} s")
            case TaskFinished() if self._say is not None:
                line = task_line(event)
                self._patience.aside(lambda: self._say(line) if self._say else None)


def task_line(event: TaskFinished) -> str:
    """`✔ task  action  31 ms`, with the first error where there is one."""
    # A task that failed and goes on was foreseen: it is no failure of the run.
    foreseen = not event.ok and event.goes_to != "fail"
    mark = DONE if event.ok else click.style("·", dim=True) if foreseen else FAILED
    visit = f" #{event.visit}" if event.visit > 1 else ""
    name = f"{safe(event.task)}{visit}"
    line = f"{mark} {click.style(f'{name:<24}', bold=True)} {safe(event.action.rpartition('.')[2]):<40}"
    line += click.style(f"{event.elapsed_ms:>8,} ms", dim=True)
    return f"{line}\n    {safe(event.message)}" if event.message and not foreseen else line


def show_writes(result: RunResult) -> None:
    """What was changed and what was not, a line each: for runs that did not end well."""
    if not result.writes:
        click.echo("       nothing was changed", err=True)
    for write in result.writes:
        item = "" if write.get("item") is None else f"[{write['item']}]"
        mark = MARKS.get(write["outcome"] if write["ok"] else "not_applied", FAILED)
        mark = MARKS["unknown"] if write["outcome"] == "unknown" else mark
        text = {"done": "applied", "not_applied": "not applied", "unknown": "UNKNOWN: look before you run it again"}
        what = f"{write['task']}{item} {write['action'].rpartition('.')[2]}"
        click.echo(f"       {mark} {safe(what)}: {text.get(write['outcome'], write['outcome'])}", err=True)
