"""All 27 operations answer, under every verb that a document gives them."""

from __future__ import annotations

import pytest
import requests

from .conftest import FIRST, Admin, Api, account

LINE = {"mpn": "SANDBOX-SEAT", "quantity": 2}
ORDER = {"type": "sales", "customerId": FIRST, "products": [LINE]}
REPORT = {"name": "Payments", "startDate": "2026-01-01T00:00:00Z"}
CHECK = {"customerId": FIRST, "products": [{**LINE, "parameters": []}]}
PRICES = {"products": [{"mpn": "SANDBOX-SEAT", "unitPrice": {"currency": "USD", "amount": "9.5"}}]}


def test_every_operation(api: Api, admin: Admin) -> None:
    order = api.post("/orders", ORDER)
    report = api.post("/reports", REPORT)
    plan = api.get("/plans")["data"][0]["id"]
    held = api.get("/subscriptions", customerId=FIRST, status="active")["data"][-1]["id"]
    customer, reseller = account(), account(currency="USD")
    calls = [
        ("GET", "/customers", None),
        ("POST", "/customers", customer),
        ("GET", f"/customers/{FIRST}", None),
        ("PATCH", f"/customers/{FIRST}", {"name": "Other"}),
        ("GET", "/resellers/1000002/customers", None),
        ("POST", "/resellers/1000002/customers", customer),
        ("GET", f"/orders/{order['id']}", None),
        ("PATCH", f"/orders/{order['id']}", {"creditCheck": True}),
        ("GET", "/orders", None),
        ("POST", "/orders", ORDER),
        ("POST", "/orders/estimate", ORDER),
        ("GET", "/resellers/1000002/orders", None),
        ("GET", "/products", None),
        ("GET", "/reports", None),
        ("POST", "/reports", REPORT),
        ("GET", f"/reports/{report['id']}", None),
        ("GET", "/resellers", None),
        ("POST", "/resellers", reseller),
        ("GET", "/resellers/1000002", None),
        ("PATCH", "/resellers/1000002", {"name": "Other"}),
        ("GET", "/plans", None),
        ("GET", f"/plans/{plan}", None),
        ("GET", "/subscriptions", None),
        ("GET", f"/subscriptions/{held}", None),
        ("PATCH", f"/subscriptions/{held}/specialPricing", PRICES),
        ("POST", f"/subscriptions/{held}/specialPricing", PRICES),
        ("POST", f"/subscriptions/{held}", {"renewalStatus": False}),
        ("PATCH", f"/subscriptions/{held}", {"renewalStatus": True}),
        ("POST", "/validation/parameters", CHECK),
    ]
    for method, path, body in calls:
        answer = api.call(method, path, body)
        assert answer.status_code == 200, (method, path, answer.text)
        assert answer.headers["X-Correlation-ID"].startswith("a8n-")
        assert isinstance(answer.json(), dict)
    names = {entry["operation"] for entry in admin.get("ledger")["data"]}
    assert len(names - {"token"}) == 27
    assert not [entry["fault"] for entry in admin.get("ledger")["data"] if entry["fault"]]


@pytest.mark.parametrize(
    ("served", "method", "path", "status"),
    [
        ("guide", "POST", "/subscriptions/{id}", 200),
        ("guide", "PATCH", "/subscriptions/{id}", 404),
        ("guide", "PATCH", "/subscriptions/{id}/specialPricing", 200),
        ("guide", "POST", "/subscriptions/{id}/specialPricing", 404),
        ("vendor", "PATCH", "/subscriptions/{id}", 200),
        ("vendor", "POST", "/subscriptions/{id}", 404),
        ("vendor", "POST", "/subscriptions/{id}/specialPricing", 200),
        ("vendor", "PATCH", "/subscriptions/{id}/specialPricing", 404),
    ],
)
def test_disputed_verbs(api: Api, admin: Admin, served: str, method: str, path: str, status: int) -> None:
    held = api.get("/subscriptions", customerId=FIRST, status="active")["data"][-1]["id"]
    admin.settings(verbs=served)
    body = PRICES if path.endswith("Pricing") else {"renewalStatus": True}
    answer = api.call(method, path.format(id=held), body)
    assert answer.status_code == status
    if status == 404:
        assert set(answer.json()) == {"statusCode", "message"}
        admin.settings(wrong_verb_status=405)
        answer = api.call(method, path.format(id=held), body)
        assert answer.status_code == answer.json()["statusCode"] == 405


def test_unknown_paths_and_methods_are_the_gateways(reader: Api) -> None:
    for method, path in (
        ("GET", "/nothing"),
        ("DELETE", "/customers"),
        ("PUT", f"/customers/{FIRST}"),
        ("GET", "/token"),
    ):
        answer = reader.call(method, path)
        assert answer.status_code == 404
        assert set(answer.json()) == {"statusCode", "message"}
    assert requests.get(reader.base.replace("/sandbox", "/na") + "/customers").status_code == 404
    assert requests.head(reader.base + "/customers").status_code == 404


def test_unknown_ids(api: Api, admin: Admin) -> None:
    for status in (400, 404):
        admin.settings(unknown_id_status=status)
        for path in ("customers", "resellers", "orders", "plans", "subscriptions", "reports"):
            for entity in ("99", "abc", "%C3%A9", "9" * 30):
                answer = api.call("GET", f"/{path}/{entity}")
                assert answer.status_code == status, (path, entity, answer.text)
                body = answer.json()
                assert set(body) == {"timeStamp", "status", "message", "path", "correlationId"}
                assert "No entity has been found" in body["message"]
                assert body["correlationId"] == answer.headers["X-Correlation-ID"]
    admin.settings(error_message_key="error")
    assert "error" in api.call("GET", "/orders/1").json()
