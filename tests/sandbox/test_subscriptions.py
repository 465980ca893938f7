"""Subscriptions are shown whole, changed, renewed and ended."""

from __future__ import annotations

import pytest

from .conftest import Admin, Api

HELD = "/subscriptions/3000001"
DAY = 86400
USD = {"currency": "USD"}


def test_detail(reader: Api) -> None:
    held = reader.get(HELD)
    assert (held["customerId"], held["status"], held["renewalStatus"]) == ("1000005", "active", True)
    product = held["products"][0]
    assert (product["mpn"], product["quantity"], product["unitPrice"]["amount"]) == ("SANDBOX-SEAT", 10, "10.00")
    assert product["unitCost"]["amount"] == "8.00"
    assert held["totalPrice"] == {"currency": "USD", "amount": "100.00"}
    assert held["totalSubscriptionPrice"]["amount"] == "1200.00"
    assert held["totalSubscriptionCost"]["amount"] == "960.00"
    assert isinstance(held["planId"], int)


def test_some_have_no_products(reader: Api) -> None:
    rows = reader.get("/subscriptions", limit=500)["data"]
    details = [reader.get(f"/subscriptions/{row['id']}") for row in rows]
    assert any("products" not in held for held in details)
    assert any(held["fulfillmentParameters"] for held in details)
    assert {p["name"] for held in details for p in held["orderParameters"]} >= {"domain", "microsoft_domain"}


def test_update(api: Api) -> None:
    api.patch(HELD, {"attributes": {"a": "1", "b": "2"}})
    held = api.post(HELD, {"attributes": {"b": "3"}, "renewalStatus": False, "quantity": 99, "status": "removed"})
    assert (held["attributes"], held["renewalStatus"], held["status"]) == ({"a": "1", "b": "3"}, False, "active")
    assert held["products"][0]["quantity"] == 10
    price = {"products": [{"mpn": "SANDBOX-SEAT", "unitPrice": {**USD, "amount": "9.25"}}]}
    assert api.patch(HELD, price)["totalPrice"]["amount"] == "92.50"


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_special_pricing(api: Api, method: str) -> None:
    tiers = [{"lowerLimit": "10", "amount": "8"}, {"lowerLimit": "20", "amount": "7"}]
    line = {
        "mpn": "SANDBOX-SEAT",
        "unitPrice": {**USD, "amount": "9", "priceTiers": tiers},
        "unitCost": {**USD, "amount": "5.5"},
        "unitProviderCost": {**USD, "amount": "4"},
    }
    answer = api.call(method, HELD + "/specialPricing", {"products": [line]})
    product = answer.json()["products"][0]
    assert product["unitPrice"] == {**USD, "amount": "8.00", "priceTiers": tiers}
    assert (product["unitCost"]["amount"], product["unitProviderCost"]["amount"]) == ("5.50", "4.00")
    assert answer.json()["totalSubscriptionProviderCost"]["amount"] == "480.00"
    order = api.order("1000005", {"mpn": "SANDBOX-SEAT", "quantity": 1}, type="change", subscriptionId="3000001")
    assert order["total"]["amount"] == "8.00"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "products is required"),
        ({"products": [{"unitPrice": {**USD, "amount": "1"}}]}, "mpn or id is required"),
        ({"products": [{"mpn": "X"}]}, "not part of the subscription"),
        ({"products": [{"mpn": "SANDBOX-SEAT", "unitPrice": {"amount": "1"}}]}, "unitPrice.currency is required"),
        ({"products": [{"mpn": "SANDBOX-SEAT", "unitCost": {**USD, "amount": 1}}]}, "unitCost.amount must be"),
        ({"products": [{"mpn": "SANDBOX-SEAT", "unitPrice": {"currency": "EUR", "amount": "1"}}]}, "must be in USD"),
    ],
)
def test_bad_prices(reader: Api, body: object, part: str) -> None:
    answer = reader.call("POST", HELD + "/specialPricing", body)
    assert answer.status_code == 400
    assert part in answer.json()["message"]


def test_renewal_status_is_a_boolean(reader: Api) -> None:
    assert "boolean" in reader.call("PATCH", HELD, {"renewalStatus": "true"}).json()["message"]


def test_renewal_by_time(api: Api, admin: Admin) -> None:
    before = api.get(HELD)
    other = next(
        row
        for row in api.get("/subscriptions", status="active", limit=500)["data"]
        if not row["renewalStatus"] and row["subscriptionPeriod"]["type"] == "month"
    )
    admin.advance(400 * DAY)
    api.sign_in_again()
    after = api.get(HELD)
    assert int(after["renewalDate"][:4]) - int(before["renewalDate"][:4]) in (1, 2)
    assert after["status"] == "active"
    ended = api.get(f"/subscriptions/{other['id']}")
    assert (ended["status"], ended["expirationDate"]) == ("terminated", other["renewalDate"])
    what = [effect["what"] for effect in admin.get("effects", kind="subscription", id="3000001")["data"]]
    assert what[-1] == "renewed"
