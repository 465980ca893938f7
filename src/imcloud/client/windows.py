"""How many requests an account has sent lately, counted for all threads and processes of this machine.

Own code, because of what it has to do at once: windows that slide, one count for threads and processes, a pause that
holds for all of them, figures of what is left, and a clock that tests can move. SQLite brings the locking.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imcloud.paths import private_dir

FILE = "budget.db"
MAX_PAUSE = 70.0
_opening = threading.Lock()
_TABLES = (
    "CREATE TABLE IF NOT EXISTS spent (account TEXT, span INTEGER, ends REAL, calls INTEGER,"
    " PRIMARY KEY (account, span, ends)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS paused (account TEXT PRIMARY KEY, until REAL) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Window:
    """At most `calls` in any `span` seconds. Counted in slots of `slot` seconds: rather too strict than too lax."""

    name: str
    span: int
    slot: int
    calls: int


@dataclass(frozen=True)
class Taken:
    """`wait`: 0 when the call was counted and may go, else the seconds until asking again makes sense."""

    wait: float
    left: dict[str, int]


class Windows:
    """The counts of one account. A file that cannot be used only means that this process counts for itself."""

    def __init__(
        self, folder: Path, account: Callable[[], str], windows: tuple[Window, ...], now: Callable[[], float]
    ) -> None:
        self._folder, self._account, self._windows, self._now = folder, account, windows, now
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        self._owner = 0

    def take(self) -> Taken:
        """Count one call, if there is room and no pause."""
        now = self._now()
        with self._transaction() as base:
            self._forget(base, now)
            used = {window: self._used(base, window) for window in self._windows}
            left = {window.name: max(0, window.calls - sum(calls for _, calls in used[window])) for window in used}
            waits = [_room(window, used[window]) - now for window in used if not left[window.name]]
            wait = max([self._pause(base, now), *waits])
            if wait > 0:
                return Taken(wait, left)
            for window in self._windows:
                ends = (now // window.slot + 1) * window.slot + window.span
                base.execute(
                    "INSERT INTO spent VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
                    (self._account(), window.span, ends),
                )
            return Taken(0.0, {name: number - 1 for name, number in left.items()})

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long; a longer pause that holds already stays."""
        until = self._now() + min(seconds, MAX_PAUSE)
        with self._transaction() as base:
            base.execute(
                "INSERT INTO paused VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                (self._account(), until),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._base is not None and self._owner == os.getpid():
                self._base.close()
            self._base = None

    def _forget(self, base: sqlite3.Connection, now: float) -> None:
        # What ends later than it can was counted by a clock that has been set back since.
        for window in self._windows:
            latest = now + window.slot + window.span
            base.execute(
                "DELETE FROM spent WHERE span = ? AND (ends <= ? OR ends > ?)",
                (window.span, now, latest),
            )
        base.execute("DELETE FROM paused WHERE until <= ? OR until > ?", (now, now + MAX_PAUSE))

    def _used(self, base: sqlite3.Connection, window: Window) -> list[tuple[float, int]]:
        return base.execute(
            "SELECT ends, calls FROM spent WHERE account = ? AND span = ? ORDER BY ends", (self._account(), window.span)
        ).fetchall()

    def _pause(self, base: sqlite3.Connection, now: float) -> float:
        found = base.execute("SELECT until FROM paused WHERE account = ?", (self._account(),)).fetchone()
        return 0.0 if found is None else float(found[0]) - now

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            base = self._begun()
            try:
                yield base
            except BaseException:
                base.rollback()
                raise
            with suppress(sqlite3.Error):  # at worst one call is not counted
                base.commit()

    def _begun(self) -> sqlite3.Connection:
        self._account()  # slow the first time: not while the file is locked
        if self._base is None or self._owner != os.getpid():
            self._base, self._owner = self._opened(), os.getpid()
        try:
            self._base.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            self._base = _prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
            self._base.execute("BEGIN IMMEDIATE")
        return self._base

    def _opened(self) -> sqlite3.Connection:
        path = self._folder / FILE
        try:
            private_dir(self._folder)
            with _opening:
                _check_private(path)
                return _prepared(sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False))
        except (OSError, sqlite3.Error):
            return _prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))


def _check_private(path: Path) -> None:
    """Create the file, or raise OSError when the one that is there is not this user's own.

    One that is there is looked at and not opened: closing it again would drop the locks of this process on it.
    """
    try:
        # Created by hand, so that nobody else can read it even before SQLite has written to it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        found = path.lstat()
        foreign = os.name == "posix" and (found.st_uid != os.getuid() or bool(found.st_mode & 0o077))
        if foreign or not stat.S_ISREG(found.st_mode):
            raise


def _prepared(base: sqlite3.Connection) -> sqlite3.Connection:
    base.execute("PRAGMA synchronous = OFF")  # a count that a power cut loses is no loss
    for table in _TABLES:
        base.execute(table)
    return base


def _room(window: Window, used: list[tuple[float, int]]) -> float:
    """The moment at which there is room for one more."""
    calls = sum(number for _, number in used)
    for ends, number in used:
        calls -= number
        if calls < window.calls:
            return ends
    return used[-1][0]
