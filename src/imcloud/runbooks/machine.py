"""The walk over the tasks: state and a task's answer in, the next step out. Calls nothing and waits for nothing.

`RunState` is plain data (a dry run's simulated values apart), so that an engine that outlives its process can keep it
between two steps and go on from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.rendering.expressions import RenderProblem
from imcloud.runbooks.dialect import Whole, utilities
from imcloud.runbooks.model import END, FAIL, Runbook, Task, Transition
from imcloud.runbooks.templates import Dialect
from imcloud.runbooks.values import Simulated

MAX_VISITS = 1_000
Envelope = dict[str, Any]


@dataclass
class RunState:
    """Everything the run knows. `context` is CTX, `tasks` the latest envelope of each task, `at` the next task."""

    run_id: str
    context: dict[str, Any]
    variables: dict[str, Any]
    at: str | None
    tasks: dict[str, Envelope] = field(default_factory=dict)
    simulated: set[str] = field(default_factory=set)
    visits: dict[str, int] = field(default_factory=dict)
    sequence: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cut_short: bool = False


@dataclass(frozen=True)
class Step:
    """Where the run goes: `to` is a task, `end` or `fail`; `errors` say why it fails."""

    to: str
    transition: int | None = None
    message: str | None = None
    errors: tuple[dict[str, Any], ...] = ()


def begin(
    runbook: Runbook, dialect: Dialect, inputs: Mapping[str, Any], variables: Mapping[str, Any], run_id: str
) -> RunState:
    """The state before the first task: inputs with their defaults, then `vars`. Raises `RenderProblem`."""
    state = RunState(run_id, dict(inputs), dict(variables), next(iter(runbook.tasks)))
    publish(state, dialect, runbook.vars, roots(state), "/vars")
    return state


def roots(state: RunState, result: Envelope | None = None, task: str = "") -> dict[str, Any]:
    """What expressions can see; with a result also `RESULT`, `SUCCEEDED` and `FAILED`."""
    seen: dict[str, Any] = {
        "CTX": Whole(state.context),
        "TASKS": {name: _view(state, name, envelope) for name, envelope in state.tasks.items()},
        "ORG": {"VARIABLES": state.variables},
        "UTILS": utilities(),
    }
    if result is not None:
        seen |= {"RESULT": _view(state, task, result), "SUCCEEDED": result["ok"], "FAILED": not result["ok"]}
    return seen


def _view(state: RunState, name: str, envelope: Envelope) -> Envelope:
    # Rewst wraps a result twice: `RESULT.result.data` is what its users write.
    shown = {**envelope, "data": Simulated(name)} if name in state.simulated else envelope
    return {**shown, "result": shown}


def publish(state: RunState, dialect: Dialect, names: Mapping[str, Any], seen: Mapping[str, Any], where: str) -> None:
    """Put names into CTX, from top to bottom: a later one sees the earlier ones. Raises `RenderProblem`."""
    for name, value in names.items():
        state.context[name] = dialect.value(value, seen, f"{where}/{name}", keep_simulated=True)
        seen["CTX"][name] = state.context[name]


def arrive(state: RunState, task: Task) -> int:
    """Count a visit of a task. Raises `RenderProblem` when a loop does not end."""
    visit = state.visits.get(task.name, 0) + 1
    if visit > MAX_VISITS:
        raise RenderProblem(f"the task was run {MAX_VISITS} times: the loop does not end", task.pointer)
    state.visits[task.name] = visit
    return visit


def advance(
    runbook: Runbook, dialect: Dialect, state: RunState, task: Task, envelope: Envelope, *, writes: bool
) -> Step:
    """Take in a task's answer and decide where to go. Raises `SimulatedValue` when a dry run cannot tell."""
    state.tasks[task.name] = envelope
    heard = [f"{task.name}: {warning}" for warning in envelope["warnings"]]
    state.warnings += [warning for warning in heard if warning not in state.warnings]
    simulated = bool(writes and envelope.get("dry_run") and envelope["ok"])
    (state.simulated.add if simulated else state.simulated.discard)(task.name)
    if writes and not simulated:
        _record_writes(state, task, envelope)
    entry = {
        "task": task.name,
        "visit": state.visits.get(task.name, 1),
        "ok": envelope["ok"],
        "outcome": envelope["outcome"],
    }
    state.sequence.append(entry)
    step = _choose(runbook, dialect, state, task, envelope, writes)
    entry |= {"to": step.to, "transition": step.transition}
    state.at = None if step.to in (END, FAIL) else step.to
    return step


