"""`POST /validation/parameters`: always 200, with a verdict for each parameter."""

from __future__ import annotations

from typing import Any

from .accounts import find_account
from .activation import judge
from .context import Context
from .paging import envelope
from .products import choose, period
from .shapes import VALIDATION, check
from .web import Request


def validate(ctx: Context, request: Request) -> dict[str, Any]:
    """A list envelope with one row for each product asked about."""
    body = check(VALIDATION, request.json())
    customer = find_account(ctx, "customer", body["customerId"], 400)
    rows = []
    for index, given in enumerate(body["products"]):
        product = choose(ctx, given, f"products[{index}]")
        row = {
            "id": product.id,
            "mpn": product.mpn,
            "vendor": product.vendor,
            "billingPeriod": period(*product.billing),
            "subscriptionPeriod": period(*product.term),
            "parameters": judge(ctx, customer["id"], product, given["parameters"]),
        }
        if given.get("draftRequestId"):
            row["draftRequestId"] = given["draftRequestId"]
        rows.append(row)
    return envelope(rows, 0, max(len(rows), 10), len(rows))
