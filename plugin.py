"""The built-in plugin: this folder's pack, and the implementation that runs calls for real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imcloud.hookspecs import hookimpl

if TYPE_CHECKING:
    from imcloud.pack import Action
    from imcloud.results import Result
    from imcloud.runner import CallOptions, Connection, Runner


@hookimpl
def register_packs() -> list[Path]:
    """The pack in whose folder this file stands."""
    return [Path(__file__).resolve().parent]


@hookimpl(trylast=True)
def run_action(
    runner: Runner, action: Action, inputs: Mapping[str, Any], connection: Connection, options: CallOptions
) -> Result:
    """Run the call over the connection."""
    from imcloud.runner.execution import execute

    return execute(runner, action, inputs, connection, options)
