"""What a run came to, as plain data with one exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from imcloud.runbooks.machine import RunState, Step
from imcloud.runbooks.model import FAIL

RunOutcome = Literal["done", "not_applied", "partly_applied", "unknown"]
_BAD_INPUT = {"input", "template", "config"}


@dataclass(frozen=True)
class RunResult:
    """What a run of a runbook came to.

    `outcome` is about changes in the world: `done`, `not_applied` (a failure before the first change),
    `partly_applied`, or `unknown`. `writes` lists every change that was tried, `tasks` the latest envelope of each
    task, `sequence` the way taken. `output` holds null for what was not known at the end.
    """

    runbook: str
    run_id: str
    ok: bool
    outcome: RunOutcome
    exit_code: int
    output: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequence: list[dict[str, Any]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    coerced: list[dict[str, Any]] = field(default_factory=list)
    connection: dict[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    elapsed_ms: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready data, all keys always present."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Verdict:
    """`ok`, `outcome` and `exit_code` of a run."""

    ok: bool
    outcome: RunOutcome
    exit_code: int


def judge(state: RunState, step: Step, last: Mapping[str, Any] | None) -> Verdict:
    """The verdict over a run that ended with `step`; `last` is the envelope of the last task."""
    outcomes = {write["outcome"] for write in state.writes}
    applied = "done" in outcomes
    if "unknown" in outcomes:
        return Verdict(False, "unknown", 3)
    if step.to != FAIL:
        if any(envelope.get("failed") for envelope in state.tasks.values()):
            return Verdict(False, "partly_applied", 4)
        return Verdict(True, "done", 5 if last is not None and last.get("pending") else 0)
    if last is not None and any(error.get("rule") == "until" for error in step.errors):
        # Waiting took too long: what was asked for was accepted, and goes on without us.
        return Verdict(False, "partly_applied" if applied else "not_applied", 5)
    if applied:
        return Verdict(False, "partly_applied", 4)
    kinds = {error["kind"] for error in step.errors if error.get("rule") not in ("fail", "transition")}
    own = any(error.get("rule") in ("fail", "transition") for error in step.errors)
    return Verdict(False, "not_applied", 2 if kinds and kinds <= _BAD_INPUT and not own else 1)
