"""An estimate answers exactly what the order then costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import FIRST, Api

PARAMETERS = [{"name": "domain", "value": "estimates.example"}, {"name": "country", "value": "US"}]


@pytest.fixture(scope="module")
def catalogue(reader: Api) -> list[Any]:
    return reader.get("/products", limit=500)["data"]


def line_of(product: Any, share: float, special: str | None) -> dict[str, Any]:
    low, high = int(product["minimumQuantity"]), min(int(product["maximumQuantity"]), 150)
    line = {"id": product["id"], "quantity": low + int(share * (high - low)), "parameters": PARAMETERS}
    if special:
        line["specialPrice"] = {"currency": "USD", "amount": special}
    return line


picks = st.lists(
    st.tuples(st.integers(0, 119), st.floats(0, 1), st.sampled_from([None, None, "3.3", "0.015"])),
    min_size=1,
    max_size=5,
)


@settings(max_examples=50)
@given(picks=picks)
def test_estimate_is_the_cost(reader: Api, catalogue: list[Any], picks: list[tuple[int, float, str | None]]) -> None:
    lines = [line_of(catalogue[index], share, special) for index, share, special in picks]
    body = {"type": "sales", "customerId": FIRST, "products": lines}
    estimate, order = reader.post("/orders/estimate", body), reader.post("/orders", body)
    assert estimate["total"] == order["total"]
    for name in ("extendedPrice", "quantity", "id"):
        assert [p[name] for p in estimate["products"]] == [p[name] for p in order["products"]]
    assert [d["extendedPrice"] for d in estimate["details"]] == [d["extendedPrice"] for d in order["details"]]
    total = sum(Decimal(d["unitPrice"]["amount"]) * Decimal(str(d["quantity"])) for d in order["details"])
    assert Decimal(order["total"]["amount"]) == total


@pytest.mark.parametrize("kind", ["change", "renewal", "cancellation"])
@pytest.mark.parametrize("seats", [4, -1])
def test_estimates_of_orders_on_subscriptions(reader: Api, kind: str, seats: int) -> None:
    body: dict[str, Any] = {"type": kind, "customerId": FIRST, "subscriptionId": "3000001"}
    if kind == "change":
        body["products"] = [{"mpn": "SANDBOX-SEAT", "quantity": seats}]
    before = reader.get("/orders")["pagination"]["total"]
    estimate = reader.post("/orders/estimate", body)
    assert "id" not in estimate
    assert reader.get("/orders")["pagination"]["total"] == before
    order = reader.post("/orders", body)
    assert estimate["total"] == order["total"]
    reader.patch(f"/orders/{order['id']}", {"statusCode": "CL"})
