"""What a runbook is once its file is loaded: plain frozen data, still unrendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

END = "end"
FAIL = "fail"


@dataclass(frozen=True)
class Transition:
    """One way on from a task: taken when `when` is true or absent; `do` is a task, `end` or `fail`."""

    do: str
    when: Any = None
    conditional: bool = False
    publish: Mapping[str, Any] = field(default_factory=dict)
    message: Any = None
    pointer: str = ""


@dataclass(frozen=True)
class WithItems:
    """A task done once for each item; `concurrency` items at a time, results in the sequence of the items."""

    items: Any
    concurrency: int = 1
    on_error: Literal["fail", "continue"] = "fail"


@dataclass(frozen=True)
class Until:
    """A task repeated every `delay` seconds until `when` is true, for at most `timeout` seconds."""

    when: Any
    delay: Any
    timeout: Any = None


@dataclass(frozen=True)
class Task:
    """One task. `next` is None when the file gives none: then success flows to the task below."""

    name: str
    action: str
    input: Mapping[str, Any] = field(default_factory=dict)
    publish: Mapping[str, Any] = field(default_factory=dict)
    next: tuple[Transition, ...] | None = None
    with_items: WithItems | None = None
    until: Until | None = None
    timeout: float | None = None
    connection: Any = None
    pointer: str = ""


@dataclass(frozen=True)
class Runbook:
    """A loaded runbook. `inputs` is a JSON Schema; `lines` tells the line of every JSON pointer of the file."""

    name: str
    title: str
    description: str
    keywords: tuple[str, ...]
    connection: Any
    inputs: dict[str, Any]
    vars: Mapping[str, Any]
    tasks: Mapping[str, Task]
    output: Mapping[str, Any]
    path: str
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    text: str = field(default="", compare=False, repr=False)

    def below(self, name: str) -> str | None:
        """The task that stands below another one in the file, or None for the last."""
        names = list(self.tasks)
        index = names.index(name) + 1
        return names[index] if index < len(names) else None

    def line(self, pointer: str) -> int:
        """The line of a pointer, or of the closest thing around it that has one."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


def escape(key: str) -> str:
    """A key as a segment of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def build(value: Mapping[str, Any], path: str, lines: Mapping[str, int], text: str) -> Runbook:
    """A runbook from data that its meta-schema has accepted."""
    tasks = {name: _task(name, raw) for name, raw in value["tasks"].items()}
    return Runbook(
        name=value["runbook"],
        title=value["title"],
        description=value.get("description", ""),
        keywords=tuple(value.get("keywords", ())),
        connection=value.get("connection"),
        inputs=value.get("inputs", {"type": "object", "properties": {}, "additionalProperties": False}),
        vars=value.get("vars", {}),
        tasks=tasks,
        output=value.get("output", {}),
        path=path,
        lines=lines,
        text=text,
    )


def _task(name: str, raw: Mapping[str, Any]) -> Task:
    pointer = f"/tasks/{escape(name)}"
    following = raw.get("next")
    many, until = raw.get("with"), raw.get("until")
    return Task(
        name=name,
        action=raw["action"],
        input=raw.get("input") or {},
        publish=raw.get("publish") or {},
        next=None
        if following is None
        else tuple(_transition(t, f"{pointer}/next/{i}") for i, t in enumerate(following)),
        with_items=None if many is None else WithItems(**many),
        until=None if until is None else Until(**until),
        timeout=raw.get("timeout"),
        connection=raw.get("connection"),
        pointer=pointer,
    )


def _transition(raw: Mapping[str, Any], pointer: str) -> Transition:
    return Transition(
        do=raw["do"],
        when=raw.get("when"),
        conditional="when" in raw and raw["when"] is not True,
        publish=raw.get("publish") or {},
        message=raw.get("message"),
        pointer=pointer,
    )
