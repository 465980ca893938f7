"""The state file: opened, checked, seeded once, and handed out one transaction at a time."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from . import schema
from .errors import StateError

SIZES = ("small", "large")
_HELP = "run `imcloud sandbox reset` to start with a fresh one"


class State:
    """One SQLite file and one connection to it.

    Requests take turns inside the process (a lock queues fairly, SQLite's busy handler only polls) and between
    processes (BEGIN IMMEDIATE). Every request writes the ledger, so readers would gain nothing from more connections.
    """

    def __init__(self, path: str | None = None, *, size: str = "small", seed: int = 1) -> None:
        check_size(size)
        self.folder = tempfile.mkdtemp(prefix="imcloud-sandbox-") if path is None else None
        self.path = Path(self.folder, "state.db") if self.folder else Path(path or "")
        self._sweep = weakref.finalize(self, shutil.rmtree, self.folder, True) if self.folder else None
        self._lock = threading.Lock()
        try:
            self._db = _open(self.path, durable=path is not None)
            self._prepare(size, seed)
        except BaseException:
            self.close()
            raise

    def _prepare(self, size: str, seed: int) -> None:
        if _is_ready(self._db, self.path):
            return
        from .seed import fill

        with self.transaction() as db:
            if not _is_ready(db, self.path):
                create(db)
                fill(db, size=size, seed=seed, now=float(int(time.time())))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The write lock of the file for the block; commits, or rolls back when the block raises."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def refill(self, *, size: str, seed: int) -> None:
        """Throw everything away, the ledger too, and seed anew; other servers on the file see it at once."""
        with self.transaction() as db:
            refill(db, size=size, seed=seed)

    def close(self) -> None:
        """Close the connection; a temporary state goes away with it."""
        with self._lock:
            db = getattr(self, "_db", None)
            if db is not None:
                db.close()
        if self._sweep:
            self._sweep()

    @staticmethod
    def discard(path: str) -> None:
        """Remove a state file and what SQLite keeps beside it."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(path + suffix).unlink(missing_ok=True)


def create(db: sqlite3.Connection) -> None:
    """Create all tables inside the caller's transaction, stamped with the version."""
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {schema.VERSION}")
    for statement in _statements(schema.TABLES):
        db.execute(statement)


def drop_all(db: sqlite3.Connection) -> None:
    """Remove every table inside the caller's transaction; foreign keys are deferred to its end."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    for kind, name in [
        (row["type"], row["name"])
        for row in db.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'table') AND name NOT LIKE 'sqlite_%' "
            "ORDER BY type = 'table', rowid DESC"
        )
    ]:
        db.execute(f'DROP {kind} "{name}"')


def refill(db: sqlite3.Connection, *, size: str, seed: int) -> None:
    """The same inside the caller's transaction; raises ValueError for an unknown size."""
    from .seed import fill

    check_size(size)
    drop_all(db)
    create(db)
    fill(db, size=size, seed=seed, now=float(int(time.time())))


def check_size(size: str) -> None:
    """Raise ValueError for a size that there is not."""
    if size not in SIZES:
        raise ValueError(f"unknown sandbox size {size!r}; known: {', '.join(SIZES)}")


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _open(path: Path, *, durable: bool) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False, cached_statements=256)
    except (OSError, sqlite3.Error) as error:
        raise StateError(f"cannot open the sandbox's state file {path}: {error}") from error
    try:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        db.create_function("folded", 1, lambda text: str(text).casefold(), deterministic=True)
        _check_first(db, path)
        _switch_to_wal(db)
        db.execute(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
    except BaseException:
        db.close()
        raise
    return db


def _check_first(db: sqlite3.Connection, path: Path) -> None:
    # before the switch to WAL, which would write into a stranger's file
    _is_ready(db, path)


def _switch_to_wal(db: sqlite3.Connection) -> None:
    # the switch needs the file alone and does not wait by the busy timeout
    for attempt in range(200):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if attempt == 199:
                raise
            time.sleep(0.02)


def _is_ready(db: sqlite3.Connection, path: Path) -> bool:
    """Whether the file holds our tables; raises StateError when it holds something else."""
    try:
        with closing(db.execute("SELECT count(*) FROM sqlite_master")) as found:
            empty = found.fetchone()[0] == 0
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise StateError(f"{path} is not a sandbox state file ({error}); {_HELP}") from error
    if empty:
        return False
    if application != schema.APPLICATION_ID:
        raise StateError(f"{path} belongs to another program; {_HELP}")
    if version != schema.VERSION:
        raise StateError(f"{path} has format {version}, this version reads {schema.VERSION}; {_HELP}")
    return True
