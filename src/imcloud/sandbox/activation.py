"""Activation parameters: what a product wants to know before it can be provisioned."""

from __future__ import annotations

import json
import re
from typing import Any

from .context import Context
from .errors import bad_request
from .pricing import Product

_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")


def judge(ctx: Context, customer_id: int, product: Product, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The verdict on every known and every given parameter. Names are case-sensitive."""
    values = {entry["name"]: entry.get("value") for entry in given}
    known = ctx.all("SELECT * FROM parameters WHERE product_id = ? ORDER BY position", product.id)
    verdicts = [_judge_one(ctx, customer_id, row, values) for row in known if row["required"] or row["name"] in values]
    names = {row["name"] for row in known}
    for name, value in values.items():
        if name not in names:
            verdicts.append(_verdict(name, value, "", f"The parameter '{name}' is not known to the product."))
    return verdicts


def _judge_one(ctx: Context, customer_id: int, row: Any, values: dict[str, Any]) -> dict[str, Any]:
    value = values.get(row["name"])
    choices = json.loads(row["choices"])
    problem = _problem(ctx, customer_id, row, value, choices)
    verdict = _verdict(row["name"], value, row["rule"], problem)
    if choices:
        verdict["valueChoices"] = [{"label": c, "value": c, "default": i == 0} for i, c in enumerate(choices)]
    return verdict


def _problem(ctx: Context, customer_id: int, row: Any, value: Any, choices: list[str]) -> str | None:
    if value in (None, ""):
        return "A value is required." if row["required"] else None
    if not isinstance(value, str):
        return "The value must be a text."
    rule = row["rule"]
    if rule == "domain":
        return _domain_problem(ctx, customer_id, value)
    if rule == "choice":
        return None if value in choices else f"The value must be one of: {', '.join(choices)}."
    if rule == "email" and not _EMAIL.fullmatch(value):
        return "The value is not an email address."
    return None


def _domain_problem(ctx: Context, customer_id: int, value: str) -> str | None:
    if not _DOMAIN.fullmatch(value):
        return "The value is not a domain name."
    taken = ctx.one(
        "SELECT 1 FROM subscription_parameters p JOIN subscriptions s ON s.id = p.subscription_id WHERE p.name IN "
        "('domain', 'microsoft_domain') AND p.value = ? AND p.side = 'order' AND s.customer_id <> ? "
        "AND s.status IN ('active', 'pending', 'hold')",
        json.dumps(value.lower()),
        customer_id,
    )
    return "The domain is taken by another customer." if taken else None


def _verdict(name: str, value: Any, rule: str, problem: str | None) -> dict[str, Any]:
    verdict: dict[str, Any] = {
        "name": name,
        "result": "error" if problem else "success",
        "message": problem or ("Domain available to purchase." if rule == "domain" else "The value is valid."),
        "type": rule or "text",
        "phase": "ordering",
        "reconciliation": False,
    }
    if isinstance(value, str):
        verdict["value"] = value
    if problem:
        verdict["valueError"] = problem
    return verdict


def refuse_bad_parameters(
    ctx: Context, customer_id: int, product: Product, given: list[dict[str, Any]], at: str
) -> None:
    """Raise a 400 for an order whose parameters would not validate; unknown ones do not stop an order."""
    known = {row["name"] for row in ctx.all("SELECT name FROM parameters WHERE product_id = ?", product.id)}
    for verdict in judge(ctx, customer_id, product, [entry for entry in given if entry["name"] in known]):
        if verdict["result"] == "error":
            raise bad_request(f"{at}: the parameter '{verdict['name']}' of '{product.name}': {verdict['message']}")
