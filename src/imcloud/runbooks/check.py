"""Lint of runbooks: everything that can be known before the first call, with rule codes and lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imcloud.findings import Finding
from imcloud.pack import Pack
from imcloud.rendering.expressions import RenderProblem
from imcloud.runbooks.check_actions import action_remarks, find_actions, input_schema_remarks
from imcloud.runbooks.check_flow import Flow, Remark
from imcloud.runbooks.check_paths import path_remarks
from imcloud.runbooks.check_rows import row_remarks
from imcloud.runbooks.check_sites import Compiled, single_needed, sites
from imcloud.runbooks.check_types import Types
from imcloud.runbooks.loading import RunbookInvalid, load_runbook
from imcloud.runbooks.model import Runbook
from imcloud.runbooks.templates import Dialect, UnknownRoot

RULES: Mapping[str, str] = {
    "RB001": "the file is not YAML, or not shaped like a runbook",
    "RB002": "a key that the format does not have",
    "RB003": "a template that does not parse, or uses what is not there",
    "RB004": "a name that does not exist, or not in this place",
    "RB005": "text where one expression must stand",
    "RB010": "an action that does not exist",
    "RB011": "an input that the action does not have",
    "RB012": "a required input is missing",
    "RB013": "a value that does not fit the action's input schema",
    "RB014": "a deprecated action",
    "RB020": "a task that does not exist",
    "RB021": "a field that cannot be there",
    "RB022": "a task that cannot have run before",
    "RB023": "a name in CTX that is never defined",
    "RB030": "a task that can never be reached",
    "RB031": "a transition to a task that does not exist",
    "RB032": "a transition that is never taken",
    "RB033": "several ways at once",
    "RB034": "waiting without a limit",
    "RB035": "a loop without a way out",
    "RB036": "a change that would be repeated",
    "RB040": "a secret that would be written down",
    "RB041": "the first row of a similarity search feeds a change",
    "RB050": "inputs of the runbook that are no usable schema",
}
WARNINGS = frozenset({"RB014", "RB041"})


def check(runbook: Runbook, packs: Mapping[str, Pack], dialect: Dialect | None = None) -> list[Finding]:
    """All findings about a loaded runbook, in the sequence of their lines. `RULES` says what each code means."""
    remarks: list[Remark] = [*input_schema_remarks(runbook, packs)]
    compiled: list[Compiled] = []
    for site in sites(runbook):
        entry = _compile(site, dialect or Dialect(), remarks)
        if entry is not None:
            compiled.append(entry)
    actions, unknown = find_actions(runbook, packs)
    remarks += unknown
    for name, action in actions.items():
        remarks += action_remarks(runbook.tasks[name], action)
    conditions = {entry.site.pointer: entry.template for entry in compiled if entry.site.role == "condition"}
    flow = Flow(runbook, conditions)
    remarks += flow.remarks()
    types = Types(runbook, actions, compiled)
    for entry in compiled:
        remarks += path_remarks(entry, types, flow)
    remarks += row_remarks(flow, actions, packs, compiled)
    return sorted(set(_findings(runbook, remarks)))


def check_file(path: str | Path, packs: Mapping[str, Pack]) -> list[Finding]:
    """All findings about a file, also when it is not a runbook at all."""
    try:
        return check(load_runbook(path), packs)
    except RunbookInvalid as invalid:
        return list(invalid.findings)


def _compile(site: Any, dialect: Dialect, remarks: list[Remark]) -> Compiled | None:
    try:
        template = dialect.compile(site.text, site.names, site.pointer)
    except UnknownRoot as problem:
        remarks.append(("RB004", site.pointer, problem.message, ""))
        return None
    except RenderProblem as problem:
        remarks.append(("RB003", site.pointer, problem.message, ""))
        return None
    why = single_needed(site)
    if why is not None and not template.single:
        remarks.append(("RB005", site.pointer, why, "write it as {{ ... }} and nothing around it"))
    return Compiled(site, template)


def _findings(runbook: Runbook, remarks: list[Remark]) -> Iterator[Finding]:
    for code, pointer, message, hint in remarks:
        severity: Any = "warning" if code in WARNINGS else "error"
        where = message if message.startswith("/") else f"{pointer or 'the runbook'}: {message}"
        yield Finding(runbook.path, runbook.line(pointer), code, severity, where, hint)
