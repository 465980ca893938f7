"""The list envelope: a page of rows and where it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .context import Context
from .errors import bad_request

DEFAULT_LIMIT = 10


def page_of(ctx: Context, query: dict[str, str]) -> tuple[int, int]:
    """Offset and limit asked for; raises a 400 when they are no such numbers."""
    offset = _whole(query, "offset", 0, 0)
    limit = _whole(query, "limit", DEFAULT_LIMIT, 1)
    if limit > ctx.settings.max_limit:
        if ctx.settings.over_limit == "refuse":
            raise bad_request(f"limit must not be greater than {ctx.settings.max_limit}.")
        limit = ctx.settings.max_limit
    return offset, limit


def _whole(query: dict[str, str], name: str, default: int, least: int) -> int:
    text = query.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) < least:
        raise bad_request(f"{name} must be an integer of at least {least}.")
    return int(text)


def envelope(rows: list[Any], offset: int, limit: int, total: int) -> dict[str, Any]:
    """The list answer."""
    return {"data": rows, "pagination": {"offset": offset, "limit": limit, "total": total}}


def listed(
    ctx: Context,
    query: dict[str, str],
    table: str,
    where: list[tuple[str, tuple[Any, ...]]],
    order: str,
    show: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """A page of a table under conditions; table, conditions and order come from our own code only."""
    offset, limit = page_of(ctx, query)
    condition = " AND ".join(clause for clause, _ in where) or "1"
    values = [value for _, bound in where for value in bound]
    total = ctx.value(f"SELECT count(*) FROM {table} WHERE {condition}", *values)  # noqa: S608
    sql = f"SELECT * FROM {table} WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
    rows = ctx.all(sql, *values, limit, offset)
    return envelope([show(row) for row in rows], offset, limit, total)


def one_status(query: dict[str, str], allowed: tuple[str, ...], name: str = "status") -> str | None:
    """The value of a filter that takes a single one of a list; raises a 400 for anything else."""
    value = query.get(name)
    if not value:
        return None
    if value not in allowed:
        raise bad_request(f"{name} must be one of {', '.join(allowed)}.")
    return value


def as_id(text: str) -> int:
    """An id in a filter; -1, which nothing has, for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
