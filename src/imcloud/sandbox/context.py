"""What a handler gets: the database inside a transaction, the time, the settings, the caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .settings import Settings


@dataclass(frozen=True)
class Caller:
    """The signed-in API user and the reseller it works for."""

    username: str
    reseller_id: int


@dataclass
class Context:
    """One request's view of the state."""

    db: sqlite3.Connection
    now: float
    settings: Settings
    effects: list[tuple[float, str, str, str]] = field(default_factory=list)
    caller: Caller | None = None

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        return self.db.execute(sql, values).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, *values)
        return None if row is None else row[0]

    def run(self, sql: str, *values: Any) -> None:
        """Execute a change."""
        self.db.execute(sql, values)

    def insert(self, table: str, **columns: Any) -> None:
        """Insert one row; table and column names come from our own code only."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values()))  # noqa: S608

    def update(self, table: str, entity: int | str, **columns: Any) -> None:
        """Set columns of the row with this id."""
        pairs = ", ".join(f"{name} = ?" for name in columns)
        self.db.execute(f"UPDATE {table} SET {pairs} WHERE id = ?", [*columns.values(), entity])  # noqa: S608

    def next_number(self, sequence: str) -> int:
        """The next number of a sequence."""
        row = self.one("UPDATE sequences SET next = next + 1 WHERE name = ? RETURNING next - 1", sequence)
        assert row is not None, sequence
        return int(row[0])

    def effect(self, kind: str, entity: object, what: str, at: float | None = None) -> None:
        """Note a change of the world for the ledger."""
        self.effects.append((self.now if at is None else at, kind, str(entity), what))

    @property
    def reseller_id(self) -> int:
        """The caller's reseller; only behind sign-in."""
        assert self.caller is not None
        return self.caller.reseller_id


def family(ctx: Context, reseller_id: int) -> list[int]:
    """The reseller and all resellers below it."""
    rows = ctx.all(
        "WITH RECURSIVE below (id) AS (SELECT ? UNION SELECT a.id FROM accounts a JOIN below b ON a.parent_id = b.id "
        "WHERE a.kind = 'reseller') SELECT id FROM below",
        reseller_id,
    )
    return [row[0] for row in rows]


def marks(values: Iterable[object]) -> str:
    """Question marks for an IN list."""
    return ", ".join("?" for _ in values)
