"""Subscriptions as the API shows them."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import Any

from .accounts import visible_homes
from .clock import day, months_in
from .context import Context
from .errors import unknown_entity
from .money import ZERO, price, tier_amount
from .pricing import Line, Product, recurring, unit_price
from .products import load, period


def find_subscription(ctx: Context, id: str, status: int | None = None) -> sqlite3.Row:
    """A subscription the caller may see; raises a refusal when there is none."""
    if id.isascii() and id.isdigit() and len(id) < 16:
        condition, homes = visible_homes(ctx)
        row = ctx.one(f"SELECT * FROM subscriptions WHERE id = ? AND {condition}", int(id), *homes)  # noqa: S608
        if row is not None:
            return row
    raise unknown_entity("subscription", id, ctx.settings.unknown_id_status if status is None else status)


def thin(row: sqlite3.Row) -> dict[str, Any]:
    """A row of the list: no products and no prices."""
    shown: dict[str, Any] = {
        "id": str(row["id"]),
        "name": row["name"],
        "customerId": str(row["customer_id"]),
        "status": row["status"],
        "attributes": json.loads(row["attributes"]),
        "renewalStatus": bool(row["auto_renew"]),
        "creationDate": day(row["created"]),
        "lastModifiedDate": day(row["modified"]),
        "billingModel": row["billing_model"],
        "billingPeriod": period(row["billing_type"], row["billing_count"]),
        "subscriptionPeriod": period(row["term_type"], row["term_count"]),
    }
    if row["renewal_at"] is not None:
        shown["renewalDate"] = day(row["renewal_at"])
    if row["expires"] is not None:
        shown["expirationDate"] = day(row["expires"])
    return shown


def detail(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    """A subscription with products, prices and parameters."""
    lines = ctx.all("SELECT * FROM subscription_lines WHERE subscription_id = ? ORDER BY product_id", row["id"])
    periods = _periods(row)
    products, sums = [], [ZERO, ZERO, ZERO]
    for line in lines:
        shown, amounts = _product(line, load(ctx.db, line["product_id"]), periods)
        products.append(shown)
        sums = [total + amount for total, amount in zip(sums, amounts, strict=True)]
    found = {**thin(row), "planId": row["plan_id"]}
    if lines:
        found["products"] = products
    found["totalPrice"] = price(row["currency"], sums[0])
    names = ("totalSubscriptionPrice", "totalSubscriptionCost", "totalSubscriptionProviderCost")
    found.update((name, price(row["currency"], amount * periods)) for name, amount in zip(names, sums, strict=True))
    for side, name in (("order", "orderParameters"), ("fulfillment", "fulfillmentParameters")):
        found[name] = _parameters(ctx, row["id"], side)
    return found


def _periods(row: sqlite3.Row) -> int:
    """How many billing periods the term has."""
    billing = months_in(row["billing_type"], row["billing_count"])
    return max(1, months_in(row["term_type"], row["term_count"]) // billing)


def _product(
    row: sqlite3.Row, product: Product, periods: int
) -> tuple[dict[str, Any], tuple[Decimal, Decimal, Decimal]]:
    units = Decimal(row["quantity"])
    own = None if row["unit_price"] is None else Decimal(row["unit_price"])
    tiers = json.loads(row["price_tiers"]) if row["price_tiers"] else []
    cost_tiers = json.loads(row["cost_tiers"]) if row["cost_tiers"] else []
    line = Line(product, units, units, units, unit=own, tiers=tiers)
    unit = unit_price(product.prices, units) if own is None else tier_amount(tiers, units, own)
    cost = unit_price(product.costs, units)
    if row["unit_cost"] is not None:
        cost = tier_amount(cost_tiers, units, Decimal(row["unit_cost"]))
    provider = cost if row["provider_cost"] is None else Decimal(row["provider_cost"])
    amounts = (recurring(line), cost * units, provider * units)
    money = product.currency
    shown: dict[str, Any] = {
        "mpn": product.mpn,
        "vendor": product.vendor,
        "id": product.id,
        "quantity": int(units),
        "name": product.name,
        "unitPrice": {**price(money, unit), **({"priceTiers": tiers} if tiers else {})},
        "unitCost": {**price(money, cost), **({"priceTiers": cost_tiers} if cost_tiers else {})},
        "unitProviderCost": price(money, provider),
        "extendedPrice": price(money, amounts[0]),
        "totalSubscriptionPrice": price(money, amounts[0] * periods),
        "totalSubscriptionCost": price(money, amounts[1] * periods),
        "totalSubscriptionProviderCost": price(money, amounts[2] * periods),
    }
    if row["vendor_subscription_id"]:
        shown["vendorSubscriptionId"] = row["vendor_subscription_id"]
    return shown, amounts


def _parameters(ctx: Context, subscription_id: int, side: str) -> list[dict[str, Any]]:
    found = []
    for row in ctx.all(
        "SELECT * FROM subscription_parameters WHERE subscription_id = ? AND side = ? ORDER BY rowid",
        subscription_id,
        side,
    ):
        entry = {"name": row["name"], "value": json.loads(row["value"])}
        if row["structured"]:
            entry["structured_value"] = json.loads(row["structured"])
        found.append(entry)
    return found
