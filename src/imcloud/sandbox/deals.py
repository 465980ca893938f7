"""Prices that an order brings along: special prices and deals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .errors import bad_request
from .pricing import Line

_USE = {"sales": "SALES", "migration": "SALES", "renewal": "RENEWAL", "change": "SWITCH_PLAN"}


def apply_special_prices(line: Line, given: dict[str, Any], order_type: str, at: str) -> None:
    """Put the special price or the deal of a request's line on it; raises a 400 when both are there."""
    special, deals = given.get("specialPrice"), given.get("deals")
    if deals and (special or given.get("specialCost")):
        raise bad_request(f"{at}: specialPrice and specialCost cannot be used together with deals.")
    if special:
        _check_currency(line, special, at)
        line.unit = _positive(special["amount"], at)
        line.tiers = special.get("priceTiers") or None
    for agreement in (deals or {}).get("agreements", []):
        _apply_agreement(line, agreement, order_type, at)


def _apply_agreement(line: Line, agreement: dict[str, Any], order_type: str, at: str) -> None:
    use = _USE.get(order_type)
    prices = list(agreement.get("prices") or [])
    for discount in agreement.get("discounts") or []:
        if use in discount["applicableTo"]:
            prices.extend(discount["prices"])
    for entry in prices:
        _check_currency(line, entry, at)
        amount = _positive(entry["amount"], at)
        kind = entry["type"].lower()
        if kind == "setup":
            line.setup = amount
        elif kind == {"renewal": "renewal", "migration": "transfer"}.get(order_type, "recurring") or (
            kind == "recurring" and line.unit is None
        ):
            line.unit = amount


def _check_currency(line: Line, entry: dict[str, Any], at: str) -> None:
    if entry["currency"] != line.product.currency:
        raise bad_request(f"{at}: prices must be in {line.product.currency}.")


def _positive(amount: str, at: str) -> Decimal:
    value = Decimal(amount)
    if value < 0:
        raise bad_request(f"{at}: a price must not be negative.")
    return value
