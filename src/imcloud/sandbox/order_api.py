"""The operations on orders."""

from __future__ import annotations

import sqlite3
from typing import Any

from .accounts import find_account, visible_homes
from .clock import parse_instant
from .context import Context
from .drafts import draft
from .errors import bad_request, unknown_entity
from .lifecycle import advance, cancel
from .order_view import detail, estimated, thin
from .paging import as_id, listed, one_status
from .placing import place
from .shapes import ORDER_UPDATE, check
from .web import Request

_STATUSES = ("submitted", "processing", "error", "completed", "cancelled")


def list_orders(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /orders`: the caller's own, or those of a visible customer."""
    query = request.query()
    where: list[tuple[str, tuple[Any, ...]]] = [("reseller_id = ?", (ctx.reseller_id,))]
    if query.get("customerId"):
        condition, homes = visible_homes(ctx)
        where = [(condition, tuple(homes))]
    for key, column in (("orderNumber", "number"), ("statusCode", "status_code")):
        if query.get(key):
            where.append((f"{column} = ?", (query[key],)))
    return _list(ctx, query, where)


def list_resellers_orders(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`GET /resellers/{id}/orders`: without the filters by number and status code."""
    home = find_account(ctx, "reseller", id)["id"]
    return _list(ctx, request.query(), [("reseller_id = ?", (home,))])


def _list(ctx: Context, query: dict[str, str], where: list[tuple[str, tuple[Any, ...]]]) -> dict[str, Any]:
    if query.get("customerId"):
        where.append(("customer_id = ?", (as_id(query["customerId"]),)))
    if query.get("subscriptionId"):
        clause = "id IN (SELECT order_id FROM order_subscriptions WHERE subscription_id = ?)"
        where.append((clause, (as_id(query["subscriptionId"]),)))
    status = one_status(query, _STATUSES)
    if status:
        where.append(("status = ?", (status,)))
    if ctx.settings.order_date_filter == "honoured":
        for name, clause in (("creationTimeFrom", "created >= ?"), ("creationTimeTo", "created <= ?")):
            if query.get(name):
                where.append((clause, (_instant(query[name], name),)))
    return listed(ctx, query, "orders", where, "created DESC, id DESC", thin)


def _instant(text: str, name: str) -> float:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise bad_request(f"{name}: {error}.") from None


def find_order(ctx: Context, id: str) -> sqlite3.Row:
    """An order the caller may see; raises a refusal when there is none."""
    condition, homes = visible_homes(ctx)
    row = ctx.one(f"SELECT * FROM orders WHERE id = ? AND {condition}", as_id(id), *homes)  # noqa: S608
    if row is None:
        raise unknown_entity("order", id, ctx.settings.unknown_id_status)
    return row


def get_order(ctx: Context, request: Request, id: str) -> dict[str, Any]:  # noqa: ARG001
    """`GET /orders/{id}`."""
    return detail(ctx, find_order(ctx, id))


def estimate(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /orders/estimate`: what the order would cost; nothing is placed."""
    return estimated(draft(ctx, request.json(), placing=False))


def create_order(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /orders`."""
    order_id = place(ctx, draft(ctx, request.json(), placing=True))
    advance(ctx)
    return detail(ctx, find_order(ctx, str(order_id)))


def update_order(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`PATCH /orders/{id}`: the credit check, and CL to withdraw what is not finished."""
    row = find_order(ctx, id)
    body = check(ORDER_UPDATE, request.json())
    code = body.get("statusCode", row["status_code"])
    if code != row["status_code"]:
        if code != "CL":
            raise bad_request(f"statusCode: the order cannot be moved to '{code}'.")
        if row["status"] not in ("submitted", "processing"):
            raise bad_request(f"The order has status '{row['status']}' and cannot be cancelled.")
        cancel(ctx, row)
    if "creditCheck" in body:
        ctx.update("orders", row["id"], credit_check=int(body["creditCheck"]))
    ctx.effect("order", id, "updated")
    return detail(ctx, find_order(ctx, id))
