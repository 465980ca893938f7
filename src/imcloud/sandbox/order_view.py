"""Orders as the API shows them."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import Any

from .clock import day, iso
from .context import Context
from .drafts import Draft
from .money import plain_number, price
from .pricing import Product
from .products import load, period


def thin(row: sqlite3.Row) -> dict[str, Any]:
    """A row of the list: as little as production shows."""
    shown = {
        "id": str(row["id"]),
        "orderNumber": row["number"],
        "type": row["type"],
        "status": row["status"],
        "statusCode": row["status_code"],
        "customerId": str(row["customer_id"]),
        "creationDate": iso(row["created"]),
    }
    if row["provisioned"] is not None:
        shown["provisioningDate"] = iso(row["provisioned"])
    return shown


def detail(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    """An order with total, details and products; renewals and cancellations have neither details nor products."""
    shown = {
        **thin(row),
        "poNumber": row["po_number"],
        "total": price(row["currency"], Decimal(row["total"])),
        "attributes": json.loads(row["attributes"]),
        "creditCheck": bool(row["credit_check"]),
        "billingModel": row["billing_model"],
        "subscriptionId": _text(row["subscription_id"]),
        "targetSubscriptionId": _text(row["target_id"]),
        **json.loads(row["extras"]),
    }
    lines = ctx.all("SELECT * FROM order_lines WHERE order_id = ? ORDER BY position", row["id"])
    if lines:
        shown["details"] = json.loads(row["details"])
        shown["products"] = [_line(ctx, row, line) for line in lines]
    if row["type"] in ("sales", "migration"):
        shown["subscriptions"] = _subscriptions(ctx, row)
    return {name: value for name, value in shown.items() if value is not None}


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _line(ctx: Context, order: sqlite3.Row, row: sqlite3.Row) -> dict[str, Any]:
    shown = _product(load(ctx.db, row["product_id"]), Decimal(row["quantity"]))
    shown["extendedPrice"] = price(order["currency"], Decimal(row["extended"]))
    if row["new_product_id"]:
        new = load(ctx.db, row["new_product_id"])
        shown["newMPN"], shown["newId"] = new.mpn, new.id
    if row["subscription_id"]:
        shown["subscriptionId"] = str(row["subscription_id"])
    parameters = json.loads(row["parameters"])
    if parameters:
        shown["parameters"] = parameters
    return shown


def _product(product: Product, quantity: Decimal) -> dict[str, Any]:
    return {
        "mpn": product.mpn,
        "vendor": product.vendor,
        "id": product.id,
        "name": product.name,
        "quantity": plain_number(quantity),
        "billingPeriod": period(*product.billing),
        "subscriptionPeriod": period(*product.term),
    }


def _subscriptions(ctx: Context, order: sqlite3.Row) -> list[dict[str, Any]]:
    rows = ctx.all(
        "SELECT s.plan_id, s.expires FROM order_subscriptions o JOIN subscriptions s ON s.id = o.subscription_id "
        "WHERE o.order_id = ? ORDER BY s.id",
        order["id"],
    )
    found = []
    for row in rows:
        entry: dict[str, Any] = {"planId": str(row["plan_id"])}
        if row["expires"] is not None:
            entry["alignedExpirationDate"] = day(row["expires"])
        found.append(entry)
    return found


def estimated(order: Draft) -> dict[str, Any]:
    """A draft with its prices, in the form of an order that was not placed."""
    assert order.quote is not None
    shown: dict[str, Any] = {
        "type": order.type,
        "customerId": str(order.customer["id"]),
        "poNumber": order.body.get("poNumber"),
        "total": price(order.quote.currency, order.quote.total),
        "subscriptionId": None if order.subscription is None else str(order.subscription["id"]),
    }
    if order.type not in ("renewal", "cancellation"):
        shown["details"] = order.quote.details
        shown["products"] = [
            {**_estimated_line(line), "extendedPrice": price(order.quote.currency, share)}
            for line, share in zip(order.lines, order.quote.extended, strict=True)
        ]
    return {name: value for name, value in shown.items() if value is not None}


def _estimated_line(line: Any) -> dict[str, Any]:
    shown = _product(line.replaced or line.product, line.shown)
    if line.replaced is not None:
        shown["newMPN"], shown["newId"] = line.product.mpn, line.product.id
    return shown
