"""What a subscription holds: products, units and agreed prices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .context import Context
from .pricing import Product
from .products import load


@dataclass(frozen=True)
class Held:
    """A product in a subscription; `unit` is an agreed price, None means the catalogue's."""

    subscription_id: int
    product: Product
    quantity: int
    unit: Decimal | None
    tiers: list[dict[str, Any]] | None


def held_lines(ctx: Context, subscription_id: int) -> list[Held]:
    """All products of a subscription."""
    rows = ctx.all("SELECT * FROM subscription_lines WHERE subscription_id = ? ORDER BY product_id", subscription_id)
    return [
        Held(
            subscription_id,
            load(ctx.db, row["product_id"]),
            row["quantity"],
            None if row["unit_price"] is None else Decimal(row["unit_price"]),
            json.loads(row["price_tiers"]) if row["price_tiers"] else None,
        )
        for row in rows
    ]
