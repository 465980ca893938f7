"""Carries out one task: its call, its repetitions until something is true, its items."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imcloud.errors import ErrorItem, Outcome
from imcloud.rendering.expressions import RenderProblem
from imcloud.results import Result
from imcloud.runbooks.dialect import Function
from imcloud.runbooks.events import Event, ItemFinished, TaskStarted, Waiting
from imcloud.runbooks.items import collect, run_items
from imcloud.runbooks.machine import Envelope, template_error, truth
from imcloud.runbooks.model import Task, Until
from imcloud.runbooks.templates import Dialect

MAX_ITEMS = 10_000


@dataclass(frozen=True)
class Job:
    """One task to carry out: everything that is needed, and nothing that remembers."""

    task: Task
    visit: int
    roots: Mapping[str, Any]
    connection: str | None
    dry_run: bool = False


TaskExecutor = Callable[[Job], Envelope]
"""Carries out one task and hands back its envelope. Raises `SimulatedValue` in a dry run that can go no further."""


@dataclass(frozen=True)
class Call:
    """One call of an action, inputs rendered; `deadline` in seconds from now.

    `task`, `item` and `visit` are its place in the run: the same on every attempt, different for every wanted effect.
    """

    action: str
    inputs: dict[str, Any]
    connection: str | None
    deadline: float | None
    task: str
    item: int
    visit: int


@dataclass(frozen=True)
class InProcess:
    """The executor that does everything here and now."""

    dialect: Dialect
    call: Callable[[Call], Result]
    writes: Callable[[str], bool]
    emit: Callable[[Event], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def __call__(self, job: Job) -> Envelope:
        """The envelope of the task; never raises for what the world or a template does."""
        started, task = self.clock(), job.task
        end = None if task.timeout is None else started + task.timeout
        try:
            items = None if task.with_items is None else self._items(job)
        except RenderProblem as problem:
            return _failed(task, template_error(problem))
        self.emit(TaskStarted(task.name, task.action, job.visit, None if items is None else len(items)))
        envelope = self._one(job, job.roots, end) if items is None else self._many(job, items, end)
        return {**envelope, "elapsed_ms": round((self.clock() - started) * 1000)}

    def _items(self, job: Job) -> list[Any]:
        assert job.task.with_items is not None
        where = f"{job.task.pointer}/with/items"
        items = self.dialect.value(job.task.with_items.items, job.roots, where)
        if not isinstance(items, list):
            raise RenderProblem("items must be a list", where)
        if len(items) > MAX_ITEMS:
            raise RenderProblem(f"there are {len(items)} items; at most {MAX_ITEMS} are done in one task", where)
        return items

    def _many(self, job: Job, items: list[Any], end: float | None) -> Envelope:
        task, lock, finished = job.task, threading.Lock(), 0
        assert task.with_items is not None
        writes = self.writes(task.action)

        def one(index: int) -> Envelope:
            nonlocal finished
            item = items[index]
            if end is not None and self.clock() >= end:
                return _failed(task, _timed_out(task).to_dict())
            envelope = self._one(job, {**job.roots, "item": Function(lambda: item)}, end, index)
            with lock:
                finished += 1
                self.emit(ItemFinished(task.name, index, envelope["ok"], finished, len(items)))
            return envelope

        stop_at_failure = task.with_items.on_error == "fail"
        done = run_items(one, len(items), task.with_items.concurrency, stop_at_failure=stop_at_failure, writes=writes)
        return collect(task, items, done)

    def _one(self, job: Job, roots: Mapping[str, Any], end: float | None, item: int = 0) -> Envelope:
        try:
            if job.task.until is not None:
                return self._repeated(job, job.task.until, roots, end, item)
            return self._send(job, roots, end, item)
        except RenderProblem as problem:
            return _failed(job.task, template_error(problem))

    def _send(self, job: Job, roots: Mapping[str, Any], end: float | None, item: int) -> Envelope:
        task = job.task
        inputs = self.dialect.value(task.input, roots, f"{task.pointer}/input")
        left = None if end is None else max(end - self.clock(), 0.001)
        result = self.call(Call(task.action, inputs, job.connection, left, task.name, item, job.visit))
        return {**result.to_dict(), "pending": result.pending}

    def _repeated(self, job: Job, until: Until, roots: Mapping[str, Any], end: float | None, item: int) -> Envelope:
        task, started, attempt = job.task, self.clock(), 0
        delay = self._seconds(until.delay, roots, f"{task.pointer}/until/delay")
        timeout = self._seconds(until.timeout, roots, f"{task.pointer}/until/timeout")
        stop = min(started + timeout, end) if end is not None else started + timeout
        while True:
            attempt += 1
            envelope = self._send(job, roots, end, item)
            if not envelope["ok"] and not _again(envelope):
                return envelope
            if envelope["ok"] and self._holds(until, roots, envelope, task):
                return envelope
            if job.dry_run:
                return {**envelope, "warnings": [*envelope["warnings"], f"{task.name}: a dry run does not wait"]}
            now = self.clock()
            if now + delay > stop:
                return _gave_up(envelope, timeout)
            self.emit(Waiting(task.name, delay, now - started, timeout, attempt))
            self.sleep(delay)

    def _holds(self, until: Until, roots: Mapping[str, Any], envelope: Envelope, task: Task) -> bool:
        where = f"{task.pointer}/until/when"
        seen = {
            **roots,
            "RESULT": {**envelope, "result": envelope},
            "SUCCEEDED": envelope["ok"],
            "FAILED": not envelope["ok"],
        }
        return truth(self.dialect.value(until.when, seen, where), where)

    def _seconds(self, value: Any, roots: Mapping[str, Any], where: str) -> float:
        rendered = self.dialect.value(value, roots, where)
        try:
            seconds = -1.0 if isinstance(rendered, bool) else float(rendered)
        except (TypeError, ValueError):
            seconds = -1.0
        if not 0 <= seconds <= 30 * 86400:
            raise RenderProblem("this is not a number of seconds between 0 and 30 days", where)
        return seconds


def _again(envelope: Envelope) -> bool:
    return bool(envelope["errors"]) and all(error["retryable"] for error in envelope["errors"])


def _gave_up(envelope: Envelope, timeout: float) -> Envelope:
    error = ErrorItem(
        "remote", f"not true after {timeout:g} seconds", rule="until", retryable=True, outcome=envelope["outcome"]
    )
    return {**envelope, "ok": False, "errors": [error.to_dict(), *envelope["errors"]]}


def _timed_out(task: Task) -> ErrorItem:
    return ErrorItem(
        "network", f"not started: the {task.timeout:g} seconds of the task are over", rule="timeout", retryable=True
    )


def _failed(task: Task, error: dict[str, Any]) -> Envelope:
    outcome: Outcome = "not_applied"
    return {**Result(task.action, False, outcome, {}).to_dict(), "errors": [error], "pending": False}
