"""What a finished order does to subscriptions."""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from decimal import Decimal

from .clock import add_period
from .context import Context


def fulfil(ctx: Context, order: sqlite3.Row, at: float) -> str | None:
    """Carry the order out; a text says why that is impossible by now."""
    if order["type"] in ("sales", "migration"):
        _activate(ctx, order, at)
        return None
    row = ctx.one("SELECT * FROM subscriptions WHERE id = ?", order["subscription_id"])
    if row is None or row["status"] not in ("active", "hold"):
        return "the subscription is no longer active"
    if order["type"] == "cancellation":
        ctx.update(
            "subscriptions", row["id"], status="terminated", auto_renew=0, renewal_at=None, expires=at, modified=at
        )
        ctx.effect("subscription", row["id"], "terminated", at)
        return None
    if order["type"] == "renewal":
        return _extend(ctx, order, row, at)
    return _change(ctx, order, row, at)


def _activate(ctx: Context, order: sqlite3.Row, at: float) -> None:
    rows = ctx.all(
        "SELECT s.* FROM order_subscriptions o JOIN subscriptions s ON s.id = o.subscription_id "
        "WHERE o.order_id = ? AND s.status = 'pending' ORDER BY s.id",
        order["id"],
    )
    for row in rows:
        until = row["expires"]
        if until is None or until <= at:
            until = add_period(at, row["term_type"], row["term_count"])
        ctx.update("subscriptions", row["id"], status="active", renewal_at=until, expires=until, modified=at)
        ctx.effect("subscription", row["id"], "activated", at)
        _vendor_side(ctx, row["id"])


def _vendor_side(ctx: Context, subscription: int) -> None:
    """Ids that the vendor would hand out; made from the subscription's id, so that a seed gives the same again."""
    rng = random.Random(f"vendor-{subscription}")  # noqa: S311
    lines = ctx.all(
        "SELECT l.product_id, p.vendor FROM subscription_lines l JOIN products p ON p.id = l.product_id "
        "WHERE subscription_id = ? ORDER BY product_id",
        subscription,
    )
    for line in lines:
        ctx.run(
            "UPDATE subscription_lines SET vendor_subscription_id = ? WHERE subscription_id = ? AND product_id = ?",
            f"V-{rng.randint(10**9, 10**10 - 1)}",
            subscription,
            line["product_id"],
        )
    if any(line["vendor"] == "Microsoft" for line in lines):
        tenant = json.dumps(str(uuid.UUID(int=rng.getrandbits(128), version=4)))
        for side, name in (("order", "microsoft_tenant_id"), ("fulfillment", "ms_customer_id")):
            ctx.insert("subscription_parameters", subscription_id=subscription, side=side, name=name, value=tenant)


def _extend(ctx: Context, order: sqlite3.Row, row: sqlite3.Row, at: float) -> str | None:
    kind, count = order["term_type"] or row["term_type"], order["term_count"] or row["term_count"]
    until = add_period(row["renewal_at"] or at, kind, count)
    ctx.update("subscriptions", row["id"], renewal_at=until, expires=until, modified=at)
    ctx.effect("subscription", row["id"], "renewed", at)
    return None


def _change(ctx: Context, order: sqlite3.Row, row: sqlite3.Row, at: float) -> str | None:
    lines = ctx.all("SELECT * FROM order_lines WHERE order_id = ? ORDER BY position", order["id"])
    for line in lines:
        trouble = _switch(ctx, row, line) if line["new_product_id"] else _seats(ctx, order, row, line)
        if trouble:
            return trouble
    changes: dict[str, object] = {"modified": at}
    new = next((line["new_product_id"] for line in lines if line["new_product_id"]), None)
    if new:
        changes.update(_as_product(ctx, new))
    if order["term_type"] and not order["scheduled"]:
        changes["renewal_at"] = changes["expires"] = add_period(at, order["term_type"], order["term_count"])
    ctx.update("subscriptions", row["id"], **changes)
    ctx.effect("subscription", row["id"], "changed", at)
    return None


def _seats(ctx: Context, order: sqlite3.Row, row: sqlite3.Row, line: sqlite3.Row) -> str | None:
    held = ctx.one(
        "SELECT l.quantity, p.minimum, p.maximum FROM subscription_lines l JOIN products p ON p.id = l.product_id "
        "WHERE subscription_id = ? AND product_id = ?",
        row["id"],
        line["product_id"],
    )
    if held is None:
        return "the product is no longer part of the subscription"
    units = int(Decimal(line["quantity"]))
    reached = units if order["scheduled"] else held["quantity"] + units
    if not held["minimum"] <= reached <= held["maximum"]:
        return "the number of units is not possible by now"
    ctx.run(
        "UPDATE subscription_lines SET quantity = ? WHERE subscription_id = ? AND product_id = ?",
        reached,
        row["id"],
        line["product_id"],
    )
    if line["unit_price"] is not None:
        ctx.run(
            "UPDATE subscription_lines SET unit_price = ?, price_tiers = ? WHERE subscription_id = ? "
            "AND product_id = ?",
            line["unit_price"],
            line["price_tiers"],
            row["id"],
            line["product_id"],
        )
    return None


def _switch(ctx: Context, row: sqlite3.Row, line: sqlite3.Row) -> str | None:
    found = ctx.one(
        "SELECT 1 FROM subscription_lines WHERE subscription_id = ? AND product_id = ?", row["id"], line["product_id"]
    )
    if found is None:
        return "the product is no longer part of the subscription"
    ctx.run(
        "DELETE FROM subscription_lines WHERE subscription_id = ? AND product_id = ?", row["id"], line["product_id"]
    )
    ctx.run(
        "INSERT INTO subscription_lines (subscription_id, product_id, quantity, unit_price, price_tiers) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
        row["id"],
        line["new_product_id"],
        int(Decimal(line["quantity"])),
        line["unit_price"],
        line["price_tiers"],
    )
    return None


def _as_product(ctx: Context, product_id: str) -> dict[str, object]:
    product = ctx.one("SELECT * FROM products WHERE id = ?", product_id)
    assert product is not None
    same = ("name", "billing_type", "billing_count", "term_type", "term_count", "billing_model", "plan_id")
    return {column: product[column] for column in same}
