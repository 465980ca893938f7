"""What the passing of time does: orders go on, subscriptions renew or end, reports get their files.

Nothing runs in the background. Every request first lets happen, in the sequence of time, what was due before it.
"""

from __future__ import annotations

import sqlite3

from .clock import add_period
from .context import Context
from .fulfil import fulfil


def advance(ctx: Context) -> None:
    """Apply everything due up to now."""
    while True:
        due = [found for found in (_order(ctx), _subscription(ctx), _report(ctx)) if found]
        if not due:
            return
        at, rank, entity = min(due)
        (_step_order, _renew, _step_report)[rank](ctx, entity, at)


def _order(ctx: Context) -> tuple[float, int, int | str] | None:
    sql = "SELECT next_at, id FROM orders WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, id LIMIT 1"
    row = ctx.one(sql, ctx.now)
    return (row["next_at"], 0, row["id"]) if row else None


def _subscription(ctx: Context) -> tuple[float, int, int | str] | None:
    row = ctx.one(
        "SELECT renewal_at, id FROM subscriptions WHERE renewal_at IS NOT NULL AND status = 'active' "
        "AND renewal_at <= ? ORDER BY renewal_at LIMIT 1",
        ctx.now,
    )
    return (row["renewal_at"], 1, row["id"]) if row else None


def _report(ctx: Context) -> tuple[float, int, int | str] | None:
    row = ctx.one(
        "SELECT next_at, id FROM reports WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT 1", ctx.now
    )
    return (row["next_at"], 2, row["id"]) if row else None


def _step_order(ctx: Context, entity: int | str, at: float) -> None:
    row = ctx.one("SELECT * FROM orders WHERE id = ?", entity)
    assert row is not None
    if row["next_step"] == "process":
        ctx.update(
            "orders", entity, status="processing", status_code="AS", next_at=row["finish_at"], next_step="finish"
        )
        ctx.effect("order", entity, "processing", at)
        return
    if row["doomed"] or not _carry_out(ctx, row, at):
        _withdraw(ctx, row, "error", "ER", at)
        return
    ctx.update("orders", entity, status="completed", status_code="CP", provisioned=at, next_at=None, next_step=None)
    ctx.effect("order", entity, "completed", at)


def _carry_out(ctx: Context, row: sqlite3.Row, at: float) -> bool:
    # all lines of an order or none
    noted = len(ctx.effects)
    ctx.db.execute("SAVEPOINT step")
    trouble = fulfil(ctx, row, at)
    if trouble:
        ctx.db.execute("ROLLBACK TO step")
        ctx.update("orders", row["id"], doomed=trouble)
        del ctx.effects[noted:]
    ctx.db.execute("RELEASE step")
    return trouble is None


def cancel(ctx: Context, row: sqlite3.Row) -> None:
    """Withdraw an order that is not finished."""
    _withdraw(ctx, row, "cancelled", "CL", ctx.now)


def _withdraw(ctx: Context, row: sqlite3.Row, status: str, code: str, at: float) -> None:
    ctx.update("orders", row["id"], status=status, status_code=code, next_at=None, next_step=None)
    ctx.effect("order", row["id"], status, at)
    if row["type"] not in ("sales", "migration"):
        return
    for found in ctx.all(
        "SELECT s.id FROM order_subscriptions o JOIN subscriptions s ON s.id = o.subscription_id "
        "WHERE o.order_id = ? AND s.status = 'pending'",
        row["id"],
    ):
        ctx.update("subscriptions", found["id"], status="removed", auto_renew=0, modified=at, renewal_at=None)
        ctx.effect("subscription", found["id"], "removed", at)


def _renew(ctx: Context, entity: int | str, at: float) -> None:
    row = ctx.one("SELECT * FROM subscriptions WHERE id = ?", entity)
    assert row is not None
    if not row["auto_renew"]:
        ctx.update("subscriptions", entity, status="terminated", renewal_at=None, expires=at, modified=at)
        ctx.effect("subscription", entity, "terminated", at)
        return
    until = add_period(at, row["term_type"], max(1, row["term_count"]))
    ctx.update("subscriptions", entity, renewal_at=until, expires=until, modified=at)
    ctx.effect("subscription", entity, "renewed", at)


def _step_report(ctx: Context, entity: int | str, at: float) -> None:
    row = ctx.one("SELECT * FROM reports WHERE id = ?", entity)
    assert row is not None
    if row["next_step"] == "process":
        later = at + float(ctx.settings.report_seconds) * 0.75
        ctx.update("reports", entity, status="processing", next_at=later, next_step="finish")
        return
    ctx.update("reports", entity, status="completed", next_at=None, next_step=None)
    ctx.effect("report", entity, "completed", at)
