"""The table of intents in SQLite: every change is on the disk before anything else happens."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from imcloud.intents.model import Intent, IntentRefused, State
from imcloud.paths import private_dir

VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS intents (
    marker TEXT PRIMARY KEY, key TEXT UNIQUE, run TEXT NOT NULL, action TEXT NOT NULL, fingerprint TEXT NOT NULL,
    pinned TEXT NOT NULL, connection TEXT NOT NULL, inputs TEXT NOT NULL, epoch INTEGER NOT NULL,
    sends INTEGER NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, sent REAL, result TEXT
)"""
_SELECT = """SELECT marker, key, run, action, fingerprint, pinned, connection, inputs, epoch, sends, state,
    created, sent, result FROM intents"""
_INSERT = """INSERT INTO intents (marker, key, run, action, fingerprint, pinned, connection, inputs, epoch, sends,
    state, created, sent, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DOUBTFUL = " WHERE sends > 0 AND state IN ('open', 'sent', 'unknown') ORDER BY created"


class IntentStore:
    """All intents of one state folder; shared by threads and processes."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = private_dir(folder)
        self._file = folder / "intents.db"
        self._now = now
        self._prepare()

    def begin(self, wanted: Intent) -> Intent:
        """The intent as it stands: stored now, or found under its marker or key.

        Raises `IntentRefused` when what is found is another call or another account, `sqlite3.Error` or OSError when
        it cannot be stored: then nothing may be sent.
        """
        with self._write() as base:
            found = self._one(base, "marker = ? OR (key IS NOT NULL AND key = ?)", wanted.marker, wanted.key)
            if found is None:
                fresh = replace(wanted, created=self._now())
                base.execute(_INSERT, _row(fresh))
                return fresh
        _same(found, wanted)
        return found

    def sending(self, marker: str, epoch: int = 0) -> Intent:
        """Count one more request as sent, before it is. Raises `IntentRefused` when the epoch has moved on."""
        with self._write() as base:
            found = self._one(base, "marker = ?", marker)
            if found is None or found.epoch != epoch:
                raise IntentRefused("another process has taken this call over", "epoch")
            now = self._now()
            base.execute(
                "UPDATE intents SET sends = sends + 1, state = 'sent', sent = ? WHERE marker = ?", (now, marker)
            )
            return replace(found, sends=found.sends + 1, state="sent", sent=now)

    def finish(self, marker: str, state: State, result: dict[str, Any] | None) -> None:
        """Record what became of it; `result` is a redacted envelope."""
        with self._write() as base:
            text = None if result is None else json.dumps(result)
            base.execute("UPDATE intents SET state = ?, result = ? WHERE marker = ?", (state, text, marker))

    def find(self, name: str) -> Intent | None:
        """The intent with this marker or key."""
        with closing(self._open()) as base:
            return self._one(base, "marker = ? OR key = ?", name, name)

    def doubtful(self) -> list[Intent]:
        """Every intent that was sent and whose outcome is not known, oldest first."""
        with closing(self._open()) as base:
            rows = base.execute(_SELECT + _DOUBTFUL).fetchall()
        return [_intent(row) for row in rows]

    def results_of(self, other: Intent, name: str) -> frozenset[str]:
        """The ids (the field `name`) that other intents of the same action came to: none of them is this one's."""
        query = """SELECT json_extract(result, '$.data.' || ?) FROM intents
            WHERE state = 'done' AND action = ? AND marker <> ?"""
        with closing(self._open()) as base:
            rows = base.execute(query, (name, other.action, other.marker))
            return frozenset(str(row[0]) for row in rows if row[0])

    def forget(self, kind: str) -> int:
        """Drop the intents of one kind of connection, because the marketplace behind it was reset."""
        with self._write() as base:
            return base.execute("DELETE FROM intents WHERE json_extract(pinned, '$.kind') = ?", (kind,)).rowcount

    @contextmanager
    def alone(self, marker: str, timeout: float) -> Iterator[None]:
        """Nobody else works on this intent meanwhile. Raises `IntentRefused` when it is busy for `timeout` seconds."""
        lock = FileLock(private_dir(self._folder / "locks") / f"{marker}.lock", mode=0o600)
        try:
            lock.acquire(timeout=timeout)
        except TimeoutError:
            raise IntentRefused("another process is working on the same call", "busy") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
            except BaseException:
                base.execute("ROLLBACK")
                raise
            base.execute("COMMIT")

    def _prepare(self) -> None:
        # Created by hand, so that nobody else can read it even before SQLite has written to it. One at a time:
        # switching a new file to its journal mode does not wait for others who do the same.
        with FileLock(f"{self._file}.lock", timeout=30, mode=0o600), closing(self._connect(create=True)) as base:
            base.execute("PRAGMA journal_mode = WAL")
            (version,) = base.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise IntentRefused(f"the table of intents has version {version}, not {VERSION}", "version")
            base.execute(_TABLE)
            base.execute(f"PRAGMA user_version = {VERSION}")

    def _open(self) -> sqlite3.Connection:
        return self._connect(create=False)

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        if create:
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
        base = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        base.execute("PRAGMA synchronous = FULL")
        return base

    def _one(self, base: sqlite3.Connection, where: str, *values: str | None) -> Intent | None:
        row = base.execute(f"{_SELECT} WHERE {where}", values).fetchone()
        return None if row is None else _intent(row)


def _same(found: Intent, wanted: Intent) -> None:
    what = "key" if wanted.key is not None else "marker"
    if found.fingerprint != wanted.fingerprint:
        message = f"this {what} was used for {found.action} with other inputs: a new call needs a new {what}"
        raise IntentRefused(message, f"{what}_reused")
    if found.pinned != wanted.pinned:
        message = f"this {what} belongs to the connection {found.connection!r}: it cannot go on over another account"
        raise IntentRefused(message, "pinned")


def _row(intent: Intent) -> tuple[Any, ...]:
    return (
        intent.marker, intent.key, intent.run, intent.action, intent.fingerprint,
        json.dumps(intent.pinned, sort_keys=True), intent.connection, json.dumps(intent.inputs), intent.epoch,
        intent.sends, intent.state, intent.created, intent.sent,
        None if intent.result is None else json.dumps(intent.result),
    )  # fmt: skip


def _intent(row: tuple[Any, ...]) -> Intent:
    marker, key, run, action, print_, pinned, connection, inputs, epoch, sends, state, created, sent, result = row
    return Intent(
        marker, action, print_, json.loads(pinned), connection, json.loads(inputs), key, run, epoch, sends, state,
        created, sent, None if result is None else json.loads(result),
    )  # fmt: skip
