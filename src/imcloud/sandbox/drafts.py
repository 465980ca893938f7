"""From the body of an order to priced lines, for each type of order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import changes
from .accounts import find_account
from .activation import refuse_bad_parameters
from .context import Context
from .deals import apply_special_prices
from .errors import bad_request
from .holdings import held_lines
from .money import quantity_of
from .pricing import Line, Product, Quote, quote
from .products import choose, load
from .shapes import ORDER, check
from .subscriptions import find_subscription

_CLOSED = ("cancelled", "adminHold", "error")


@dataclass
class Draft:
    """An order that is understood and priced but not placed."""

    type: str
    customer: sqlite3.Row
    body: dict[str, Any]
    lines: list[Line] = field(default_factory=list)
    subscription: sqlite3.Row | None = None
    target: sqlite3.Row | None = None
    scheduled: bool = False
    plan_id: int | None = None
    term: tuple[str, int] | None = None
    quote: Quote | None = None


def draft(ctx: Context, given: Any, *, placing: bool) -> Draft:
    """Understand an order or raise a 400; `placing` also wants its activation parameters to be right."""
    body = check(ORDER, given)
    order_type = body.get("type", "sales")
    if order_type not in _BUILDERS:
        raise bad_request(f"The order type '{order_type}' is not supported.")
    customer = find_account(ctx, "customer", body["customerId"], 400)
    if customer["status"] in _CLOSED:
        raise bad_request(f"Orders cannot be placed for a customer with status '{customer['status']}'.")
    order = Draft(order_type, customer, body)
    _BUILDERS[order_type](ctx, order)
    if order.body.get("targetSubscriptionId"):
        order.target = _subscription_of(ctx, order, order.body["targetSubscriptionId"])
    if placing and order_type in ("sales", "migration") and ctx.settings.check_parameters:
        for index, line in enumerate(order.lines):
            refuse_bad_parameters(ctx, customer["id"], line.product, line.parameters, f"products[{index}]")
    order.quote = quote(order_type, order.lines, ctx.now, scheduled=order.scheduled)
    return order


def _given_lines(order: Draft) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = order.body.get("products") or []
    if not lines:
        raise bad_request(f"products: at least one product is required in a {order.type} order.")
    return lines


def _bring_in(ctx: Context, order: Draft) -> None:
    period = order.body.get("subscriptionPeriod")
    for index, given in enumerate(_given_lines(order)):
        at = f"products[{index}]"
        product = choose(ctx, given, at, period)
        units = units_of(given, at)
        check_limits(product, units, at)
        line = Line(product, units, units, units, parameters=given.get("parameters") or [])
        apply_special_prices(line, given, order.type, at)
        order.lines.append(line)
    if order.type == "sales":
        _add_dependencies(ctx, order)


def _migrate(ctx: Context, order: Draft) -> None:
    _bring_in(ctx, order)
    plan = order.body.get("planId")
    if plan and any(str(line.product.plan_id) != plan for line in order.lines):
        raise bad_request(f"planId: the products do not belong to the plan '{plan}'.")


def units_of(given: dict[str, Any], at: str) -> Decimal:
    """The whole number of units of a line; raises a 400."""
    if given.get("quantity") is None:
        raise bad_request(f"{at}.quantity is required.")
    units = quantity_of(given["quantity"])
    if units is None or units != units.to_integral_value():
        raise bad_request(f"{at}.quantity must be a whole number.")
    return units


def check_limits(product: Product, units: Decimal, at: str) -> None:
    """Raise a 400 when so many units cannot be held."""
    if units < product.minimum:
        raise bad_request(f"{at}.quantity: the minimum quantity of '{product.name}' is {product.minimum}.")
    if units > product.maximum:
        raise bad_request(f"{at}.quantity: the maximum quantity of '{product.name}' is {product.maximum}.")


def _add_dependencies(ctx: Context, order: Draft) -> None:
    # the list grows while it is walked: what is added may need something itself
    for line in order.lines:
        for row in ctx.all("SELECT needs_id FROM dependencies WHERE product_id = ?", line.product.id):
            needed = load(ctx.db, row["needs_id"])
            if any(other.product.id == needed.id for other in order.lines) or _has(ctx, order, needed):
                continue
            units = min(max(line.charged, Decimal(needed.minimum)), Decimal(needed.maximum))
            order.lines.append(Line(needed, units, units, units, parameters=line.parameters, added=True))


def _has(ctx: Context, order: Draft, product: Product) -> bool:
    return (
        ctx.one(
            "SELECT 1 FROM subscription_lines l JOIN subscriptions s ON s.id = l.subscription_id "
            "JOIN products p ON p.id = l.product_id WHERE s.customer_id = ? AND p.family = ? AND p.vendor = ? "
            "AND s.status IN ('active', 'pending')",
            order.customer["id"],
            product.family,
            product.vendor,
        )
        is not None
    )


def _subscription_of(ctx: Context, order: Draft, id: str) -> sqlite3.Row:
    row = find_subscription(ctx, id, 400)
    if row["customer_id"] != order.customer["id"]:
        raise bad_request(f"The subscription '{id}' does not belong to the customer '{order.customer['id']}'.")
    return row


def _act_on(ctx: Context, order: Draft, *statuses: str) -> sqlite3.Row:
    named = [order.body.get("subscriptionId")] + [p.get("subscriptionId") for p in order.body.get("products") or []]
    ids = {id for id in named if id}
    if len(ids) != 1:
        problem = "is required" if not ids else "must be one and the same in the whole order"
        raise bad_request(f"subscriptionId {problem} for a {order.type} order.")
    row = _subscription_of(ctx, order, ids.pop())
    if row["status"] not in statuses:
        raise bad_request(
            f"The subscription '{row['id']}' has status '{row['status']}': a {order.type} order is impossible."
        )
    order.subscription = row
    return row


def _change(ctx: Context, order: Draft) -> None:
    row = _act_on(ctx, order, "active")
    when = order.body.get("scheduledOn")
    if when not in (None, "", "renewal"):
        raise bad_request("scheduledOn: only 'renewal' is supported.")
    order.scheduled = when == "renewal"
    if order.body.get("planId"):
        order.lines, order.plan_id, order.term, at_renewal = changes.plan_switch(ctx, row, order.body)
        order.scheduled = order.scheduled or at_renewal
        return
    held = held_lines(ctx, row["id"])
    for index, given in enumerate(_given_lines(order)):
        at = f"products[{index}]"
        mine = changes.match(ctx, held, given, at)
        if changes.names_new_product(given):
            wanted = units_of(given, at) if given.get("quantity") is not None else Decimal(mine.quantity)
            line = changes.product_switch(ctx, mine, given, wanted, at)
        else:
            units = units_of(given, at)
            meaning = ctx.settings.renewal_quantity if order.scheduled else ctx.settings.change_quantity
            line = changes.seats(mine, units, at, meaning=meaning, scheduled=order.scheduled)
        check_limits(line.product, line.reached, at)
        apply_special_prices(line, given, order.type, at)
        order.lines.append(line)


def _renew(ctx: Context, order: Draft) -> None:
    row = _act_on(ctx, order, "active")
    period = order.body.get("subscriptionPeriod")
    if period and period.get("type") and period.get("duration"):
        if period["duration"] < 1 or period["type"] == "unknown":
            raise bad_request("subscriptionPeriod: not a period to renew for.")
        order.term = (period["type"], period["duration"])
    order.lines = [changes.renewed(held) for held in held_lines(ctx, row["id"])]


def _cancel(ctx: Context, order: Draft) -> None:
    _act_on(ctx, order, "active", "hold")


_BUILDERS: dict[str, Callable[[Context, Draft], None]] = {
    "sales": _bring_in,
    "migration": _migrate,
    "change": _change,
    "renewal": _renew,
    "cancellation": _cancel,
}
