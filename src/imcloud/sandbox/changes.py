"""The lines of change and renewal orders: seats, other products, other plans."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from .context import Context
from .errors import bad_request
from .holdings import Held, held_lines
from .pricing import Line, Product, line_unit
from .products import choose, load


def match(ctx: Context, held: list[Held], given: dict[str, Any], at: str) -> Held:
    """The product of the subscription that a line of the order means."""
    if not given.get("id") and not given.get("mpn"):
        raise bad_request(f"{at}: mpn or id is required.")
    if given.get("id"):
        found = [h for h in held if h.product.id == given["id"]]
    else:
        found = [
            h for h in held if h.product.mpn == given["mpn"] and given.get("vendor") in (None, "", h.product.vendor)
        ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise bad_request(f"{at}: the product is not part of the subscription.")
    chosen = choose(ctx, given, at)
    return next(h for h in found if h.product.id == chosen.id)


def seats(mine: Held, units: Decimal, at: str, *, meaning: str, scheduled: bool) -> Line:
    """More or fewer units. Reading an order back gives a signed difference, at renewal the number to be reached."""
    now = Decimal(mine.quantity)
    reached = now + units if meaning == "delta" else units
    if reached == now and not scheduled:
        raise bad_request(f"{at}.quantity: the order would change nothing.")
    charged = reached if scheduled else reached - now
    return Line(mine.product, charged, reached, charged, unit=mine.unit, tiers=mine.tiers)


def renewed(mine: Held) -> Line:
    """All units once more."""
    units = Decimal(mine.quantity)
    return Line(
        mine.product, units, units, units, unit=mine.unit, tiers=mine.tiers, subscription_id=mine.subscription_id
    )


def names_new_product(given: dict[str, Any]) -> bool:
    """Whether a line asks for another product."""
    return any(given.get(key) for key in ("newMPN", "newId", "newProductId"))


def product_switch(ctx: Context, mine: Held, given: dict[str, Any], units: Decimal, at: str) -> Line:
    """That many units of another product in the place of all units of this one."""
    wanted: dict[str, Any] = {"id": given.get("newId") or given.get("newProductId"), "mpn": given.get("newMPN")}
    wanted["billingPeriod"] = given.get("billingPeriod") or _as_period(mine.product.billing)
    wanted["subscriptionPeriod"] = given.get("subscriptionPeriod") or _as_period(mine.product.term)
    product = choose(ctx, wanted, at)
    if product.id == mine.product.id:
        raise bad_request(f"{at}: the new product is the present one.")
    return _switch_line(mine, product, units)


def _as_period(pair: tuple[str, int]) -> dict[str, Any]:
    return {"type": pair[0], "duration": pair[1]}


def _switch_line(mine: Held, product: Product, units: Decimal) -> Line:
    old = Decimal(mine.quantity)
    refund = line_unit(Line(mine.product, old, old, old, unit=mine.unit, tiers=mine.tiers))
    return Line(product, units, units, units, replaced=mine.product, refund_unit=refund, refund_units=old)


def plan_switch(
    ctx: Context, subscription: sqlite3.Row, body: dict[str, Any]
) -> tuple[list[Line], int, tuple[str, int], bool]:
    """Every product in its form of the other plan; also that plan, its period, and whether it waits for the renewal."""
    plan, period = body["planId"], body.get("subscriptionPeriod") or {}
    row = ctx.one(
        "SELECT * FROM plan_switches WHERE plan_id = ? AND CAST(target_id AS TEXT) = ? AND type = ? AND count = ? "
        "AND from_type = ? AND from_count = ?",
        subscription["plan_id"],
        plan,
        period.get("type"),
        period.get("duration"),
        subscription["term_type"],
        subscription["term_count"],
    )
    if row is None:
        raise bad_request(f"The subscription cannot switch to the plan '{plan}' with this subscriptionPeriod.")
    lines = []
    for mine in held_lines(ctx, subscription["id"]):
        found = ctx.value(
            "SELECT id FROM products WHERE plan_id = ? AND family = ? AND vendor = ? AND term_type = ? "
            "AND term_count = ?",
            row["target_id"],
            mine.product.family,
            mine.product.vendor,
            row["type"],
            row["count"],
        )
        if found is None:
            raise bad_request(f"The product '{mine.product.name}' is not sold in the plan '{plan}'.")
        lines.append(_switch_line(mine, load(ctx.db, found), Decimal(mine.quantity)))
    return lines, row["target_id"], (row["type"], row["count"]), row["effective"] == "next_subscription_period"
