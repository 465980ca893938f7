"""Runbooks: templated sequences of actions, checked before they run, in the vocabulary of Rewst and Orquesta.

`run_runbook` runs one, `check_file` (and `imcloud.runbooks.check.check`) lint; `find_runbook`, `load_runbook` and
`list_runbooks` read files.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imcloud.runbooks.engine import ActionRunner
    from imcloud.runbooks.model import Runbook
    from imcloud.runbooks.outcome import RunResult

_PUBLIC = {
    "RULES": "check",
    "ActionRunner": "engine",
    "Dialect": "templates",
    "Runbook": "model",
    "RunbookInvalid": "loading",
    "RunResult": "outcome",
    "check_file": "check",
    "find_runbook": "loading",
    "list_runbooks": "loading",
    "load_runbook": "loading",
    "parse_runbook": "loading",
}
__all__ = [  # resolved on first use
    "RULES",
    "ActionRunner",
    "Dialect",
    "RunResult",
    "Runbook",
    "RunbookInvalid",
    "check_file",
    "find_runbook",
    "list_runbooks",
    "load_runbook",
    "parse_runbook",
    "run_runbook",
]


def run_runbook(
    runbook: Runbook | str | Path, inputs: dict[str, Any] | None = None, *, runner: ActionRunner, **options: Any
) -> RunResult:
    """Run a runbook, given loaded, by name (`pack.name` or `name`) or as a file.

    Options: `connection`, `on_event`, `yes`, `confirm`, `dry_run`, `variables`, `run_id`; see
    `imcloud.runbooks.engine.Options`.

    Raises `UnknownName` and `RunbookInvalid` when there is no such runbook; what happens in the run is in the result.
    """
    from imcloud.runbooks import engine, loading, model

    found = runbook if isinstance(runbook, model.Runbook) else loading.find_runbook(runbook, runner.packs)
    return engine.run_runbook(found, inputs, runner=runner, **options)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"imcloud.runbooks.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'imcloud.runbooks' has no attribute {name!r}")
