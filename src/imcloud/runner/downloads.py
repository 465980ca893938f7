"""Files behind objects: the address stays masked, the file is reachable."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imcloud.client import fetch_file
from imcloud.errors import ActionFailed, ErrorItem, ImcloudError, UnknownName, bare
from imcloud.pack import Pack
from imcloud.rendering import MISSING
from imcloud.results import Result
from imcloud.runner.connection import Connection
from imcloud.runner.execution import Call, admit
from imcloud.runner.options import CallOptions
from imcloud.runner.prepared import says
from imcloud.runner.shape import at, of_reply
from imcloud.strict_json import plain

if TYPE_CHECKING:
    from imcloud.runner.runner import Runner

POLL_SECONDS = 2.0


def download(
    runner: Runner,
    kind: str,
    id: str,
    out: Path,
    *,
    connection: str | Connection | None = None,
    wait: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch the file of object `id` to `out`, a file or an existing folder, and return the file's path.

    `wait` is for how many seconds to ask again while the file is not ready. Raises `UnknownName` for a kind without
    files, `ConfigError` for the connection, `ActionFailed` when there is no file, `DownloadFailed` when fetching fails.
    """
    found = _fetched(runner, kind, id, out, connection, wait, sleep)
    if isinstance(found, ImcloudError):
        raise found
    return found


def _fetched(
    runner: Runner,
    kind: str,
    id: str,
    out: Path,
    connection: str | Connection | None,
    wait: float,
    sleep: Callable[[float], None],
) -> Path | ImcloudError:
    """The failure is handed back and not raised: frames on its way hold the file's address, and that is a key."""
    try:
        return _fetch(runner, kind, id, out, connection, wait, sleep)
    except ImcloudError as failure:
        return bare(failure)


def _fetch(
    runner: Runner,
    kind: str,
    id: str,
    out: Path,
    connection: str | Connection | None,
    wait: float,
    sleep: Callable[[float], None],
) -> Path:
    pack, spec = _declared(runner, kind)
    opened = connection if isinstance(connection, Connection) else runner.connection(connection, pack=pack.name)
    data = _ready_object(runner, pack, spec, id, opened, wait, sleep)
    target = out / _file_name(runner, spec, data) if out.is_dir() else out
    return fetch_file(
        str(at(data, spec["url"])),
        target,
        max_bytes=int(spec["max_bytes"]),
        allow_loopback=opened.settings.loopback,
    )


def _declared(runner: Runner, kind: str) -> tuple[Pack, Mapping[str, Any]]:
    for pack in runner.packs.values():
        if kind in pack.manifest.get("downloads", {}):
            return pack, pack.manifest["downloads"][kind]
    known = sorted(kind for pack in runner.packs.values() for kind in pack.manifest.get("downloads", {}))
    raise UnknownName("kind of download", kind, known)


def _ready_object(
    runner: Runner,
    pack: Pack,
    spec: Mapping[str, Any],
    id: str,
    connection: Connection,
    wait: float,
    sleep: Callable[[float], None],
) -> Any:
    ready = runner.renderer.compile(spec["ready"], ("data",))
    failed = runner.renderer.compile(spec["failed"], ("data",))
    until = time.monotonic() + wait
    while True:
        call = admit(runner, pack.actions[spec["get"]], {spec["input"]: id}, connection, CallOptions())
        if isinstance(call, Result):
            call.raise_for_outcome()
            raise AssertionError("a refused call is never ok")
        data, shown = _unmasked(call)
        if says(ready, {"data": data}) and at(data, spec["url"]):
            return data
        if says(failed, {"data": data}):
            raise _not_there(shown, "the platform could not make the file")
        if time.monotonic() >= until:
            raise _not_there(shown, "the file is not ready yet")
        sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))


def _unmasked(call: Call) -> tuple[Any, Result]:
    """The object with its address, and the envelope in which the address is masked."""
    reply = call.connection.client.send(call.wire, retry=True, deadline=None)
    shown = of_reply(call, reply)
    shown.raise_for_outcome()
    return plain(reply.body)[0], shown


def _not_there(shown: Result, message: str) -> ActionFailed:
    item = ErrorItem("not_found", message, retryable=True, status_code=shown.status_code)
    return ActionFailed(f"{shown.action}: {item.message}", shown)


def _file_name(runner: Runner, spec: Mapping[str, Any], data: Any) -> str:
    name = runner.renderer.render(spec["name"], {"data": data})
    text = "download" if name is MISSING else str(name)
    return "".join(char if char.isalnum() or char in " ._-" else "_" for char in text).strip(" .") or "download"
