"""Asks the sandbox itself whether a call happened: its ledger is the witness, the answer alone proves nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from imcloud.results import Result

TIMEOUT = 10.0


class Witness:
    """Reads the ledger of the sandbox behind `base_url`, and moves its clock instead of waiting."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._admin = f"{parts.scheme}://{parts.netloc}/_sandbox"
        # No proxy of the environment stands between two ends of the same machine.
        self._opener = build_opener(ProxyHandler({}))
        self._ahead = 0.0

    def proves(self, result: Result, *, writes: bool) -> bool:
        """Whether the ledger holds this very call, answered as the result says, and its effect if it was a write."""
        if not result.ok or not result.correlation_id or not result.request:
            return False
        with suppress(OSError, ValueError, KeyError, TypeError):
            entries = self._call(f"ledger?correlation_id={quote(result.correlation_id, safe='')}")["data"]
            return any(_same(entry, result) and (not writes or entry.get("effect")) for entry in entries)
        return False

    def sleep(self, seconds: float) -> None:
        """Let the sandbox's clock pass so many seconds at once."""
        self._call("clock", {"advance_seconds": seconds})
        self._ahead += seconds

    def clock(self) -> float:
        """A monotonic clock in seconds that counts what `sleep` skipped."""
        return time.monotonic() + self._ahead

    @property
    def skipped(self) -> float:
        """How many seconds of waiting were skipped."""
        return self._ahead

    def _call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._admin}/{path}", data, {"Content-Type": "application/json"})  # noqa: S310  # loopback
        with self._opener.open(request, timeout=TIMEOUT) as answer:
            return json.load(answer)


def _same(entry: dict[str, Any], result: Result) -> bool:
    request = result.request or {}
    path = unquote(urlsplit(str(request.get("url", ""))).path)
    return (
        entry["method"] == request.get("method")
        and unquote(str(entry["path"])) == path
        and entry["status"] == result.status_code
        and 200 <= entry["status"] < 300
    )


class Recorder:
    """A runner that tells of every call an action made, nested ones excepted."""

    def __init__(self, runner: Any, tell: Callable[[str, Result], None]) -> None:
        self._runner, self._tell = runner, tell

    @property
    def packs(self) -> Any:
        """The packs by name."""
        return self._runner.packs

    def connection(self, *args: Any, **kwargs: Any) -> Any:
        """An opened connection."""
        return self._runner.connection(*args, **kwargs)

    def run_action(self, action: str, inputs: Any = None, **options: Any) -> Result:
        """One call of an action."""
        result: Result = self._runner.run_action(action, inputs, **options)
        self._tell(action, result)
        return result
