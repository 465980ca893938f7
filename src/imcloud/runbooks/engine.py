"""Runs a runbook in this process, one task after the other.

The walk itself is `machine`'s, one task is a `TaskExecutor`'s: another engine can drive the same two parts.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from imcloud.errors import ErrorItem, ImcloudError
from imcloud.inputs import secret_texts, validate_inputs
from imcloud.pack import Action, Pack
from imcloud.rendering.expressions import RenderProblem
from imcloud.results import Result
from imcloud.runbooks.check import check
from imcloud.runbooks.events import Event, OnEvent, RunFinished, RunStarted, TaskFinished
from imcloud.runbooks.loading import plain_inputs
from imcloud.runbooks.machine import Envelope, RunState, Step, advance, arrive, begin, roots, template_error
from imcloud.runbooks.model import END, FAIL, Runbook
from imcloud.runbooks.outcome import RunResult, Verdict, judge
from imcloud.runbooks.tasks import Call, InProcess, Job, TaskExecutor
from imcloud.runbooks.templates import Dialect
from imcloud.runbooks.values import OMIT, SimulatedValue
from imcloud.secrets import Masker


class ActionRunner(Protocol):
    """What a run needs of the runner."""

    @property
    def packs(self) -> Mapping[str, Pack]:
        """The packs by name."""

    def run_action(self, action: str, inputs: Any = None, **options: Any) -> Result:
        """One call of an action."""

    def connection(self, name: Any = None) -> Any:
        """An opened connection."""


@dataclass(frozen=True)
class Options:
    """How a run is carried out. `clock` is monotonic and in seconds; `sleep` waits for seconds."""

    connection: Any = None
    on_event: OnEvent | None = None
    yes: bool = False
    confirm: Callable[[Any], bool] | None = None
    dry_run: bool = False
    variables: Mapping[str, Any] | None = None
    run_id: str | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    executor: TaskExecutor | None = None
    dialect: Dialect | None = None


def run_runbook(
    runbook: Runbook, inputs: Mapping[str, Any] | None = None, *, runner: ActionRunner, **options: Any
) -> RunResult:
    """Check the runbook and its inputs, then run it. Options: see `Options`.

    Never raises for what the world, the runbook or the inputs do: a runbook that does not lint clean of errors, and
    inputs that do not fit, are results with exit code 2 and nothing sent. Ctrl-C ends the run with exit code 130.
    """
    chosen = Options(**options)
    return _Run(runbook, runner, chosen, chosen.dialect or dialect_of(runner)).result(dict(inputs or {}))


@dataclass
class _Run:
    runbook: Runbook
    runner: ActionRunner
    options: Options
    dialect: Dialect
    lock: threading.Lock = field(default_factory=threading.Lock)
    masker: Masker = field(default_factory=Masker)

    def __post_init__(self) -> None:
        self.run_id = self.options.run_id or f"run-{uuid.uuid4().hex[:12]}"
        self.started = self.options.clock()
        self.silenced = False

    def result(self, given: dict[str, Any]) -> RunResult:
        faults = [
            finding for finding in check(self.runbook, self.runner.packs, self.dialect) if finding.severity == "error"
        ]
        if faults:
            errors = [ErrorItem("config", str(fault), hint=fault.hint or None, rule=fault.code) for fault in faults]
            return self._refused([error.to_dict() for error in errors])
        schema = plain_inputs(self.runbook)
        checked = validate_inputs(schema, with_defaults(schema, given))
        if checked.errors:
            return self._refused([error.to_dict() for error in checked.errors])
        try:
            self._learn(schema, checked.clean)
            variables = self.options.variables
            if variables is None:
                variables = variables_from(getattr(self.runner, "env", os.environ))
            state = begin(self.runbook, self.dialect, checked.clean, variables, self.run_id)
            pinned = self._pinned()
        except RenderProblem as problem:
            return self._refused([template_error(problem)])
        except ImcloudError as error:
            return self._refused([ErrorItem("config", str(error)).to_dict()])
        return self._walk(state, pinned, [dict(change) for change in checked.coerced])

    def _walk(self, state: RunState, pinned: bool, coerced: list[dict[str, Any]]) -> RunResult:
        self._emit(RunStarted(self.run_id, self.runbook.name, self.runbook.title, len(self.runbook.tasks)))
        executor = self.options.executor or self._in_process()
        step, last, verdict = Step(END), None, None
        try:
            while state.at is not None:
                step, last = self._task(executor, state, pinned)
        except SimulatedValue as stop:
            state.cut_short = True
            state.warnings.append(f"the dry run ends before {state.at}: it needs what {stop.task} would have returned")
            step = Step(END)
        except RenderProblem as problem:
            step = Step(FAIL, errors=(template_error(problem),))
        except KeyboardInterrupt:
            step, verdict = self._interrupted(state)
        return self._finished(state, step, verdict or judge(state, step, last), coerced)

    def _task(self, executor: TaskExecutor, state: RunState, pinned: bool) -> tuple[Step, Envelope]:
        assert state.at is not None
        task = self.runbook.tasks[state.at]
        visit, seen = arrive(state, task), roots(state)
        connection = self._connection(task.connection, seen, f"{task.pointer}/connection", pinned)
        envelope = executor(Job(task, visit, seen, connection, self.options.dry_run))
        step = advance(self.runbook, self.dialect, state, task, envelope, writes=self._wrote(task.action, envelope))
        message = next((error["message"] for error in (*step.errors, *envelope["errors"])), step.message)
        outcome, elapsed = envelope["outcome"], envelope["elapsed_ms"]
        self._emit(
            TaskFinished(task.name, task.action, visit, envelope["ok"], outcome, elapsed, step.to, self._said(message))
        )
        return step, envelope

    def _said(self, message: str | None) -> str | None:
        return None if message is None else self.masker.text(message)

    def _connection(self, own: Any, seen: Mapping[str, Any], where: str, pinned: bool) -> Any:
        if own is not None and not pinned:
            return self.dialect.value(own, seen, where)
        if self.options.connection is not None or self.runbook.connection is None:
            return self.options.connection
        return self.dialect.value(self.runbook.connection, seen, "/connection")

    def _pinned(self) -> bool:
        """A rehearsal stays in the sandbox: a sandbox named by the caller also holds for tasks that name another."""
        if self.options.connection is None or all(task.connection is None for task in self.runbook.tasks.values()):
            return False
        named = self.options.connection
        opened = self.runner.connection(named) if isinstance(named, str) else named
        return bool(opened.settings.kind == "sandbox")

    def _in_process(self) -> InProcess:
        options = self.options
        return InProcess(self.dialect, self._call, self._writes, self._emit, options.clock, options.sleep)

    def _learn(self, schema: Mapping[str, Any], inputs: Any) -> None:
        """Know from now on what must not stand in the run's record, wherever a task takes it."""
        with self.lock:
            self.masker = self.masker.knowing(secret.reveal() for secret in secret_texts(schema, inputs))

    def _call(self, call: Call) -> Result:
        options = self.options
        for entry in self._entries(call.action):
            self._learn(entry.inputs, call.inputs)
        try:
            return self.runner.run_action(
                call.action,
                call.inputs,
                connection=call.connection,
                dry_run=options.dry_run and self._writes(call.action),
                yes=options.yes,
                confirm=options.confirm,
                deadline=call.deadline,
                identity=(self.run_id, call.task, call.item, call.visit),
            )
        except ImcloudError as error:
            return Result(call.action, False, "not_applied", {}, errors=(ErrorItem("config", str(error)),))
        except Exception as error:  # a plugin's fault must not lose what the run already did
            doubt = self._writes(call.action) and not options.dry_run
            item = ErrorItem("outcome_unknown" if doubt else "config", f"the call broke off: {type(error).__name__}")
            return Result(call.action, False, "unknown" if doubt else "not_applied", {}, errors=(item,))

    def _writes(self, ref: str) -> bool:
        return next((action.writes for action in self._entries(ref)), True)

    def _entries(self, ref: str) -> list[Action]:
        pack, _, name = ref.rpartition(".")
        packs = self.runner.packs
        found = [packs[pack]] if pack in packs else list(packs.values())
        return [entry.actions[name] for entry in found if name in entry.actions]

    def _wrote(self, ref: str, envelope: Envelope) -> bool:
        """Whether a finished task changed something, or may have: an action with a free method does not by a GET."""
        sent = (envelope.get("collected_results") or [envelope])[0].get("request") or {}
        return self._writes(ref) and sent.get("method") != "GET"

    def _interrupted(self, state: RunState) -> tuple[Step, Verdict]:
        name = state.at or ""
        doubt = (
            name in self.runbook.tasks and self._writes(self.runbook.tasks[name].action) and not self.options.dry_run
        )
        text = f"interrupted at {name}" + (
            ": whether its change was made is not known, look before running again" if doubt else ""
        )
        kind = "outcome_unknown" if doubt else "input"
        error = (
            ErrorItem("outcome_unknown", text)
            if kind == "outcome_unknown"
            else ErrorItem("input", text, rule="interrupted")
        )
        applied = any(write["outcome"] == "done" for write in state.writes)
        outcome: Any = "unknown" if doubt else "partly_applied" if applied else "not_applied"
        return Step(FAIL, errors=(error.to_dict(),)), Verdict(False, outcome, 130)

    def _finished(self, state: RunState, step: Step, verdict: Verdict, coerced: list[dict[str, Any]]) -> RunResult:
        elapsed = round((self.options.clock() - self.started) * 1000)
        connection: dict[str, Any] = next((e["connection"] for e in state.tasks.values() if e["connection"]), {})
        masked = self.masker.data
        result = RunResult(
            runbook=self.runbook.name,
            run_id=self.run_id,
            ok=verdict.ok,
            outcome=verdict.outcome,
            exit_code=verdict.exit_code,
            output=masked(self._output(state, complain=step.to != FAIL and not state.cut_short)),
            tasks=masked(state.tasks),
            sequence=masked(state.sequence),
            writes=state.writes,
            errors=masked(list(step.errors)),
            warnings=masked(state.warnings),
            coerced=masked(coerced),
            connection=connection,
            dry_run=self.options.dry_run,
            elapsed_ms=elapsed,
        )
        self._emit(RunFinished(self.run_id, verdict.ok, verdict.outcome, verdict.exit_code, elapsed))
        return result

    def _output(self, state: RunState, *, complain: bool) -> dict[str, Any]:
        """What is known at the end. The changes are made by now: a hole in the output is a warning, not a failure."""
        seen, output = roots(state), {}
        for name, value in self.runbook.output.items():
            try:
                rendered = self.dialect.value(value, seen, f"/output/{name}")
                if rendered is not OMIT:
                    output[name] = rendered
            except SimulatedValue:
                output[name] = None
            except RenderProblem as problem:
                output[name] = None
                if complain:
                    state.warnings.append(f"output {name} is null: {problem.message}")
        return output

    def _refused(self, errors: list[dict[str, Any]]) -> RunResult:
        return RunResult(
            self.runbook.name, self.run_id, False, "not_applied", 2, errors=errors, dry_run=self.options.dry_run
        )

    def _emit(self, event: Event) -> None:
        if self.options.on_event is None or self.silenced:
            return
        with self.lock:
            try:
                self.options.on_event(event)
            except Exception:  # a broken progress bar must not break a run in the middle of a change
                self.silenced = True


def dialect_of(runner: ActionRunner) -> Dialect:
    """The dialect with what the runner's plugins add to it."""
    hook = getattr(getattr(runner, "plugins", None), "hook", None)
    return Dialect() if hook is None else Dialect(lambda env: hook.prepare_jinja2_environment(env=env))


def with_defaults(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with the defaults of the properties that are not given; defaults are constants, never templates."""
    defaults = {
        name: property_["default"]
        for name, property_ in schema.get("properties", {}).items()
        if isinstance(property_, Mapping) and "default" in property_ and name not in given
    }
    return {**given, **defaults}


def variables_from(env: Mapping[str, str]) -> dict[str, Any]:
    """`ORG.VARIABLES` from the environment: `IMCLOUD_VARIABLES` holds a JSON object. Raises `ImcloudError`."""
    text = env.get("IMCLOUD_VARIABLES", "")
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ImcloudError("IMCLOUD_VARIABLES must hold a JSON object")
    return value
