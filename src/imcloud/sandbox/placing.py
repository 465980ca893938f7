"""A draft becomes an order, and a sales or migration order its subscriptions."""

from __future__ import annotations

import json
from typing import Any

from .clock import month_end, parse_day
from .context import Context
from .drafts import Draft
from .errors import bad_request
from .ledger import masked
from .pricing import Line
from .web import dump

PREFIX = {"sales": "SO", "change": "CH", "renewal": "RN", "cancellation": "CL", "migration": "MG"}
_STARTED = 0.25  # of the provisioning time has passed when an order goes from submitted to processing


def place(ctx: Context, order: Draft) -> int:
    """Write the order and return its id."""
    assert order.quote is not None
    entity = ctx.next_number("orders")
    seconds = float(ctx.settings.provisioning_seconds)
    finish = ctx.now + seconds
    if order.scheduled and order.subscription is not None:
        finish = order.subscription["renewal_at"]
    ctx.insert(
        "orders",
        id=entity,
        number=f"{PREFIX[order.type]}{ctx.next_number(PREFIX[order.type]):06d}",
        reseller_id=order.customer["parent_id"],
        customer_id=order.customer["id"],
        type=order.type,
        status="submitted",
        status_code="OP",
        po_number=order.body.get("poNumber"),
        created=ctx.now,
        next_at=ctx.now + seconds * _STARTED,
        next_step="process",
        finish_at=finish,
        doomed=_doom(order),
        currency=order.quote.currency,
        total=str(order.quote.total),
        **_aim(order),
        billing_model=order.body.get("billingModel") or (order.lines[0].product.billing_model if order.lines else None),
        attributes=json.dumps(order.body.get("attributes", {})),
        extras=dump({k: order.body[k] for k in ("alignExpirationDate", "placementType") if k in order.body}),
        details=dump(order.quote.details),
        body=dump(masked(order.body)),
    )
    ctx.effect("order", entity, "created")
    _write_subscriptions(ctx, order, entity)
    _write_lines(ctx, order, entity)
    return entity


def _aim(order: Draft) -> dict[str, Any]:
    """The columns that say what the order acts on and where it leads."""
    return {
        "subscription_id": order.subscription["id"] if order.subscription is not None else None,
        "target_id": order.target["id"] if order.target is not None else None,
        "plan_id": order.plan_id,
        "term_type": order.term[0] if order.term else None,
        "term_count": order.term[1] if order.term else None,
        "scheduled": int(order.scheduled),
    }


def _doom(order: Draft) -> str | None:
    if order.customer["status"] == "creditHold":
        return "the customer is on credit hold"
    failing = next((line.product.name for line in order.lines if line.product.fails), None)
    return None if failing is None else f"the vendor refused to provision '{failing}'"


def _write_lines(ctx: Context, order: Draft, entity: int) -> None:
    if order.subscription is not None:
        ctx.insert("order_subscriptions", subscription_id=order.subscription["id"], order_id=entity)
    if order.type in ("renewal", "cancellation") or order.quote is None:
        return
    for position, (line, share) in enumerate(zip(order.lines, order.quote.extended, strict=True)):
        old = line.replaced or line.product
        home = order.subscription["id"] if order.subscription is not None else line.subscription_id
        ctx.insert(
            "order_lines",
            order_id=entity,
            position=position,
            product_id=old.id,
            new_product_id=line.product.id if line.replaced is not None else None,
            quantity=str(line.shown),
            unit_price=None if line.unit is None else str(line.unit),
            price_tiers=dump(line.tiers) if line.tiers else None,
            extended=str(share),
            subscription_id=home,
            parameters=dump(line.parameters),
            added=int(line.added),
        )


def _write_subscriptions(ctx: Context, order: Draft, entity: int) -> None:
    if order.type not in ("sales", "migration"):
        return
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in order.lines:
        product = line.product
        groups.setdefault((product.plan_id, product.billing, product.term), []).append(line)
    created = []
    for lines in groups.values():
        created.append(_subscribe(ctx, order, lines))
        ctx.insert("order_subscriptions", subscription_id=created[-1], order_id=entity)
    ctx.update("orders", entity, subscription_id=created[0])


def _subscribe(ctx: Context, order: Draft, lines: list[Line]) -> int:
    entity, first = ctx.next_number("subscriptions"), lines[0].product
    ctx.insert(
        "subscriptions",
        id=entity,
        reseller_id=order.customer["parent_id"],
        customer_id=order.customer["id"],
        name=first.name,
        status="pending",
        auto_renew=int(order.body.get("autorenewal", True)),
        created=_start(ctx, order),
        modified=ctx.now,
        expires=_expiry(ctx, order),
        billing_type=first.billing[0],
        billing_count=first.billing[1],
        term_type=first.term[0],
        term_count=first.term[1],
        billing_model=order.body.get("billingModel") or first.billing_model,
        plan_id=first.plan_id,
        currency=first.currency,
        attributes=json.dumps(order.body.get("attributes", {})),
    )
    for line in lines:
        line.subscription_id = entity
        _hold(ctx, entity, line)
    _write_parameters(ctx, entity, lines)
    ctx.effect("subscription", entity, "created")
    return entity


def _start(ctx: Context, order: Draft) -> float:
    given = order.body.get("startDate") if order.type == "migration" else None
    return min(parse_day(given), ctx.now) if given else ctx.now


def _expiry(ctx: Context, order: Draft) -> float | None:
    """The end that the order fixes; None leaves it to the term."""
    if order.type == "migration" and order.body.get("expirationDate"):
        return parse_day(order.body["expirationDate"])
    align = order.body.get("alignExpirationDate") or {}
    if align.get("alignmentType") == "MATCH_END_OF_CALENDAR_MONTH":
        return month_end(ctx.now)
    if align.get("alignmentType") == "CO_TERM_ON_SUBSCRIPTION" and align.get("subscriptionId"):
        row = ctx.one(
            "SELECT renewal_at FROM subscriptions WHERE id = ? AND customer_id = ?",
            align["subscriptionId"],
            order.customer["id"],
        )
        if row is None:
            raise bad_request("alignExpirationDate: the customer has no such subscription.")
        return float(row["renewal_at"]) if row["renewal_at"] is not None else None
    return None


def _hold(ctx: Context, subscription: int, line: Line) -> None:
    ctx.run(
        "INSERT INTO subscription_lines (subscription_id, product_id, quantity, unit_price, price_tiers) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
        subscription,
        line.product.id,
        int(line.reached),
        None if line.unit is None else str(line.unit),
        dump(line.tiers) if line.tiers else None,
    )


def _write_parameters(ctx: Context, subscription: int, lines: list[Line]) -> None:
    seen: set[str] = set()
    for entry in (entry for line in lines for entry in line.parameters):
        if entry["name"] in seen:
            continue
        seen.add(entry["name"])
        value = entry.get("value")
        value = value.lower() if entry["name"] in ("domain", "microsoft_domain") and isinstance(value, str) else value
        structured = entry.get("structured_value")
        ctx.insert(
            "subscription_parameters",
            subscription_id=subscription,
            side="order",
            name=entry["name"],
            value=dump(value),
            structured=None if structured is None else dump(structured),
        )
