"""The functions of `import imcloud`: one runner for the process, made on first use."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from imcloud.results import Result
from imcloud.runner import Connection, Option, RowStream, Runner


@cache
def default_runner() -> Runner:
    """The process's own runner, with every installed plugin; closed when the process ends."""
    runner = Runner()
    atexit.register(runner.close)
    return runner


def run_action(action: str, inputs: Mapping[str, Any] | None = None, **options: Any) -> Result:
    """Run one action: `run_action("list_things", {"name": "x"}, connection="eu", dry_run=True)`.

    Options: `connection` (a name or an open `Connection`), `context`, `dry_run`, `max_items`, `deadline` (seconds a
    request), `yes`, `confirm`, `interactive`, `on_page`. Returns the envelope also when the call failed. Raises
    `UnknownName` for an unknown action, `PackError` for a broken pack.
    """
    return default_runner().run_action(action, inputs, **options)


def iter_action(action: str, inputs: Mapping[str, Any] | None = None, **options: Any) -> RowStream:
    """The rows of a list action as they arrive; afterwards `.page` tells whether the list was complete."""
    return default_runner().iter_action(action, inputs, **options)


def options(action: str, field: str, inputs: Mapping[str, Any] | None = None, **settings: Any) -> list[Option]:
    """The choices for a field that holds a typed id; settings: `search`, `connection`, `limit`."""
    return default_runner().options(action, field, inputs, **settings)


def connect(name: str | None = None, **fields: Any) -> Connection:
    """Open a connection by name, or from the fields of the pack's connection form. Raises `ConfigError`."""
    return default_runner().open_connection(name, explicit=fields or None)


def download(
    kind: str, id: str, out: str | Path, *, connection: str | Connection | None = None, wait: float = 0.0
) -> Path:
    """Fetch the file behind an object of `kind` to `out` (a file or a folder) and return its path.

    `wait` is for how many seconds to ask again while the file is not ready.

    Raises `UnknownName`, `ConfigError` and `ActionFailed`.
    """
    return default_runner().download(kind, id, out, connection=connection, wait=wait)


def downloader(kind: str) -> Callable[..., Path]:
    """`download_<kind>` for a kind that a pack declares. Raises AttributeError for any other."""
    if not any(kind in pack.manifest.get("downloads", {}) for pack in default_runner().packs.values()):
        raise AttributeError(f"module 'imcloud' has no attribute 'download_{kind}'")
    return partial(download, kind)


def run_runbook(runbook: str | Path, inputs: Mapping[str, Any] | None = None, **options: Any) -> Any:
    """Run a runbook by name or file and return its result; options as in `imcloud.runbooks.run_runbook`."""
    from imcloud.runbooks import run_runbook as run

    return run(runbook, dict(inputs or {}), runner=default_runner(), **options)
