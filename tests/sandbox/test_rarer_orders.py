"""Ends that are aligned, periods that change, prices for other uses, and what is refused on the way."""

from __future__ import annotations

from typing import Any

import pytest

from imcloud import sandbox

from .conftest import FIRST, Admin, Api

SEAT = {"mpn": "SANDBOX-SEAT", "quantity": 1}
HELD = {"customerId": FIRST, "subscriptionId": "3000001"}


def completed(api: Api, admin: Admin, *products: dict[str, Any], **more: Any) -> Any:
    order = api.order(FIRST, *products, **more)
    admin.advance(3)
    return api.get(f"/subscriptions/{order['subscriptionId']}")


def test_coterming(api: Api, admin: Admin) -> None:
    end = api.get("/subscriptions/3000001")["renewalDate"]
    align = {"alignmentType": "CO_TERM_ON_SUBSCRIPTION", "subscriptionId": 3000001}
    order = api.order(FIRST, SEAT, alignExpirationDate=align)
    assert order["alignExpirationDate"] == align
    assert order["subscriptions"][0]["alignedExpirationDate"] == end
    admin.advance(3)
    assert api.get(f"/subscriptions/{order['subscriptionId']}")["renewalDate"] == end
    align["subscriptionId"] = 7
    body = {"customerId": FIRST, "products": [SEAT], "alignExpirationDate": align}
    assert api.call("POST", "/orders", body).status_code == 400


def test_end_of_the_month(api: Api, admin: Admin) -> None:
    admin.send("POST", "clock", {"set": "2028-02-10T00:00:00Z"})
    api.sign_in_again()
    held = completed(api, admin, SEAT, alignExpirationDate={"alignmentType": "MATCH_END_OF_CALENDAR_MONTH"})
    assert held["renewalDate"] == "2028-02-29"


def test_months_keep_their_day(api: Api, admin: Admin) -> None:
    admin.send("POST", "clock", {"set": "2029-01-31T00:00:00Z"})
    api.sign_in_again()
    held = completed(api, admin, {"mpn": "ARBOR-WST-MM", "quantity": 1})
    assert held["renewalDate"] == "2029-02-28"


def test_renewal_for_another_period(api: Api, admin: Admin) -> None:
    before = api.get("/subscriptions/3000001")["renewalDate"]
    period = {"type": "day", "duration": 10}
    held = completed(api, admin, type="renewal", subscriptionId="3000001", subscriptionPeriod=period)
    assert before < held["renewalDate"] <= f"{int(before[:4])}-12-31"
    for bad in ({"type": "unknown", "duration": 1}, {"type": "day", "duration": -1}):
        body = {**HELD, "type": "renewal", "subscriptionPeriod": bad}
        assert api.call("POST", "/orders", body).status_code == 400


def test_special_price_of_a_change_stays(api: Api, admin: Admin) -> None:
    special = {"currency": "USD", "amount": "8.5"}
    line = {**SEAT, "specialPrice": special}
    held = completed(api, admin, line, type="change", subscriptionId="3000001")
    assert (held["products"][0]["quantity"], held["products"][0]["unitPrice"]["amount"]) == (11, "8.50")


def test_deals_for_other_uses(api: Api) -> None:
    usd = {"currency": "USD"}
    discount = {"applicableTo": ["SALES"], "prices": [{**usd, "amount": "7.7", "type": "recurring"}]}
    other = {"applicableTo": ["RENEWAL"], "prices": [{**usd, "amount": "1", "type": "recurring"}]}
    deals: dict[str, Any] = {"freezePrices": False, "agreements": [{"discounts": [discount, other]}]}
    body: dict[str, Any] = {"customerId": FIRST, "products": [{**SEAT, "deals": deals}]}
    assert api.post("/orders/estimate", body)["total"]["amount"] == "7.70"
    deals["agreements"] = [{"prices": [{**usd, "amount": "6", "type": "TRANSFER"}]}]
    assert api.post("/orders/estimate", body)["total"]["amount"] == "10.00"
    assert api.post("/orders/estimate", {**body, "type": "migration"})["total"]["amount"] == "6.00"
    deals["agreements"] = [{"prices": [{**usd, "amount": "-6", "type": "setup"}]}]
    assert "negative" in api.call("POST", "/orders/estimate", body).json()["message"]


