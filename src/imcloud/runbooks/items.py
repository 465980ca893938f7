"""Items of a `with` task: a few at a time, results in the sequence of the items."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.results import Result
from imcloud.runbooks.machine import Envelope
from imcloud.runbooks.model import Task


class _Queue:
    """Hands out positions until one failure, or one doubt, says stop."""

    def __init__(self, count: int) -> None:
        self._left = iter(range(count))
        self._lock = threading.Lock()
        self.stopped = False

    def take(self) -> int | None:
        with self._lock:
            return None if self.stopped else next(self._left, None)


def run_items(
    one: Callable[[int], Envelope], count: int, concurrency: int, *, stop_at_failure: bool, writes: bool
) -> list[Envelope | None]:
    """The envelope of each item, None for those not started.

    A write whose outcome is unknown always stops the rest. What `one` raises is raised here, after all running items
    have ended.
    """
    done: list[Envelope | None] = [None] * count
    queue = _Queue(count)

    def work() -> None:
        try:
            while (index := queue.take()) is not None:
                envelope = done[index] = one(index)
                doubt = writes and envelope["outcome"] == "unknown"
                queue.stopped = queue.stopped or doubt or (stop_at_failure and not envelope["ok"])
        except BaseException:
            queue.stopped = True
            raise

    workers = min(concurrency, count)
    if workers <= 1:
        work()
        return done
    with ThreadPoolExecutor(workers, thread_name_prefix="runbook-item") as pool:
        running = [pool.submit(work) for _ in range(workers)]
        try:
            for future in running:
                future.result()
        except BaseException:
            queue.stopped = True  # what is on its way is awaited, so that its outcome is known; nothing new begins
            raise
    return done


def collect(task: Task, items: list[Any], done: list[Envelope | None]) -> Envelope:
    """One envelope over all items: `items`, `data` and `collected_results` of all, `failed` of those that failed."""
    assert task.with_items is not None
    rows = [_row(item, envelope) for item, envelope in zip(items, done, strict=True)]
    failed = [row for row in rows if not row["ok"]]
    envelopes = [envelope for envelope in done if envelope is not None]
    tolerated = task.with_items.on_error == "continue" and len(failed) < len(rows)
    ok = not failed or tolerated
    connection = envelopes[0]["connection"] if envelopes else {}
    base = Result(task.action, ok, _outcome(rows), connection).to_dict()
    return {
        **base,
        "data": [row["data"] for row in rows if row["ok"]],
        "errors": [row["error"] for row in failed if row["error"] is not None],
        "warnings": list(dict.fromkeys(warning for envelope in envelopes for warning in envelope["warnings"])),
        "attempts": sum(envelope["attempts"] for envelope in envelopes),
        "dry_run": _dry(envelopes),
        "pending": any(envelope.get("pending") for envelope in envelopes),
        "items": rows,
        "failed": failed,
        "collected_results": envelopes,
    }


def _row(item: Any, envelope: Envelope | None) -> dict[str, Any]:
    if envelope is None:
        error = ErrorItem("conflict", "not started: an earlier item stopped the task", rule="not_started").to_dict()
        return {"item": item, "ok": False, "outcome": "not_applied", "data": None, "error": error}
    first = envelope["errors"][0] if envelope["errors"] else None
    kept = {key: envelope[key] for key in ("ok", "outcome", "data")}
    return {"item": item, **kept, "error": first}


def _outcome(rows: list[dict[str, Any]]) -> Any:
    outcomes = {row["outcome"] for row in rows}
    if "unknown" in outcomes:
        return "unknown"
    return "done" if "done" in outcomes or not rows else "not_applied"


def _dry(envelopes: list[Envelope]) -> dict[str, Any] | None:
    found = [envelope["dry_run"] for envelope in envelopes if envelope["dry_run"]]
    return {"items": found} if found else None