def _record_writes(state: RunState, task: Task, envelope: Envelope) -> None:
    visit = state.visits.get(task.name, 1)
    parts = enumerate(envelope["items"]) if "items" in envelope else [(None, envelope)]
    for index, part in parts:
        line = {"task": task.name, "visit": visit, "item": index, "action": task.action}
        state.writes.append({**line, "ok": part["ok"], "outcome": part["outcome"]})


def _choose(runbook: Runbook, dialect: Dialect, state: RunState, task: Task, envelope: Envelope, writes: bool) -> Step:
    if writes and envelope["outcome"] == "unknown":
        return Step(
            FAIL,
            errors=tuple(envelope["errors"]),
            message="it is not known whether the change was made: a person must look",
        )
    seen = roots(state, envelope, task.name)
    try:
        if envelope["ok"]:
            publish(state, dialect, task.publish, seen, f"{task.pointer}/publish")
        if task.next is None:
            return _without_next(runbook, task, envelope)
        for index, transition in enumerate(task.next):
            if _taken(dialect, transition, seen):
                return _take(dialect, state, transition, index, seen)
    except RenderProblem as problem:
        return Step(FAIL, errors=(template_error(problem),))
    if envelope["ok"]:
        message = f"{task.name} succeeded, and none of its transitions is true"
        return Step(FAIL, errors=(ErrorItem("input", message, rule="transition", pointer=task.pointer).to_dict(),))
    return Step(FAIL, errors=tuple(envelope["errors"]))


def _without_next(runbook: Runbook, task: Task, envelope: Envelope) -> Step:
    if envelope["ok"]:
        return Step(runbook.below(task.name) or END)
    return Step(FAIL, errors=tuple(envelope["errors"]))


def _taken(dialect: Dialect, transition: Transition, seen: Mapping[str, Any]) -> bool:
    if not transition.conditional:
        return transition.when is not False
    return truth(dialect.value(transition.when, seen, f"{transition.pointer}/when"), f"{transition.pointer}/when")


def truth(value: Any, where: str) -> bool:
    """Whether a condition holds. Raises `RenderProblem` for the texts "true" and "false": both are filled texts."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        raise RenderProblem(f"the condition is the text {value.strip()!r}, not true or false", where)
    return bool(value)


def _take(dialect: Dialect, state: RunState, transition: Transition, index: int, seen: dict[str, Any]) -> Step:
    publish(state, dialect, transition.publish, seen, f"{transition.pointer}/publish")
    message = None
    if transition.message is not None:
        message = " ".join(str(dialect.value(transition.message, seen, f"{transition.pointer}/message")).split())
    if transition.do != FAIL:
        return Step(transition.do, index, message)
    text = message or "the runbook ends here with a failure"
    earlier = () if seen["SUCCEEDED"] else tuple(seen["RESULT"]["errors"])
    error = ErrorItem("input", text, pointer=transition.pointer, rule="fail").to_dict()
    return Step(FAIL, index, message, (error, *earlier))


def template_error(problem: RenderProblem) -> dict[str, Any]:
    """A template's problem as an error item; the pointer is the template's place in the runbook."""
    return ErrorItem("template", problem.message, pointer=problem.where, rule="template").to_dict()
