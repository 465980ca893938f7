"""The sandbox's own endpoints under `/_sandbox/`: ledger, clock, settings, state, faults. For this machine only."""

from __future__ import annotations

import ipaddress
import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from . import ledger
from .clock import iso, parse_instant
from .context import Context
from .errors import RefusalError, bad_request
from .faults import Faults
from .faults.endpoints import serve_faults
from .lifecycle import advance
from .settings import check_settings, read_settings, write_settings
from .state import SIZES, State, refill
from .web import Answer, Request

_TABLES = {
    "customer": "accounts",
    "reseller": "accounts",
    "order": "orders",
    "subscription": "subscriptions",
    "report": "reports",
    "product": "products",
    "plan": "plans",
}
_PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "accounts": (("contacts", "account_id"),),
    "orders": (("order_lines", "order_id"), ("order_subscriptions", "order_id")),
    "subscriptions": (
        ("subscription_lines", "subscription_id"),
        ("subscription_parameters", "subscription_id"),
        ("order_subscriptions", "subscription_id"),
    ),
    "products": (("prices", "product_id"), ("parameters", "product_id"), ("dependencies", "product_id")),
    "plans": (("plan_periods", "plan_id"), ("plan_switches", "plan_id")),
}
_JSON_COLUMNS = (
    "attributes",
    "address",
    "details",
    "extras",
    "body",
    "parameters",
    "price_tiers",
    "coterming",
    "choices",
)
_TIMES = ("created", "modified", "renewal_at", "expires", "provisioned", "next_at", "finish_at", "starts", "ends")


def serve_admin(state: State, faults: Faults, request: Request) -> Answer:
    """Answer a request under the admin prefix; refusals have the platform's shape without its extras."""
    try:
        _refuse_strangers(request)
        path = request.path.strip("/").split("/")[1:]
        if path[:1] == ["faults"]:
            return serve_faults(faults, request, path[1:])
        handler = _HANDLERS.get((request.method, path[0] if path else ""))
        if handler is None:
            raise RefusalError(404, "No such sandbox endpoint.")
        with state.transaction() as db:
            answer = Answer(200, handler(_open(db), request, path[1:]))
        if handler is _reset:
            faults.forget()
        return answer
    except RefusalError as refusal:
        return Answer(refusal.status, {"status": refusal.status, "message": refusal.message})


def _refuse_strangers(request: Request) -> None:
    # a page in a browser on this machine could otherwise reach us under a name of its own
    names = [urlsplit(f"//{request.headers.get('host', '')}").hostname]
    if request.headers.get("origin"):
        names.append(urlsplit(request.headers["origin"]).hostname)
    names.append(str(request.environ.get("REMOTE_ADDR") or "127.0.0.1"))
    if not all(_is_loopback(name) for name in names):
        raise RefusalError(403, "The sandbox's own endpoints answer this machine only.")


def _is_loopback(name: str | None) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False


def _open(db: sqlite3.Connection) -> Context:
    offset = float(db.execute("SELECT value FROM meta WHERE name = 'clock_offset'").fetchone()[0])
    return Context(db=db, now=time.time() + offset, settings=read_settings(db))


def _whole(request: Request, name: str) -> int:
    text = request.query().get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise bad_request(f"{name} must be a whole number.")
    return int(text)


def _ledger(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    query = request.query()
    rows = ledger.read(ctx.db, after=_whole(request, "after"), correlation_id=query.get("correlation_id"))
    return {"data": rows}


def _effects(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    query = request.query()
    kind, entity = query.get("kind", ""), query.get("id", "")
    return {"data": ledger.read_effects(ctx.db, after=_whole(request, "after"), kind=kind, entity=entity)}


def _show_clock(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    return {"now": iso(ctx.now), "offset_seconds": round(ctx.now - time.time(), 3)}


def _move_clock(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:
    body = _body(request)
    offset = ctx.now - time.time()
    if set(body) == {"advance_seconds"} and isinstance(body["advance_seconds"], int | float):
        offset += float(body["advance_seconds"])
    elif set(body) == {"set"} and isinstance(body["set"], str):
        try:
            offset = parse_instant(body["set"]) - time.time()
        except ValueError as error:
            raise bad_request(f"set: {error}") from None
    else:
        raise bad_request('The clock takes {"advance_seconds": number} or {"set": "2030-01-31T12:00:00Z"}.')
    if not 0 < time.time() + offset < 7e9:
        raise bad_request("The clock cannot be moved that far.")
    ctx.run("UPDATE meta SET value = ? WHERE name = 'clock_offset'", repr(offset))
    ctx.now = time.time() + offset
    advance(ctx)
    ledger.record_effects(ctx.db, None, ctx.effects)
    return _show_clock(ctx, request, rest)


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise bad_request("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The body must be an object.")
    return body


def _show_settings(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    return ctx.settings.to_dict()


def _change_settings(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    body = _body(request)
    try:
        check_settings(body)
    except ValueError as error:
        raise bad_request(str(error)) from None
    write_settings(ctx.db, body)
    return read_settings(ctx.db).to_dict()


def _reset(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    body = _body(request)
    meta = {row["name"]: row["value"] for row in ctx.all("SELECT name, value FROM meta")}
    size, seed = body.get("size", meta["size"]), body.get("seed", int(meta["seed"]))
    if size not in SIZES or not isinstance(seed, int):
        raise bad_request(f"size is one of {', '.join(SIZES)}, seed a whole number.")
    refill(ctx.db, size=size, seed=seed)
    return {"size": size, "seed": seed}


def _truth(ctx: Context, request: Request, rest: list[str]) -> dict[str, Any]:  # noqa: ARG001
    if len(rest) != 2 or rest[0] not in _TABLES:
        raise RefusalError(404, f"state/<kind>/<id>, where kind is one of {', '.join(_TABLES)}.")
    kind, entity = rest
    table = _TABLES[kind]
    advance(ctx)
    ledger.record_effects(ctx.db, None, ctx.effects)
    row = ctx.one(f"SELECT * FROM {table} WHERE CAST(id AS TEXT) = ?", entity)  # noqa: S608
    if row is None or (table == "accounts" and row["kind"] != kind):
        raise RefusalError(404, f"There is no {kind} '{entity}'.")
    found = _plain(row)
    for part, column in _PARTS.get(table, ()):
        rows = ctx.all(f"SELECT * FROM {part} WHERE {column} = ?", row["id"])  # noqa: S608
        found[part] = [_plain(entry) for entry in rows]
    if kind == "order":
        found["poNumber"] = row["po_number"]
    return found


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in row.keys():  # noqa: SIM118
        value = row[name]
        if isinstance(value, bytes):
            value = f"{len(value)} bytes"
        elif name in _JSON_COLUMNS and isinstance(value, str):
            value = json.loads(value)
        elif name in _TIMES and value is not None:
            value = iso(value)
        found[name] = value
    return {name: value for name, value in found.items() if name != "signature"}


_HANDLERS: dict[tuple[str, str], Callable[[Context, Request, list[str]], dict[str, Any]]] = {
    ("GET", "ledger"): _ledger,
    ("GET", "effects"): _effects,
    ("GET", "clock"): _show_clock,
    ("POST", "clock"): _move_clock,
    ("GET", "settings"): _show_settings,
    ("PATCH", "settings"): _change_settings,
    ("POST", "reset"): _reset,
    ("GET", "state"): _truth,
}
