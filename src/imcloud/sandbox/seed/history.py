"""Subscriptions in all states and the orders that made them what they are."""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..clock import DAY, add_period
from ..pricing import Line, Product, line_unit, quote
from .accounts import Person

FIRST_ORDER = 2000001
FIRST_SUBSCRIPTION = 3000001
_STATES = ("active",) * 10 + ("hold", "terminated", "terminated", "removed", "pending")
_PREFIX = {"sales": "SO", "change": "CH", "renewal": "RN", "cancellation": "CL", "migration": "MG"}


@dataclass
class Held:
    """A seeded subscription."""

    id: int
    person: Person
    product: Product
    status: str
    quantity: int
    created: float
    renewal: float
    started_by: str = "sales"


@dataclass
class Placed:
    """A seeded order; `next_at` is set for what has yet to happen."""

    type: str
    person: Person
    product: Product
    quantity: int
    created: float
    held: Held | None
    status: str = "completed"
    code: str = "CP"
    next_at: float | None = None
    scheduled: bool = False
    parameters: list[dict[str, Any]] = field(default_factory=list)


def fill_history(
    db: sqlite3.Connection,
    rng: random.Random,
    *,
    people: list[Person],
    products: list[Product],
    subscriptions: int,
    orders: int,
    now: float,
) -> None:
    """Write subscriptions and orders, oldest first, so that newer ones have higher ids."""
    buyers = [person for person in people if person.status == "active"]
    goods = [p for p in products if not p.fails and not p.metered and p.prices and p.family != "SANDBOX-ONCE"]
    seat = next(p for p in products if p.mpn == "SANDBOX-SEAT")
    held = [_hold(rng, index, buyers, goods, seat, now) for index in range(subscriptions)]
    held.sort(key=lambda h: h.created)
    for index, one in enumerate(held):
        one.id = FIRST_SUBSCRIPTION + index
    placed = [_first_order(rng, one) for one in held]
    placed += _later_orders(rng, held, buyers, goods, orders - len(placed), now)
    placed.sort(key=lambda p: p.created)
    _write_subscriptions(db, rng, held, now)
    _write_orders(db, rng, placed)


def _hold(
    rng: random.Random, index: int, buyers: list[Person], goods: list[Product], seat: Product, now: float
) -> Held:
    person = buyers[0] if index == 0 else rng.choice(buyers)
    product = seat if index == 0 else rng.choice(goods)
    status = _STATES[index % len(_STATES)]
    quantity = 10 if index == 0 else rng.randint(product.minimum, min(product.maximum, product.minimum + 40))
    age = 701 if index == 0 else rng.randint(2 if status == "pending" else 40, 12 if status == "pending" else 700)
    created = now - age * DAY - rng.randint(0, 80000)
    renewal = created
    while renewal <= now + DAY:
        renewal = add_period(renewal, *product.term)
    started = "migration" if index % 17 == 16 else "sales"
    return Held(0, person, product, status, quantity, created, renewal, started)


def _first_order(rng: random.Random, one: Held) -> Placed:
    order = Placed(one.started_by, one.person, one.product, one.quantity, one.created - rng.randint(5, 300), one)
    if one.status == "pending":  # waits for somebody's approval, nothing happens by itself
        order.status, order.code = "submitted", "WA"
    if one.product.vendor == "Mailhaven":
        order.parameters = [{"name": "domain", "value": f"{one.person.slug}.example"}]
    return order


def _later_orders(
    rng: random.Random, held: list[Held], buyers: list[Person], goods: list[Product], count: int, now: float
) -> list[Placed]:
    ended = [one for one in held if one.status in ("terminated", "removed")]
    running = [one for one in held if one.status == "active"]
    found = [_cancellation(rng, one, now) for one in ended][:count]
    while len(found) < count:
        turn = len(found) % 10
        one = rng.choice(running)
        if turn < 5:
            found.append(_change(rng, one, now, scheduled=turn == 4))
        elif turn < 7:
            found.append(Placed("renewal", one.person, one.product, one.quantity, _between(rng, one.created, now), one))
        elif turn < 9:
            person = rng.choice(buyers)
            order = Placed(
                "sales", person, rng.choice(goods), rng.randint(1, 20), _between(rng, now - 400 * DAY, now), None
            )
            order.status, order.code = ("error", "ER") if turn == 7 else ("cancelled", "CL")
            found.append(order)
        else:
            found.append(_change(rng, one, now, scheduled=False))
    return found


def _change(rng: random.Random, one: Held, now: float, *, scheduled: bool) -> Placed:
    quantity = one.quantity if scheduled else rng.choice([-2, -1, 1, 2, 3, 5])
    order = Placed("change", one.person, one.product, quantity, _between(rng, one.created, now), one)
    if scheduled:
        order.scheduled, order.status, order.code, order.next_at = True, "processing", "AS", one.renewal
        order.created = _between(rng, now - 10 * DAY, now)
    return order


