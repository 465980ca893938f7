"""Products and service plans as the API shows them."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import Any

from .context import Context
from .errors import unknown_entity
from .money import amount_text
from .paging import listed
from .products import period
from .web import Request


def list_products(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /products`."""
    query = request.query()
    where: list[tuple[str, tuple[Any, ...]]] = []
    if query.get("name"):
        where.append(("instr(folded(name), ?)", (query["name"].casefold(),)))
    for key, column in (("serviceName", "service"), ("mpn", "mpn"), ("vendor", "vendor")):
        if query.get(key):
            where.append((f"{column} = ?", (query[key],)))
    return listed(ctx, query, "products", where, "position", lambda row: _product(ctx, row))


def _product(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    needs = ctx.all(
        "SELECT p.mpn, p.id FROM dependencies d JOIN products p ON p.id = d.needs_id WHERE d.product_id = ?", row["id"]
    )
    shown = {
        "mpn": row["mpn"],
        "vendor": row["vendor"],
        "id": row["id"],
        "serviceName": row["service"],
        "name": row["name"],
        "minimumQuantity": str(row["minimum"]),
        "maximumQuantity": str(row["maximum"]),
        "prices": _prices(ctx, row["id"], "price"),
        "costs": _prices(ctx, row["id"], "cost"),
        "billingPeriod": period(row["billing_type"], row["billing_count"]),
        "subscriptionPeriod": period(row["term_type"], row["term_count"]),
        "billingModel": row["billing_model"],
        "coterming": json.loads(row["coterming"]),
    }
    if needs:
        shown["dependsOn"] = [{"mpn": need["mpn"], "id": need["id"]} for need in needs]
    return shown


def _prices(ctx: Context, product_id: str, side: str) -> list[dict[str, Any]]:
    found = []
    for row in ctx.all("SELECT * FROM prices WHERE product_id = ? AND side = ?", product_id, side):
        entry = {
            "currency": row["currency"],
            "amount": amount_text(Decimal(row["amount"])),
            "type": row["type"],
            "model": row["model"],
        }
        if row["lower_limit"]:
            entry["lowerLimit"] = 1.0 * row["lower_limit"]
        found.append(entry)
    return found


def list_plans(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /plans`."""
    return listed(ctx, request.query(), "plans", [], "id DESC", lambda row: _plan(ctx, row))


def get_plan(ctx: Context, request: Request, id: str) -> dict[str, Any]:  # noqa: ARG001
    """`GET /plans/{id}`."""
    row = (
        ctx.one("SELECT * FROM plans WHERE id = ?", int(id)) if id.isascii() and id.isdigit() and len(id) < 16 else None
    )
    if row is None:
        raise unknown_entity("service plan", id, ctx.settings.unknown_id_status)
    switches = ctx.all("SELECT * FROM plan_switches WHERE plan_id = ? ORDER BY rowid", row["id"])
    return {**_plan(ctx, row), "planSwitches": [_switch(switch) for switch in switches]}


def _plan(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    periods = ctx.all("SELECT * FROM plan_periods WHERE plan_id = ? ORDER BY rowid", row["id"])
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "shortDescription": row["short"],
        "longDescription": row["long"],
        "published": bool(row["published"]),
        "subscriptionPeriods": [
            {**period(p["type"], p["count"]), "trial": bool(p["trial"]), "active": bool(p["active"])} for p in periods
        ],
        "billingPeriod": period(row["billing_type"], row["billing_count"]),
        "billingModel": row["billing_model"],
    }


def _switch(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "planId": row["target_id"],
        "subscriptionPeriod": period(row["type"], row["count"]),
        "billingPolicy": row["policy"],
        "whenEffective": row["effective"],
        "sourceSubscriptionPeriod": period(row["from_type"], row["from_count"]),
    }
