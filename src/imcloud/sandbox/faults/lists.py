"""Faults of lists: pages that do not fit together, and lists that lag behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ..context import Context
from ..paging import DEFAULT_LIMIT, envelope
from ..routes import Route
from ..settings import Settings
from ..web import Answer, Request
from .arguments import page_size, sandbox_clock, seconds, signed
from .call import Call, Inside, Kind
from .recent import made_since

_ALL = 10**9
Rows = list[Any]
Page = Callable[[Context, Rows, int, int], dict[str, Any]]


def _paged(page: Page) -> Inside:
    """A change of a list's answer by a function of all its rows, the offset and the limit."""

    def inside(ctx: Context, request: Request, route: Route, values: dict[str, str], answer: Answer) -> Answer:
        if answer.status != 200 or not isinstance(answer.body, dict) or "pagination" not in answer.body:
            return answer
        asked = answer.body["pagination"]
        rows = _all_rows(ctx, request, route, values)
        return replace(answer, body=page(ctx, rows, asked["offset"], asked["limit"]))

    return inside


def _all_rows(ctx: Context, request: Request, route: Route, values: dict[str, str]) -> Rows:
    query = [(k, v) for k, v in parse_qsl(request.query_text, keep_blank_values=True) if k not in ("offset", "limit")]
    whole = replace(request, query_text=urlencode([*query, ("offset", "0"), ("limit", str(_ALL))]))
    unlimited = replace(ctx, settings=Settings({**ctx.settings.to_dict(), "max_limit": _ALL}))
    rows: Rows = route.handler(unlimited, whole, **values)["data"]
    return rows


def _drift(call: Call, by: int = -1) -> Answer:
    def page(_: Context, rows: Rows, offset: int, limit: int) -> dict[str, Any]:
        start = max(0, offset - by)
        return envelope(rows[start : start + limit], offset, limit, max(0, len(rows) + by))

    return call.apply(_paged(page))


def _loop(call: Call) -> Answer:
    return call.apply(_paged(lambda _, rows, offset, limit: envelope(rows[:limit], offset, limit, len(rows))))


def _wrong_total(call: Call, by: int = 1) -> Answer:
    def page(_: Context, rows: Rows, offset: int, limit: int) -> dict[str, Any]:
        return envelope(rows[offset : offset + limit], offset, limit, max(0, len(rows) + by))

    return call.apply(_paged(page))


def _ignored_limit(call: Call, size: int = DEFAULT_LIMIT) -> Answer:
    def page(_: Context, rows: Rows, offset: int, limit: int) -> dict[str, Any]:  # noqa: ARG001
        return envelope(rows[offset : offset + size], offset, min(size, len(rows)), len(rows))

    return call.apply(_paged(page))


def _stale(call: Call, age: float, clock: str = "") -> Answer:
    def page(ctx: Context, rows: Rows, offset: int, limit: int) -> dict[str, Any]:
        fresh = made_since(ctx, age) if clock else call.recent.within(age)
        old = [row for row in rows if str(row.get("id")) not in fresh]
        return envelope(old[offset : offset + limit], offset, limit, len(old))

    return call.apply(_paged(page))


KINDS = (
    Kind("page-drift[:ROWS]", _drift, (signed,), 1, "yes", "lists"),
    Kind("page-loop", _loop, applies="yes", only="lists"),
    Kind("wrong-total[:ROWS]", _wrong_total, (signed,), 1, "yes", "lists"),
    Kind("ignored-limit[:SIZE]", _ignored_limit, (page_size,), 1, "yes", "lists"),
    Kind("stale-list:SECONDS[:sandbox]", _stale, (seconds, sandbox_clock), 1, "yes", "lists"),
)
