"""Catalogue items out of the tables, and the choice of one by what a request says about it."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from .context import Context
from .errors import bad_request
from .pricing import Price, Product


def load(db: sqlite3.Connection, product_id: str) -> Product:
    """The product with this id; the id must be known."""
    row = db.execute("SELECT * FROM products WHERE id = ?", (product_id,)).fetchone()
    found = db.execute("SELECT * FROM prices WHERE product_id = ?", (product_id,)).fetchall()
    sides: dict[str, list[Price]] = {"price": [], "cost": []}
    for p in found:
        sides[p["side"]].append(Price(Decimal(p["amount"]), p["type"], p["model"], p["lower_limit"]))
    return Product(
        id=row["id"],
        mpn=row["mpn"],
        vendor=row["vendor"],
        family=row["family"],
        name=row["name"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        billing=(row["billing_type"], row["billing_count"]),
        term=(row["term_type"], row["term_count"]),
        billing_model=row["billing_model"],
        plan_id=row["plan_id"],
        fails=bool(row["fails"]),
        currency=found[0]["currency"] if found else "USD",
        prices=tuple(sides["price"]),
        costs=tuple(sides["cost"]),
    )


def choose(ctx: Context, line: dict[str, Any], at: str, order_period: dict[str, Any] | None = None) -> Product:
    """The one product that a line means; raises a 400 when none or several match.

    By id, or by mpn, then vendor, then subscription period, then billing period.
    """
    row_id = line.get("id")
    if row_id:
        if ctx.one("SELECT 1 FROM products WHERE id = ?", row_id) is None:
            raise bad_request(f"{at}: the product with id '{row_id}' is not in the catalog.")
        return load(ctx.db, row_id)
    if not line.get("mpn"):
        raise bad_request(f"{at}: mpn or id is required.")
    found = ctx.all("SELECT * FROM products WHERE mpn = ? ORDER BY position", line["mpn"])
    if not found:
        raise bad_request(f"{at}: the product with MPN '{line['mpn']}' is not in the catalog.")
    matching = [row for row in found if _fits(row, line, order_period)]
    if not matching:
        raise bad_request(f"{at}: the product with MPN '{line['mpn']}' is not sold with these vendor and periods.")
    if len(matching) > 1:
        raise bad_request(
            f"{at}: the MPN '{line['mpn']}' is not unique. Specify more product parameters: vendor, "
            "subscriptionPeriod, billingPeriod, or the product id."
        )
    return load(ctx.db, matching[0]["id"])


def _fits(row: sqlite3.Row, line: dict[str, Any], order_period: dict[str, Any] | None) -> bool:
    if line.get("vendor") and row["vendor"] != line["vendor"]:
        return False
    term = line.get("subscriptionPeriod") or order_period
    return _same(term, row["term_type"], row["term_count"]) and _same(
        line.get("billingPeriod"), row["billing_type"], row["billing_count"]
    )


def _same(period: dict[str, Any] | None, kind: str, count: int) -> bool:
    if not period:
        return True
    return bool(period.get("type", kind) == kind and period.get("duration", count) == count)


def period(kind: str, count: int) -> dict[str, Any]:
    """The API's period."""
    return {"type": kind, "duration": count}
