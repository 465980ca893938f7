"""Each type of order: what it costs, how it goes on, what it does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import FIRST, HELD_CREDIT, Admin, Api

SEAT = {"mpn": "SANDBOX-SEAT", "quantity": 2}
DAY = 86400


def only(rows: list[Any]) -> Any:
    assert len(rows) == 1
    return rows[0]


def bought(api: Api, admin: Admin, *products: dict[str, Any], **more: Any) -> tuple[Any, Any]:
    """A completed sales order and its subscription."""
    order = api.order(FIRST, *products, **more)
    admin.advance(3)
    order = api.get(f"/orders/{order['id']}")
    assert order["status"] == "completed", order
    return order, api.get(f"/subscriptions/{order['subscriptionId']}")


def change(api: Api, admin: Admin, subscription: str, *products: dict[str, Any], **more: Any) -> Any:
    order = api.order(FIRST, *products, type="change", subscriptionId=subscription, **more)
    admin.advance(3)
    return api.get(f"/orders/{order['id']}")


def test_life_of_a_sales_order(api: Api, admin: Admin) -> None:
    admin.settings(provisioning_seconds=100)
    order = api.order(FIRST, SEAT, poNumber="PO-1", attributes={"a": "b"}, status="completed", orderNumber="mine")
    assert (order["status"], order["type"], order["poNumber"]) == ("submitted", "sales", "PO-1")
    assert order["orderNumber"].startswith("SO")
    assert "provisioningDate" not in order
    assert order["attributes"] == {"a": "b"}
    held = api.get(f"/subscriptions/{order['subscriptionId']}")
    assert (held["status"], held["products"][0]["quantity"], held["name"]) == ("pending", 2, "Rehearsal: plain seat")
    admin.advance(30)
    assert api.get(f"/orders/{order['id']}")["status"] == "processing"
    assert api.get(f"/orders/{order['id']}")["statusCode"] == "AS"
    admin.advance(71)
    done = api.get(f"/orders/{order['id']}")
    assert (done["status"], done["statusCode"]) == ("completed", "CP")
    assert done["provisioningDate"] > done["creationDate"]
    assert api.get(f"/subscriptions/{order['subscriptionId']}")["status"] == "active"
    assert only(api.get("/orders", limit=1)["data"])["id"] == order["id"]
    assert "poNumber" not in api.get("/orders", limit=1)["data"][0]
    truth = admin.get(f"state/order/{order['id']}")
    assert truth["poNumber"] == "PO-1"
    assert truth["body"]["products"] == [SEAT]


def test_provisioning_can_be_instant(api: Api, admin: Admin) -> None:
    admin.settings(provisioning_seconds=0)
    assert api.order(FIRST, SEAT)["status"] == "completed"


def test_products_of_one_offer_share_a_subscription(api: Api, admin: Admin) -> None:
    order, held = bought(
        api,
        admin,
        SEAT,
        {"mpn": "ARBOR-WST-MY", "quantity": "3.0"},
        {"mpn": "ARBOR-MBX-MY", "quantity": 30},
        {"mpn": "ARBOR-WST-YY", "quantity": 1},
    )
    homes = [product["subscriptionId"] for product in order["products"]]
    assert homes[1] == homes[2]
    assert len(set(homes)) == 3
    assert held["id"] == homes[0]
    shared = api.get(f"/subscriptions/{homes[1]}")
    assert {product["mpn"]: product["quantity"] for product in shared["products"]} == {
        "ARBOR-WST-MY": 3,
        "ARBOR-MBX-MY": 30,
    }
    assert shared["totalPrice"] == {"currency": "USD", "amount": "66.60"}  # 3 * 4.20 + 30 * 1.80
    assert shared["totalSubscriptionPrice"]["amount"] == "799.20"
    assert order["total"]["amount"] == "137.00"  # and 2 * 10.00 and 50.40


def test_dependencies_are_added(api: Api) -> None:
    order = api.order(FIRST, {"mpn": "DRAFTBOARD-STK-MY", "quantity": 4})
    assert [(p["mpn"], p["quantity"]) for p in order["products"]] == [
        ("DRAFTBOARD-STK-MY", 4),
        ("DRAFTBOARD-TEAM-MY", 4),
    ]
    assert order["total"]["amount"] == "259.92"
    again = api.order(FIRST, {"mpn": "DRAFTBOARD-STK-MY", "quantity": 1})
    assert len(again["products"]) == 1


def test_setup_and_tiers(api: Api) -> None:
    order = api.order(FIRST, {"mpn": "SENTRYLEAF-EPA-MY", "quantity": 60}, {"mpn": "SANDBOX-ONCE", "quantity": 1})
    kinds = [(entry["type"], entry["quantity"], entry["extendedPrice"]["amount"]) for entry in order["details"]]
    assert kinds == [
        ("recurring", 10, "55.00"),
        ("recurring", 40, "200.00"),
        ("recurring", 10, "42.50"),
        ("setup", 1, "250.00"),
        ("recurring", 1, "0.00"),
    ]
    assert order["total"]["amount"] == "547.50"
    assert [p["extendedPrice"]["amount"] for p in order["products"]] == ["297.50", "250.00"]


def test_sub_cent_prices_stay_exact(api: Api) -> None:
    order = api.order(FIRST, {"mpn": "STRATUSCALE-OBJ-MY", "quantity": 3})
    assert order["total"]["amount"] == "6.375"


def test_more_and_fewer_seats(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    order = change(api, admin, held["id"], {"mpn": "SANDBOX-SEAT", "quantity": 3})
    assert order["orderNumber"].startswith("CH")
    assert (order["products"][0]["quantity"], order["total"]["amount"]) == (3, "30.00")
    assert api.get(f"/subscriptions/{held['id']}")["products"][0]["quantity"] == 5
    order = change(api, admin, held["id"], {"id": held["products"][0]["id"], "quantity": -1})
    assert (order["products"][0]["quantity"], order["total"]["amount"]) == (-1, "-10.00")
    assert order["details"][0]["type"] == "recurringRefund"
    assert api.get(f"/subscriptions/{held['id']}")["products"][0]["quantity"] == 4


def test_quantity_as_a_total(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    admin.settings(change_quantity="total")
    body = {"type": "change", "customerId": FIRST, "subscriptionId": held["id"]}
    seats = {"mpn": "SANDBOX-SEAT", "quantity": 3}
    assert api.post("/orders/estimate", {**body, "products": [seats]})["total"]["amount"] == "10.00"
    order = change(api, admin, held["id"], seats)
    assert order["products"][0]["quantity"] == 1  # read back as a signed difference
    assert api.get(f"/subscriptions/{held['id']}")["products"][0]["quantity"] == 3
    assert api.call("POST", "/orders", {**body, "products": [seats]}).status_code == 400


def test_seats_at_renewal(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    order = change(api, admin, held["id"], {"mpn": "SANDBOX-SEAT", "quantity": 7}, scheduledOn="renewal")
    assert (order["status"], order["statusCode"], order["products"][0]["quantity"]) == ("processing", "AS", 7)
    assert api.get(f"/subscriptions/{held['id']}")["products"][0]["quantity"] == 2
    admin.advance(366 * DAY)
    api.sign_in_again()
    assert api.get(f"/orders/{order['id']}")["status"] == "completed"
    after = api.get(f"/subscriptions/{held['id']}")
    assert after["products"][0]["quantity"] == 7
    assert after["renewalDate"][:4] == str(int(held["renewalDate"][:4]) + 1)


def test_renewal_quantity_as_a_difference(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    admin.settings(renewal_quantity="delta")
    order = change(api, admin, held["id"], {"mpn": "SANDBOX-SEAT", "quantity": 7}, scheduledOn="renewal")
    assert order["products"][0]["quantity"] == 9


def test_another_product(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, {"mpn": "INKOATH-STD-MY", "quantity": 3})
    order = change(api, admin, held["id"], {"mpn": "INKOATH-STD-MY", "newMPN": "INKOATH-BUS-MY"})
    assert order["total"]["amount"] == "45.00"
    assert [entry["type"] for entry in order["details"]] == ["recurringRefund", "switch"]
    after = api.get(f"/subscriptions/{held['id']}")
    assert [(p["mpn"], p["quantity"]) for p in after["products"]] == [("INKOATH-BUS-MY", 3)]
    assert after["name"] == "InkOath Signing Business"


def test_another_plan(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, {"mpn": "INKOATH-STD-MY", "quantity": 3})
    switches = api.get(f"/plans/{held['planId']}")["planSwitches"]
    yearly = next(
        s
        for s in switches
        if s["planId"] != held["planId"] and s["sourceSubscriptionPeriod"] == {"type": "year", "duration": 1}
    )
    order = change(
        api, admin, held["id"], planId=str(yearly["planId"]), subscriptionPeriod=yearly["subscriptionPeriod"]
    )
    assert order["total"]["amount"] == "330.00"
    after = api.get(f"/subscriptions/{held['id']}")
    assert (after["planId"], after["products"][0]["mpn"]) == (yearly["planId"], "INKOATH-STD-YY")
    body = {"type": "change", "customerId": FIRST, "subscriptionId": held["id"], "planId": "10001"}
    assert api.call("POST", "/orders", body).status_code == 400


def test_plan_switch_at_renewal(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, {"mpn": "INKOATH-STD-MY", "quantity": 1})
    period = {"type": "month", "duration": 1}
    order = change(api, admin, held["id"], planId=str(held["planId"]), subscriptionPeriod=period)
    assert order["status"] == "processing"
    admin.advance(366 * DAY)
    api.sign_in_again()
    assert api.get(f"/subscriptions/{held['id']}")["subscriptionPeriod"] == period


def test_renewal(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    order = api.order(FIRST, type="renewal", subscriptionId=held["id"])
    assert order["orderNumber"].startswith("RN")
    assert order["total"]["amount"] == "20.00"
    assert not {"products", "details"} & set(order)
    admin.advance(3)
    after = api.get(f"/subscriptions/{held['id']}")
    assert int(after["renewalDate"][:4]) == int(held["renewalDate"][:4]) + 1


def test_cancellation(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    order = api.order(FIRST, type="cancellation", subscriptionId=held["id"])
    assert order["orderNumber"].startswith("CL")
    assert order["total"]["amount"] == "0.00"
    assert not {"products", "details"} & set(order)
    admin.advance(3)
    after = api.get(f"/subscriptions/{held['id']}")
    assert (after["status"], after["renewalStatus"]) == ("terminated", False)
    assert after["name"] == held["name"]
    body = {"type": "cancellation", "customerId": FIRST, "subscriptionId": held["id"]}
    assert api.call("POST", "/orders", body).status_code == 400


def test_migration(api: Api, admin: Admin) -> None:
    plan = api.get("/subscriptions/3000001")["planId"]
    end = admin.get("clock")["now"][:4]
    expires = f"{int(end) + 1}-12-31"
    order, held = bought(
        api,
        admin,
        SEAT,
        type="migration",
        planId=str(plan),
        startDate="2020-01-31",
        migrationDate="2020-02-01",
        expirationDate=expires,
        autorenewal=False,
    )
    assert order["type"] == "migration"
    assert (held["status"], held["creationDate"], held["expirationDate"]) == ("active", "2020-01-31", expires)
    assert held["renewalStatus"] is False
    body = {"type": "migration", "customerId": FIRST, "planId": "1", "products": [SEAT]}
    assert api.call("POST", "/orders", body).status_code == 400


def test_cancelling_an_order(api: Api, admin: Admin) -> None:
    order = api.order(FIRST, SEAT)
    answer = api.patch(f"/orders/{order['id']}", {"statusCode": "CL", "creditCheck": False, "poNumber": "x"})
    assert (answer["status"], answer["statusCode"], answer["creditCheck"]) == ("cancelled", "CL", False)
    assert "poNumber" not in answer
    assert api.get(f"/subscriptions/{order['subscriptionId']}")["status"] == "removed"
    admin.advance(10)
    assert api.get(f"/orders/{order['id']}")["status"] == "cancelled"
    done, _ = bought(api, admin, SEAT)
    assert api.call("PATCH", f"/orders/{done['id']}", {"statusCode": "CL"}).status_code == 400
    assert api.call("PATCH", f"/orders/{done['id']}", {"statusCode": "ZZ"}).status_code == 400
    assert api.call("PATCH", f"/orders/{done['id']}", {"creditCheck": "yes"}).status_code == 400


@pytest.mark.parametrize(("customer", "mpn"), [(HELD_CREDIT, "SANDBOX-SEAT"), (FIRST, "SANDBOX-FAILS")])
def test_orders_that_end_in_error(api: Api, admin: Admin, customer: str, mpn: str) -> None:
    order = api.order(customer, {"mpn": mpn, "quantity": 1})
    assert order["status"] == "submitted"
    admin.advance(3)
    after = api.get(f"/orders/{order['id']}")
    assert (after["status"], "provisioningDate" in after) == ("error", False)
    assert api.get(f"/subscriptions/{order['subscriptionId']}")["status"] == "removed"
    assert admin.get(f"state/order/{order['id']}")["doomed"]


def test_a_change_overtaken_by_a_cancellation(api: Api, admin: Admin) -> None:
    _, held = bought(api, admin, SEAT)
    api.order(FIRST, type="cancellation", subscriptionId=held["id"])
    order = change(api, admin, held["id"], {"mpn": "SANDBOX-SEAT", "quantity": 1})
    assert order["status"] == "error"


SHARED = {"mpn": "SBX7TTC0LH02:0001", "quantity": 1}
MONTH, YEAR = {"type": "month", "duration": 1}, {"type": "year", "duration": 1}


def test_mpns_that_are_not_unique(api: Api) -> None:
    estimate = {"customerId": FIRST}
    answer = api.call("POST", "/orders/estimate", {**estimate, "products": [SHARED]})
    assert answer.status_code == 400
    assert "more product parameters" in answer.json()["message"]
    for more, total in (
        ({"billingPeriod": YEAR}, "150.00"),
        ({"subscriptionPeriod": MONTH}, "15.00"),
        ({"billingPeriod": MONTH, "subscriptionPeriod": YEAR}, "12.50"),
        ({"id": "PRD100005"}, "12.50"),
    ):
        assert api.post("/orders/estimate", {**estimate, "products": [{**SHARED, **more}]})["total"]["amount"] == total
    whole = {**estimate, "subscriptionPeriod": MONTH, "products": [SHARED]}
    assert api.post("/orders/estimate", whole)["total"]["amount"] == "15.00"
    starter = {"mpn": "BACKUP-100", "quantity": 1}
    assert api.call("POST", "/orders/estimate", {**estimate, "products": [starter]}).status_code == 400
    line = {**starter, "vendor": "VaultPeak"}
    assert api.post("/orders/estimate", {**estimate, "products": [line]})["total"]["amount"] == "9.50"
    line = {**SHARED, "billingPeriod": {"type": "year", "duration": 3}}
    assert api.call("POST", "/orders/estimate", {**estimate, "products": [line]}).status_code == 400


def test_prices_brought_along(api: Api, admin: Admin) -> None:
    special = {"currency": "USD", "amount": "7", "priceTiers": [{"lowerLimit": "5", "amount": "6.5"}]}
    order, held = bought(api, admin, {"mpn": "SANDBOX-SEAT", "quantity": 6, "specialPrice": special})
    assert order["total"]["amount"] == "39.00"
    assert "specialPrice" not in order["products"][0]
    assert held["products"][0]["unitPrice"]["amount"] == "6.50"
    assert held["totalPrice"]["amount"] == "39.00"
    prices = [
        {"currency": "USD", "amount": "8", "type": "recurring"},
        {"currency": "USD", "amount": "1", "type": "SETUP"},
    ]
    deals = {"freezePrices": True, "agreements": [{"sellerId": "self", "prices": prices, "discounts": []}]}
    line = {"mpn": "SANDBOX-SEAT", "quantity": 2, "deals": deals}
    order, held = bought(api, admin, line)
    assert order["total"]["amount"] == "18.00"
    both = {**line, "specialPrice": special}
    assert api.call("POST", "/orders", {"customerId": FIRST, "products": [both]}).status_code == 400
    euros = {"mpn": "SANDBOX-SEAT", "quantity": 2, "specialPrice": {"currency": "EUR", "amount": "1"}}
    assert api.call("POST", "/orders", {"customerId": FIRST, "products": [euros]}).status_code == 400


BAD: list[tuple[Any, str]] = [
    ([], "must be an object"),
    ({}, "customerId is required"),
    ({"customerId": 5}, "customerId must be a string"),
    ({"customerId": FIRST, "type": "sale"}, "type must be one of"),
    ({"customerId": FIRST, "type": "unknown", "products": [SEAT]}, "not supported"),
    ({"customerId": FIRST}, "at least one product"),
    ({"customerId": FIRST, "products": {}}, "products must be an array"),
    ({"customerId": FIRST, "products": [{}]}, "mpn or id is required"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT"}]}, "quantity is required"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": "x"}]}, "quantity must be a number"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": True}]}, "quantity must be a number"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1.5}]}, "whole number"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": 0}]}, "minimum quantity"),
    ({"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1001}]}, "maximum quantity"),
    ({"customerId": FIRST, "products": [{"mpn": "NOPE", "quantity": 1}]}, "not in the catalog"),
    ({"customerId": FIRST, "products": [{"id": "NOPE", "quantity": 1}]}, "not in the catalog"),
    ({"customerId": FIRST, "products": [{**SEAT, "specialPrice": {"currency": "USD", "amount": 7}}]}, "amount"),
    ({"customerId": FIRST, "products": [{**SEAT, "billingPeriod": {"type": "month"}}]}, "duration is required"),
    ({"customerId": FIRST, "products": [{**SEAT, "type": "BUY"}]}, "type must be one of"),
    ({"customerId": FIRST, "products": [SEAT], "attributes": {"a": 1}}, "object of strings"),
    ({"customerId": FIRST, "products": [SEAT], "startDate": "soon"}, "startDate must be a date"),
    ({"customerId": FIRST, "products": [SEAT], "placementType": "COPY"}, "placementType must be one of"),
    ({"customerId": FIRST, "products": [SEAT], "autorenewal": "true"}, "autorenewal must be a boolean"),
    ({"customerId": "1000008", "products": [SEAT]}, "status 'cancelled'"),
    ({"customerId": "1"}, "No entity"),
    ({"customerId": FIRST, "type": "change", "products": [SEAT]}, "subscriptionId is required"),
    ({"customerId": FIRST, "type": "renewal"}, "subscriptionId is required"),
    ({"customerId": FIRST, "type": "cancellation", "subscriptionId": "1"}, "No entity"),
    ({"customerId": "1000010", "type": "cancellation", "subscriptionId": "3000001"}, "does not belong"),
    (
        {"customerId": FIRST, "type": "change", "subscriptionId": "3000001", "products": [SEAT], "scheduledOn": "x"},
        "scheduledOn",
    ),
    (
        {"customerId": FIRST, "type": "change", "subscriptionId": "3000001", "products": [{"mpn": "X", "quantity": 1}]},
        "not part",
    ),
    (
        {"customerId": FIRST, "type": "change", "subscriptionId": "3000001", "products": [{**SEAT, "quantity": -10}]},
        "minimum quantity",
    ),
    ({"customerId": FIRST, "products": [{"mpn": "MAILHAVEN-STD-MY", "quantity": 1}]}, "domain"),
]


@pytest.mark.parametrize(("body", "part"), BAD)
def test_bad_orders(reader: Api, body: Any, part: str) -> None:
    answer = reader.call("POST", "/orders", body)
    assert answer.status_code == 400, answer.text
    assert part in answer.json()["message"]
    assert set(answer.json()) == {"timeStamp", "status", "message", "path", "correlationId"}


def test_broken_bodies(reader: Api) -> None:
    kind = {"Content-Type": "application/json"}
    for raw in (b"", b"{", b"[" * 100000, b'{"a": NaN}', b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"9" * 5000):
        answer = reader.session.post(reader.base + "/orders", data=raw, headers=kind)
        assert answer.status_code == 400, raw[:10]
    answer = reader.session.post(reader.base + "/orders", data=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert reader.session.post(reader.base + "/orders", data=b"x" * (5 << 20), headers=kind).status_code == 413
    assert reader.get("/customers")["data"]


def test_refused_orders_leave_nothing(api: Api, admin: Admin) -> None:
    before = api.get("/orders")["pagination"]["total"]
    line = {"mpn": "MAILHAVEN-STD-MY", "quantity": 1, "parameters": [{"name": "domain", "value": "-bad-"}]}
    assert api.call("POST", "/orders", {"customerId": FIRST, "products": [SEAT, line]}).status_code == 400
    assert api.get("/orders")["pagination"]["total"] == before
    assert admin.get("ledger")["data"][-2]["effects"] == []
    admin.settings(check_parameters=False)
    assert api.order(FIRST, SEAT, line)["status"] == "submitted"


def test_amounts_are_exact_texts(reader: Api) -> None:
    for row in reader.get("/orders", limit=40)["data"]:
        order = reader.get(f"/orders/{row['id']}")
        assert isinstance(order["total"]["amount"], str)
        if "details" in order:
            assert Decimal(order["total"]["amount"]) == sum(
                Decimal(d["extendedPrice"]["amount"]) for d in order["details"]
            )
            assert Decimal(order["total"]["amount"]) == sum(
                Decimal(p["extendedPrice"]["amount"]) for p in order["products"]
            )
