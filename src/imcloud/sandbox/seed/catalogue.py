"""Plans, products, prices, dependencies and parameters, from the families."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from typing import Any

from ..pricing import Price, Product
from .families import FAMILIES, VARIANTS, Family

CURRENCY = "USD"
_COST = Decimal("0.8")
_INSERT_PRODUCT = f"INSERT INTO products VALUES ({', '.join('?' * 17)})"  # noqa: S608
_LABEL = {"month": "Monthly", "year": "Yearly"}


def fill_catalogue(db: sqlite3.Connection) -> list[Product]:
    """Write the catalogue and return its products in sequence."""
    plans = _fill_plans(db)
    made: list[tuple[Family, str, Product]] = []
    for family in FAMILIES:
        for variant in family.variants:
            made.append((family, variant, _product(family, variant, len(made) + 1, plans)))
    _fill_products(db, made)
    return [product for _, _, product in made]


def _plan_name(family: Family, variant: str) -> tuple[str, str, str]:
    return family.service, VARIANTS[variant][0][0], family.billing_model


def _fill_plans(db: sqlite3.Connection) -> dict[tuple[str, str, str], int]:
    terms: dict[tuple[str, str, str], set[tuple[str, int]]] = {}
    for family in FAMILIES:
        for variant in family.variants:
            terms.setdefault(_plan_name(family, variant), set()).add(VARIANTS[variant][1])
    plans = {key: 10001 + index for index, key in enumerate(terms)}
    for (service, billing, model), plan_id in plans.items():
        name = f"{service.replace('_', ' ').title()} {_LABEL[billing]}"
        if model != "chargeBeforeBillingPeriod":
            name += " (special terms)"
        texts = (
            name,
            f"{name}: all products in one subscription",
            f"The sandbox's offer '{name}', billed every {billing}.",
        )
        db.execute("INSERT INTO plans VALUES (?, ?, ?, ?, 1, ?, 1, ?)", (plan_id, *texts, billing, model))
    for key, plan_id in plans.items():
        periods = [(plan_id, kind, count, 0, 1) for kind, count in sorted(terms[key])]
        db.executemany("INSERT INTO plan_periods VALUES (?, ?, ?, ?, ?)", periods)
        db.executemany("INSERT INTO plan_switches VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _switches(key, plans, terms))
    return plans


def _switches(
    key: tuple[str, str, str], plans: dict[Any, int], terms: dict[Any, set[tuple[str, int]]]
) -> list[tuple[Any, ...]]:
    service, billing, model = key
    found: list[tuple[Any, ...]] = []
    for other in ("month", "year"):
        target = (service, other, model)
        if target not in plans:
            continue
        for old in sorted(terms[key]):
            for new in sorted(terms[target]):
                if (other, new) == (billing, old):
                    continue
                longer = new[0] == "year"
                policy = "prorate_starting_new_subscription_period" if longer else "no_refund"
                effective = "immediately" if longer else "next_subscription_period"
                found.append((plans[key], plans[target], *new, *old, policy, effective))
    return found


def _product(family: Family, variant: str, position: int, plans: dict[tuple[str, str, str], int]) -> Product:
    billing, term, factor = VARIANTS[variant]
    multiple = Decimal(factor)
    tiers = family.tiers or ((0, family.monthly),)
    prices = [
        Price((Decimal(amount) * multiple).normalize(), "recurring", family.model, limit)
        for limit, amount in tiers
        if Decimal(amount)
    ]
    if family.setup:
        prices.append(Price(Decimal(family.setup), "setup", "FLAT", 0))
    return Product(
        id=f"PRD{100000 + position}",
        mpn=family.mpn if family.shared else f"{family.mpn}-{variant}",
        vendor=family.vendor,
        family=family.mpn,
        name=family.name,
        minimum=family.minimum,
        maximum=family.maximum,
        billing=billing,
        term=term,
        billing_model=family.billing_model,
        plan_id=plans[_plan_name(family, variant)],
        fails=family.fails,
        currency=CURRENCY,
        prices=tuple(prices),
        costs=tuple(Price((p.amount * _COST).normalize(), p.type, p.model, p.lower_limit) for p in prices),
    )


def _fill_products(db: sqlite3.Connection, made: list[tuple[Family, str, Product]]) -> None:
    by_variant = {(family.mpn, family.vendor, variant): product.id for family, variant, product in made}
    rows: list[tuple[Any, ...]] = []
    prices: list[tuple[Any, ...]] = []
    needs: list[tuple[str, str]] = []
    parameters: list[tuple[Any, ...]] = []
    for position, (family, variant, p) in enumerate(made):
        coterming = json.dumps({"required": family.coterming[0], "type": family.coterming[1]})
        rows.append(
            (
                *(p.id, position, p.mpn, p.vendor, family.service, p.family, p.name, p.minimum, p.maximum),
                *(*p.billing, *p.term, p.billing_model, coterming, p.plan_id, int(p.fails)),
            )
        )
        for side, entries in (("price", p.prices), ("cost", p.costs)):
            prices.extend((p.id, side, CURRENCY, str(e.amount), e.type, e.model, e.lower_limit) for e in entries)
        if family.needs:
            needs.append((p.id, by_variant[(family.needs, family.vendor, variant)]))
        parameters.extend(
            (p.id, index, entry.name, entry.rule, int(entry.required), json.dumps(entry.choices))
            for index, entry in enumerate(family.parameters)
        )
    db.executemany(_INSERT_PRODUCT, rows)
    db.executemany("INSERT INTO prices VALUES (?, ?, ?, ?, ?, ?, ?)", prices)
    db.executemany("INSERT INTO dependencies VALUES (?, ?)", needs)
    db.executemany("INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?)", parameters)
