"""What a run tells while it goes on, for progress bars and logs. Plain data, no secrets, no answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RunStarted:
    """The run begins. `tasks` is the number of tasks in the file, not of those that will run."""

    run_id: str
    runbook: str
    title: str
    tasks: int


@dataclass(frozen=True)
class TaskStarted:
    """A task begins. `visit` counts from 1; `items` is the number of its items, None for a task without `with`."""

    task: str
    action: str
    visit: int
    items: int | None = None


@dataclass(frozen=True)
class ItemFinished:
    """One item of a `with` task is done; `finished` of `total` are now."""

    task: str
    index: int
    ok: bool
    finished: int
    total: int


@dataclass(frozen=True)
class Waiting:
    """An `until` is not true yet: the next look comes after `seconds`; `elapsed` of `timeout` seconds are over."""

    task: str
    seconds: float
    elapsed: float
    timeout: float | None
    attempt: int


@dataclass(frozen=True)
class TaskFinished:
    """A task is done. `goes_to` is the next task, `end` or `fail`; `message` is the first error, if there is one."""

    task: str
    action: str
    visit: int
    ok: bool
    outcome: str
    elapsed_ms: int
    goes_to: str
    message: str | None = None


@dataclass(frozen=True)
class RunFinished:
    """The run is over."""

    run_id: str
    ok: bool
    outcome: str
    exit_code: int
    elapsed_ms: int


Event = RunStarted | TaskStarted | ItemFinished | Waiting | TaskFinished | RunFinished
OnEvent = Callable[[Event], None]
