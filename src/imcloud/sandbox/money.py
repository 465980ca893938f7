"""Amounts are exact decimals inside and texts outside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
CENT = Decimal("0.01")
ZERO = Decimal(0)


def amount_text(amount: Decimal) -> str:
    """At least two decimals, more only where the amount needs them."""
    if amount == amount.quantize(CENT):
        return format(amount.quantize(CENT) + ZERO, "f")
    return format(amount.normalize(), "f")


def price(currency: str, amount: Decimal) -> dict[str, str]:
    """The API's pair of currency and amount."""
    return {"currency": currency, "amount": amount_text(amount)}


def quantity_of(value: Any) -> Decimal | None:
    """A number or a numeric text as a decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    number = Decimal(value) if not isinstance(value, float) else Decimal(str(value))
    return number if number.is_finite() and abs(number) < Decimal("1e12") else None


def plain_number(value: Decimal) -> int | float:
    """A decimal as JSON shows it: an integer where it is one."""
    return int(value) if value == value.to_integral_value() else float(value)


def tier_amount(tiers: Iterable[dict[str, Any]], quantity: Decimal, otherwise: Decimal) -> Decimal:
    """The amount of the highest tier that the quantity reaches."""
    best, amount = Decimal("-Infinity"), otherwise
    for tier in tiers:
        limit = Decimal(str(tier["lowerLimit"]))
        if best < limit <= quantity:
            best, amount = limit, Decimal(str(tier["amount"]))
    return amount
