"""The four operations on subscriptions."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .accounts import visible_homes
from .clock import DAY, parse_day
from .context import Context
from .errors import bad_request
from .paging import as_id, listed, one_status
from .products import load
from .shapes import SPECIAL_PRICING, SUBSCRIPTION_UPDATE, check
from .subscriptions import detail, find_subscription, thin
from .web import Request

_STATUSES = ("pending", "active", "hold", "terminated", "removed")


def list_subscriptions(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /subscriptions`."""
    query = request.query()
    where: list[tuple[str, tuple[Any, ...]]] = [("reseller_id = ?", (ctx.reseller_id,))]
    if query.get("customerId"):
        condition, homes = visible_homes(ctx)
        where = [(condition, tuple(homes)), ("customer_id = ?", (as_id(query["customerId"]),))]
    status = one_status(query, _STATUSES)
    if status:
        where.append(("status = ?", (status,)))
    for name, clause, shift in (("creationDateFrom", "created >= ?", 0.0), ("creationDateTo", "created < ?", DAY)):
        if query.get(name):
            where.append((clause, (_day(query[name], name) + shift,)))
    return listed(ctx, query, "subscriptions", where, "created DESC, id DESC", thin)


def _day(text: str, name: str) -> float:
    try:
        return parse_day(text)
    except ValueError as error:
        raise bad_request(f"{name}: {error}.") from None


def get_subscription(ctx: Context, request: Request, id: str) -> dict[str, Any]:  # noqa: ARG001
    """`GET /subscriptions/{id}`."""
    return detail(ctx, find_subscription(ctx, id))


def update(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """Attributes (merged), automatic renewal and prices; not the number of seats."""
    row = find_subscription(ctx, id)
    body = check(SUBSCRIPTION_UPDATE, request.json())
    _refuse_ended(row)
    changes: dict[str, Any] = {"modified": ctx.now}
    if "attributes" in body:
        changes["attributes"] = json.dumps({**json.loads(row["attributes"]), **body["attributes"]})
    if "renewalStatus" in body:
        changes["auto_renew"] = int(body["renewalStatus"])
    _reprice(ctx, row, body.get("products", []))
    ctx.update("subscriptions", row["id"], **changes)
    ctx.effect("subscription", id, "updated")
    return detail(ctx, find_subscription(ctx, id))


def special_pricing(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """Prices and costs of products of the subscription."""
    row = find_subscription(ctx, id)
    body = check(SPECIAL_PRICING, request.json())
    _refuse_ended(row)
    _reprice(ctx, row, body["products"])
    ctx.update("subscriptions", row["id"], modified=ctx.now)
    ctx.effect("subscription", id, "repriced")
    return detail(ctx, find_subscription(ctx, id))


def _refuse_ended(row: sqlite3.Row) -> None:
    if row["status"] in ("terminated", "removed"):
        raise bad_request(f"The subscription has status '{row['status']}' and cannot be updated.")


def _reprice(ctx: Context, subscription: sqlite3.Row, products: list[dict[str, Any]]) -> None:
    lines = ctx.all("SELECT * FROM subscription_lines WHERE subscription_id = ?", subscription["id"])
    for index, given in enumerate(products):
        product_id = _line_of(ctx, lines, given, f"products[{index}]")
        changes = _prices(ctx, product_id, given, f"products[{index}]")
        for column, value in changes.items():
            ctx.run(
                f"UPDATE subscription_lines SET {column} = ? WHERE subscription_id = ? AND product_id = ?",  # noqa: S608
                value,
                subscription["id"],
                product_id,
            )


def _line_of(ctx: Context, lines: list[sqlite3.Row], given: dict[str, Any], at: str) -> str:
    if not given.get("id") and not given.get("mpn"):
        raise bad_request(f"{at}: mpn or id is required.")
    for line in lines:
        product = load(ctx.db, line["product_id"])
        if given.get("id") == product.id or (not given.get("id") and given.get("mpn") == product.mpn):
            return product.id
    raise bad_request(f"{at}: the product is not part of the subscription.")


def _prices(ctx: Context, product_id: str, given: dict[str, Any], at: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    currency = load(ctx.db, product_id).currency
    for key, column, tiers in (
        ("unitPrice", "unit_price", "price_tiers"),
        ("unitCost", "unit_cost", "cost_tiers"),
        ("unitProviderCost", "provider_cost", None),
    ):
        money = given.get(key)
        if not money:
            continue
        if money["currency"] != currency:
            raise bad_request(f"{at}.{key}: prices must be in {currency}.")
        changes[column] = money["amount"]
        if tiers:
            changes[tiers] = json.dumps(money["priceTiers"]) if money.get("priceTiers") else None
    return changes
