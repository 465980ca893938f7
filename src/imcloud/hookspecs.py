"""The whole extension surface. A plugin is a module or object whose functions carry `@hookimpl`.

Installed distributions register theirs through the entry point group `imcloud`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from imcloud.pack import Action
    from imcloud.results import Result
    from imcloud.runner import CallOptions, Connection, Runner

hookspec = pluggy.HookspecMarker("imcloud")
hookimpl = pluggy.HookimplMarker("imcloud")


@hookspec
def register_packs() -> Iterable[Path]:  # type: ignore[empty-body]  # a specification has no body
    """Return the folders of the packs that the plugin brings, each with a manifest.yaml."""


@hookspec(firstresult=True)
def run_action(
    runner: Runner, action: Action, inputs: Mapping[str, Any], connection: Connection, options: CallOptions
) -> Result | None:
    """Run one call, for example from a recording; the first result counts, the built-in implementation comes last."""


@hookspec(firstresult=True)
def get_auth(connection: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return headers that sign in instead of the pack's own sign-in; `connection` is {name, kind, host, ...}."""


@hookspec
def prepare_jinja2_environment(env: SandboxedEnvironment) -> None:
    """Add filters and tests to the environment of expressions; the allow-list of syntax still applies."""


@hookspec
def action_finished(action: str, result: Mapping[str, Any]) -> None:
    """Look at a finished call, for an audit; `result` is the envelope, secrets already masked."""
