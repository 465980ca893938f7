"""Every place of a runbook where an expression may stand, with the names that it may use there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from imcloud.runbooks.model import Runbook, Task, escape
from imcloud.runbooks.templates import Template, is_template

START = frozenset({"CTX", "ORG", "UTILS"})
BASE = START | {"TASKS"}
AFTER = BASE | {"RESULT", "SUCCEEDED", "FAILED"}
Role = Literal["vars", "input", "condition", "items", "seconds", "connection", "publish", "message", "output"]
_MUST_BE_SINGLE: Mapping[str, str] = {
    "condition": "a condition is one expression: a text would always count as true",
    "items": "items are a list, or one expression that gives one",
    "seconds": "seconds are a number, or one expression that gives one",
}


@dataclass(frozen=True)
class Site:
    """One text. `task` is None outside of tasks; `names` are the roots; `known` the name that it defines in CTX."""

    text: str
    pointer: str
    role: Role
    names: frozenset[str]
    task: Task | None = None
    transition: int | None = None
    defines: str | None = None


@dataclass(frozen=True)
class Compiled:
    """A site and its template."""

    site: Site
    template: Template


def single_needed(site: Site) -> str | None:
    """Why this place takes exactly one expression, if it does."""
    return _MUST_BE_SINGLE.get(site.role)


def sites(runbook: Runbook) -> Iterator[Site]:
    """All texts of a runbook that are templates, or that must be."""
    for name, value in runbook.vars.items():
        yield from _texts(value, f"/vars/{escape(name)}", "vars", START, defines=name)
    if runbook.connection is not None:
        yield from _texts(runbook.connection, "/connection", "connection", BASE)
    for task in runbook.tasks.values():
        yield from _task(task)
    for name, value in runbook.output.items():
        yield from _texts(value, f"/output/{escape(name)}", "output", BASE)


def _task(task: Task) -> Iterator[Site]:
    at, inside = task.pointer, BASE | {"item"} if task.with_items else BASE
    if task.with_items is not None and isinstance(task.with_items.items, str):
        yield Site(task.with_items.items, f"{at}/with/items", "items", BASE, task)
    elif task.with_items is not None:
        yield from _texts(task.with_items.items, f"{at}/with/items", "input", BASE, task)
    yield from _texts(dict(task.input), f"{at}/input", "input", inside, task)
    if task.connection is not None:
        yield from _texts(task.connection, f"{at}/connection", "connection", BASE, task)
    if task.until is not None:
        yield from _condition(task.until.when, f"{at}/until/when", inside | AFTER, task)
        for name in ("delay", "timeout"):
            value = getattr(task.until, name)
            if isinstance(value, str):
                yield Site(value, f"{at}/until/{name}", "seconds", inside, task)
    yield from _publish(task.publish, f"{at}/publish", task, None)
    for index, transition in enumerate(task.next or ()):
        yield from _condition(transition.when, f"{transition.pointer}/when", AFTER, task, index)
        yield from _publish(transition.publish, f"{transition.pointer}/publish", task, index)
        if transition.message is not None:
            yield from _texts(transition.message, f"{transition.pointer}/message", "message", AFTER, task, index)


def _condition(when: Any, pointer: str, names: frozenset[str], task: Task, index: int | None = None) -> Iterator[Site]:
    if isinstance(when, str):
        yield Site(when, pointer, "condition", names, task, index)


def _publish(names: Mapping[str, Any], pointer: str, task: Task, index: int | None) -> Iterator[Site]:
    for name, value in names.items():
        yield from _texts(value, f"{pointer}/{escape(name)}", "publish", AFTER, task, index, name)


def _texts(
    value: Any,
    pointer: str,
    role: Role,
    names: frozenset[str],
    task: Task | None = None,
    index: int | None = None,
    defines: str | None = None,
) -> Iterator[Site]:
    if is_template(value):
        yield Site(value, pointer, role, names, task, index, defines)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{pointer}/{escape(str(key))}", role, names, task, index)
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _texts(item, f"{pointer}/{position}", role, names, task, index)
