"""The append-only record of requests and of what they changed: the oracle of tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from .clock import iso
from .web import Request, dump, parse_json

_HIDDEN = ("password", "login", "token", "secret")
MASK = "***"
PAGE = 1000


def masked(value: Any) -> Any:
    """The same JSON data with secrets blotted out, by key."""
    if isinstance(value, dict):
        return {k: MASK if any(word in k.lower() for word in _HIDDEN) else masked(v) for k, v in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def masked_body(body: bytes) -> str | None:
    """The request body for the ledger; one that is no JSON is only counted, it could hold anything."""
    if not body:
        return None
    try:
        return dump(masked(parse_json(body)))
    except Exception:
        return dump({"unreadable_bytes": len(body)})


def record(
    db: sqlite3.Connection,
    request: Request,
    *,
    time: float,
    status: int,
    operation: str | None,
    username: str | None = None,
    rows: int | None = None,
    fault: str | None = None,
) -> int:
    """Append a request and return its number."""
    # the query of a download holds a signature
    query = "" if operation == "download" else request.query_text
    cursor = db.execute(
        "INSERT INTO ledger (time, method, path, query, status, operation, correlation_id, username, request_body, "
        "rows, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            time,
            request.method,
            request.path,
            query,
            status,
            operation,
            request.correlation_id,
            username,
            masked_body(request.body),
            rows,
            fault,
        ),
    )
    return int(cursor.lastrowid or 0)


def record_effects(db: sqlite3.Connection, seq: int | None, effects: Iterable[tuple[float, str, str, str]]) -> None:
    """Append effects; without a number they came about by the passing of time."""
    db.executemany(
        "INSERT INTO effects (ledger_seq, time, kind, id, what) VALUES (?, ?, ?, ?, ?)",
        [(seq, *effect) for effect in effects],
    )


def read(db: sqlite3.Connection, *, after: int = 0, correlation_id: str | None = None) -> list[dict[str, Any]]:
    """Entries in sequence, at most a page of them."""
    where, values = "l.seq > ?", [after, PAGE]
    if correlation_id:
        where, values = "l.seq > ? AND l.correlation_id = ?", [after, correlation_id, PAGE]  # type: ignore[list-item]
    sql = f"SELECT * FROM ledger l WHERE {where} ORDER BY l.seq LIMIT ?"  # noqa: S608
    return [_entry(db, row) for row in db.execute(sql, values).fetchall()]


def _entry(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    entry = {name: row[name] for name in row.keys()}  # noqa: SIM118
    entry["time"] = iso(row["time"])
    entry["request_body"] = None if row["request_body"] is None else parse_json(row["request_body"].encode())
    found = db.execute("SELECT kind, id, what FROM effects WHERE ledger_seq = ? ORDER BY seq", (row["seq"],)).fetchall()
    entry["effects"] = [dict(effect) for effect in found]
    entry["effect"] = entry["effects"][0] if found else None
    return entry


def read_effects(db: sqlite3.Connection, *, after: int = 0, kind: str = "", entity: str = "") -> list[dict[str, Any]]:
    """Effects in sequence, also those of the passing of time (`request` is null)."""
    rows = db.execute(
        "SELECT seq, ledger_seq, time, kind, id, what FROM effects WHERE seq > ? AND (? = '' OR kind = ?) "
        "AND (? = '' OR id = ?) ORDER BY seq LIMIT ?",
        (after, kind, kind, entity, entity, PAGE),
    ).fetchall()
    return [
        {
            "seq": r["seq"],
            "request": r["ledger_seq"],
            "time": iso(r["time"]),
            "kind": r["kind"],
            "id": r["id"],
            "what": r["what"],
        }
        for r in rows
    ]