def test_everything_the_vendor_file_has_is_accepted(api: Api) -> None:
    usd = {"currency": "USD", "amount": "1"}
    rate = {"original": "15", "new": "10"}
    line = {
        **SEAT,
        "vendor": "SandboxLab",
        "name": "ignored",
        "specialCost": usd,
        "specialProviderCost": usd,
        "type": "CREATE",
        "newSubscription": {"id": 1, "coterming": True, "type": "NEW"},
        "margins": {
            "priceModel": "MSRP",
            "totalRate": rate,
            "rates": [{"sellerId": "self", "rate": rate}],
            "attributes": [],
        },
        "vendorRatedExtendedCost": usd,
        "vendorDiscounts": [{"discount": {"discountPercentage": "25", "validity": {"type": "year", "duration": 1}}}],
        "vendorAlreadyAccountedTcvs": [{"tcv": usd}],
        "targetSubscriptionId": "",
    }
    more = {
        "upgradeStartType": "from_old_start_date",
        "migrationProgram": "count_migration_billing_period",
        "billingModel": "chargeBeforeBillingPeriod",
        "placementType": "MOVE",
        "targetSubscriptionId": "3000001",
        "vendorBillingSettings": {"vendorBillingPeriod": {"type": "month", "duration": 1}},
        "lastBillingDate": "2026-01-01",
        "creditCheck": False,
        "status": "completed",
        "scheduledOn": None,
        "total": usd,
    }
    order = api.order(FIRST, line, **more)
    assert order["status"] == "submitted"
    assert order["targetSubscriptionId"] == "3000001"
    assert order["creditCheck"] is True
    assert order["placementType"] == "MOVE"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ({"quantity": 1}, "mpn or id is required"),
        ({**SEAT, "newMPN": "SANDBOX-SEAT"}, "is the present one"),
        ({**SEAT, "newMPN": "NOPE"}, "not in the catalog"),
        ({**SEAT, "quantity": 0.5, "newMPN": "ARBOR-WST-MY"}, "whole number"),
        ({**SEAT, "quantity": "1_0"}, "must be a number"),
        ({**SEAT, "quantity": "1e1"}, "must be a number"),
        ({**SEAT, "quantity": 0}, "change nothing"),
    ],
)
def test_changes_that_are_refused(reader: Api, line: dict[str, Any], part: str) -> None:
    answer = reader.call("POST", "/orders", {**HELD, "type": "change", "products": [line]})
    assert answer.status_code == 400
    assert part in answer.json()["message"]


def test_one_line_that_fails_undoes_the_others(api: Api, admin: Admin) -> None:
    held = completed(
        api, admin, {"mpn": "VAULTPEAK-TEAM-MY", "quantity": 9}, {"mpn": "VAULTPEAK-SEC-MY", "quantity": 1}
    )
    lines = [{"mpn": "VAULTPEAK-SEC-MY", "quantity": 4}, {"mpn": "VAULTPEAK-TEAM-MY", "quantity": -4}]
    orders = [api.order(FIRST, *lines, type="change", subscriptionId=held["id"]) for _ in range(2)]
    admin.advance(3)
    assert [api.get(f"/orders/{order['id']}")["status"] for order in orders] == ["completed", "error"]
    after = api.get(f"/subscriptions/{held['id']}")
    assert {p["mpn"]: p["quantity"] for p in after["products"]} == {"VAULTPEAK-TEAM-MY": 5, "VAULTPEAK-SEC-MY": 5}


def test_ended_subscriptions_are_not_updated(reader: Api) -> None:
    ended = reader.get("/subscriptions", status="terminated")["data"][0]["id"]
    assert reader.call("PATCH", f"/subscriptions/{ended}", {"renewalStatus": True}).status_code == 400


def test_structured_parameters(api: Api) -> None:
    structured = {"accepted": True, "by": ["a", "b"]}
    parameter = {"name": "note", "value": {"any": [1.5]}, "structured_value": structured}
    order = api.order(FIRST, {**SEAT, "parameters": [parameter]})
    assert order["products"][0]["parameters"] == [parameter]
    held = api.get(f"/subscriptions/{order['subscriptionId']}")
    assert held["orderParameters"] == [parameter]


def test_names_are_found_whatever_their_case(api: Api) -> None:
    api.patch(f"/customers/{FIRST}", {"name": "ÉTOILE Straße"})
    for name in ("étoile", "STRASSE", "straße ÉTOILE"):
        assert [row["id"] for row in api.get("/customers", name=name)["data"]] == [FIRST]


def test_a_failing_state_is_a_500(server: sandbox.Server, api: Api) -> None:
    server._state._db.execute("PRAGMA query_only = ON")
    answer = api.call("POST", "/orders", {"customerId": FIRST, "products": [SEAT]})
    assert answer.status_code == 500
    assert answer.json()["correlationId"] == answer.headers["X-Correlation-ID"]
    server._state._db.execute("PRAGMA query_only = OFF")
    assert api.get("/plans")["data"]