def _cancellation(rng: random.Random, one: Held, now: float) -> Placed:
    return Placed("cancellation", one.person, one.product, one.quantity, _between(rng, one.created, now), one)


def _between(rng: random.Random, start: float, now: float) -> float:
    return start + 3600 + rng.random() * max(now - 7200 - start, 1)


def _write_subscriptions(db: sqlite3.Connection, rng: random.Random, held: list[Held], now: float) -> None:
    rows, lines, values = [], [], []
    for index, one in enumerate(held):
        p, ended = one.product, one.status in ("terminated", "removed")
        renewal = one.renewal if one.status in ("active", "hold") else None
        renews = one.status == "active" and index % 4 != 3
        expires = _between(rng, one.created, now) if ended else renewal
        rows.append(
            (
                *(one.id, one.person.reseller_id, one.person.id, p.name, one.status, int(renews)),
                *(one.created, one.created, renewal, expires, *p.billing, *p.term),
                *(p.billing_model, p.plan_id, p.currency, "{}"),
            )
        )
        if index % 20 != 19:  # a few have no products at all, as in production
            lines.append((one.id, p.id, one.quantity, f"V-{rng.randint(10**9, 10**10 - 1)}"))
        values.extend(_parameters(rng, one))
    db.executemany(f"INSERT INTO subscriptions VALUES ({', '.join('?' * 18)})", rows)  # noqa: S608
    db.executemany(
        "INSERT INTO subscription_lines (subscription_id, product_id, quantity, vendor_subscription_id) "
        "VALUES (?, ?, ?, ?)",
        lines,
    )
    db.executemany("INSERT INTO subscription_parameters VALUES (?, ?, ?, ?, NULL)", values)


def _parameters(rng: random.Random, one: Held) -> list[tuple[int, str, str, str]]:
    domain = json.dumps(f"{one.person.slug}.example")
    if one.product.vendor == "Mailhaven":
        return [(one.id, "order", "domain", domain)]
    if one.product.vendor != "Microsoft":
        return []
    tenant = json.dumps(str(uuid.UUID(int=rng.getrandbits(128), version=4)))
    return [
        (one.id, "order", "microsoft_domain", domain),
        (one.id, "order", "microsoft_tenant_id", tenant),
        (one.id, "fulfillment", "ms_customer_id", tenant),
    ]


def _write_orders(db: sqlite3.Connection, rng: random.Random, placed: list[Placed]) -> None:
    counters = dict.fromkeys(_PREFIX, 0)
    rows, lines, links = [], [], []
    for index, order in enumerate(placed):
        counters[order.type] += 1
        number = f"{_PREFIX[order.type]}{counters[order.type]:06d}"
        entity = FIRST_ORDER + index
        row, line = _order_rows(rng, entity, number, order)
        rows.append(row)
        if line:
            lines.append(line)
        if order.held:
            links.append((order.held.id, entity))
    db.executemany(
        "INSERT INTO orders (id, number, reseller_id, customer_id, type, status, status_code, po_number, created, "  # noqa: S608
        "provisioned, next_at, next_step, finish_at, currency, total, subscription_id, scheduled, billing_model, "
        f"details) VALUES ({', '.join('?' * 19)})",
        rows,
    )
    db.executemany(
        "INSERT INTO order_lines (order_id, position, product_id, quantity, extended, subscription_id, parameters) "
        "VALUES (?, 0, ?, ?, ?, ?, ?)",
        lines,
    )
    db.executemany("INSERT INTO order_subscriptions VALUES (?, ?)", links)


def _order_rows(
    rng: random.Random, entity: int, number: str, order: Placed
) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    bare = order.type in ("renewal", "cancellation")  # these have neither products nor details
    lines = [] if order.type == "cancellation" else [_line(order)]
    priced = quote(order.type, lines, order.created, scheduled=order.scheduled)
    subscription = order.held.id if order.held else None
    provisioned = order.created + rng.randint(5, 300) if order.status == "completed" else None
    step = "finish" if order.next_at else None
    row = (
        *(entity, number, order.person.reseller_id, order.person.id, order.type, order.status, order.code),
        *(f"PO-{rng.randint(10000, 99999)}" if rng.random() < 0.6 else None, order.created, provisioned),
        *(order.next_at, step, order.next_at, order.product.currency, str(priced.total), subscription),
        *(int(order.scheduled), order.product.billing_model, "[]" if bare else json.dumps(priced.details)),
    )
    if bare:
        return row, None
    parameters = json.dumps(order.parameters)
    return row, (entity, order.product.id, str(order.quantity), str(priced.extended[0]), subscription, parameters)


def _line(order: Placed) -> Line:
    units = Decimal(order.quantity)
    reached = units
    if order.type == "change" and not order.scheduled and order.held:
        reached = Decimal(order.held.quantity)
    line = Line(order.product, units, reached, units)
    if order.type == "change" and not order.scheduled:
        line.unit = line_unit(line)
    return line
