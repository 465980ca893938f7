"""The one place where money is worked out: estimates, orders and subscriptions all ask here.

A guess of the sandbox, not the vendor's rules: nothing is prorated. A seat costs the price of its full billing period
on the day it is ordered, and gives that price back when it is removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .clock import add_period, day
from .money import ZERO, plain_number, price, tier_amount


@dataclass(frozen=True)
class Price:
    """One catalogue price; `lower_limit` is where a tier begins."""

    amount: Decimal
    type: str
    model: str
    lower_limit: int


@dataclass(frozen=True)
class Product:
    """A catalogue item with what pricing needs; periods are (type, count)."""

    id: str
    mpn: str
    vendor: str
    family: str
    name: str
    minimum: int
    maximum: int
    billing: tuple[str, int]
    term: tuple[str, int]
    billing_model: str
    plan_id: int
    fails: bool
    currency: str
    prices: tuple[Price, ...]
    costs: tuple[Price, ...] = ()

    @property
    def metered(self) -> bool:
        """Rated by its vendor: nothing recurring is charged with an order."""
        return self.billing_model == "chargeExternalRating"

    def setup(self) -> Decimal:
        """The one-time price of one unit."""
        return next((p.amount for p in self.prices if p.type == "setup"), ZERO)


@dataclass
class Line:
    """One priced line. `charged` is the signed number of units paid for, `reached` the units held afterwards."""

    product: Product
    charged: Decimal
    reached: Decimal
    shown: Decimal
    unit: Decimal | None = None
    tiers: list[dict[str, Any]] | None = None
    setup: Decimal | None = None
    replaced: Product | None = None
    refund_unit: Decimal = ZERO
    refund_units: Decimal = ZERO
    parameters: list[dict[str, Any]] = field(default_factory=list)
    added: bool = False
    subscription_id: int | None = None


@dataclass
class Quote:
    """What an order costs: the sum, its details and each line's share."""

    currency: str
    total: Decimal
    details: list[dict[str, Any]]
    extended: list[Decimal]


def unit_price(prices: tuple[Price, ...], quantity: Decimal) -> Decimal:
    """The recurring price of one unit when that many are held."""
    best, amount = -1, ZERO
    for entry in prices:
        if entry.type == "recurring" and best < entry.lower_limit <= max(quantity, Decimal(1)):
            best, amount = entry.lower_limit, entry.amount
    return amount


def line_unit(line: Line) -> Decimal:
    """The unit price of a line: its special price, else the catalogue's."""
    if line.unit is not None:
        return tier_amount(line.tiers or [], line.reached, line.unit)
    return ZERO if line.product.metered else unit_price(line.product.prices, line.reached)


def brackets(line: Line) -> list[tuple[Decimal, Decimal]]:
    """(units, unit price) pairs; more than one only for a fresh line of a product in graduated tiers."""
    tiers = sorted((p for p in line.product.prices if p.type == "recurring"), key=lambda p: p.lower_limit)
    graduated = line.unit is None and tiers and tiers[0].model == "TIERED" and line.charged == line.reached
    if not graduated:
        return [(line.charged, line_unit(line))]
    pairs = []
    for index, tier in enumerate(tiers):
        lower = Decimal(tier.lower_limit - 1 if tier.lower_limit else 0)
        upper = Decimal(tiers[index + 1].lower_limit - 1) if index + 1 < len(tiers) else line.charged
        units = min(upper, line.charged) - lower
        if units > 0:
            pairs.append((units, tier.amount))
    return pairs


def recurring(line: Line) -> Decimal:
    """The recurring charge of a line for one billing period."""
    return sum((units * unit for units, unit in brackets(line)), ZERO)


def quote(order_type: str, lines: list[Line], start: float, *, scheduled: bool = False) -> Quote:
    """Price an order; the answer depends on nothing but the arguments."""
    details: list[dict[str, Any]] = []
    extended: list[Decimal] = []
    for line in lines:
        found = _details(order_type, line, start, scheduled)
        details.extend(found)
        extended.append(sum((Decimal(entry["extendedPrice"]["amount"]) for entry in found), ZERO))
    currency = lines[0].product.currency if lines else "USD"
    return Quote(currency, sum(extended, ZERO), details, extended)


def _details(order_type: str, line: Line, start: float, scheduled: bool) -> list[dict[str, Any]]:
    found = []
    if order_type == "sales":
        setup = line.product.setup() if line.setup is None else line.setup
        if setup:
            found.append(_detail("setup", line.product, line.charged, setup, start))
    if line.replaced is not None and line.refund_unit and line.refund_units:
        found.append(_detail("recurringRefund", line.replaced, -line.refund_units, line.refund_unit, start))
    kind = _kind(order_type, line, scheduled)
    if not line.product.metered or line.unit is not None:
        found.extend(_detail(kind, line.product, units, unit, start) for units, unit in brackets(line))
    return found


def _kind(order_type: str, line: Line, scheduled: bool) -> str:
    if line.replaced is not None:
        return "switch"
    if order_type == "renewal" or scheduled:
        return "renew"
    return "recurringRefund" if line.charged < 0 else "recurring"


_WORDS = {"setup": "Setup of", "recurring": "Recurring for", "recurringRefund": "Refund for", "switch": "Switch to"}


def _detail(kind: str, product: Product, units: Decimal, unit: Decimal, start: float) -> dict[str, Any]:
    period, count = product.billing
    until = add_period(start, period, count) - 86400
    money = price(product.currency, unit)
    extended = price(product.currency, unit * units)
    words = _WORDS.get(kind, "Renewal of")
    return {
        "type": kind,
        "mpn": product.mpn,
        "productId": product.id,
        "duration": {"type": period, "duration": 1.0 * count},
        "description": f"{words} {product.name} from {day(start)} through {day(until)}",
        "quantity": plain_number(units),
        "unitPrice": money,
        "salesUnitPrice": money,
        "extendedPrice": extended,
        "salesExtendedPrice": extended,
        "taxAmount": price(product.currency, ZERO),
        "salesTaxAmount": price(product.currency, ZERO),
    }
