"""Clock, settings, ledger, state and the rate budget."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from imcloud import sandbox
from imcloud.sandbox.settings import SETTINGS

from .conftest import FIRST, Admin, Api, account

SEAT = {"mpn": "SANDBOX-SEAT", "quantity": 1}


def test_clock(api: Api, admin: Admin) -> None:
    assert abs(admin.get("clock")["offset_seconds"]) < 0.01
    admin.send("POST", "clock", {"set": "2031-02-03T04:05:06Z"})
    api.sign_in_again()
    order = api.order(FIRST, SEAT)
    assert order["creationDate"].startswith("2031-02-03T04:05:")
    assert api.call("GET", "/plans").headers["Date"].startswith("Mon, 03 Feb 2031")
    for bad in (
        {},
        {"advance_seconds": "1"},
        {"set": "tomorrow"},
        {"advance_seconds": 1, "set": "x"},
        {"advance_seconds": 1e12},
    ):
        assert requests.post(f"{admin.url}/clock", json=bad).status_code == 400


def test_settings(server: sandbox.Server, admin: Admin) -> None:
    assert admin.get("settings") == {name: entry[0] for name, entry in SETTINGS.items()}
    assert admin.settings(verbs="guide")["verbs"] == "guide"
    for bad in ({"verbs": "mine"}, {"nothing": 1}, {"provisioning_seconds": -1}, {"max_limit": True}):
        assert requests.patch(f"{admin.url}/settings", json=bad).status_code == 400
    assert admin.get("settings")["verbs"] == "guide"
    with pytest.raises(ValueError, match="unknown sandbox setting 'verb'"):
        sandbox.start(settings={"verb": "guide"})
    with sandbox.start(settings={"verbs": "vendor"}) as other:
        assert Admin(other).get("settings")["verbs"] == "vendor"


def test_the_documentation_lists_all_settings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", page, re.MULTILINE))
    shown = {None: "null", True: "true", False: "false"}
    assert {name: rows.get(name) for name in SETTINGS} == {
        name: shown[entry[0]] if entry[0] is None or isinstance(entry[0], bool) else str(entry[0])
        for name, entry in SETTINGS.items()
    }


def test_ledger(api: Api, admin: Admin) -> None:
    start = admin.get("ledger")["data"][-1]["seq"]
    answer = api.call("POST", "/orders", {"customerId": FIRST, "products": [SEAT], "poNumber": "P"})
    order = answer.json()
    api.call("POST", "/orders", {"customerId": FIRST})
    api.get("/orders", customerId=FIRST, limit=3)
    first, second, third = admin.get("ledger", after=start)["data"]
    assert (first["operation"], first["method"], first["status"]) == ("create_order", "POST", 200)
    assert first["path"] == "/marketplace/sandbox/orders"
    assert first["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert first["effect"] == {"kind": "order", "id": order["id"], "what": "created"}
    assert {"kind": "subscription", "id": order["subscriptionId"], "what": "created"} in first["effects"]
    assert first["request_body"]["poNumber"] == "P"
    assert first["username"] == api.fields["username"]
    assert (second["status"], second["effect"], second["effects"]) == (400, None, [])
    assert (third["rows"], third["query"]) == (3, f"customerId={FIRST}&limit=3")
    found = admin.get("ledger", correlation_id=first["correlation_id"])["data"]
    assert found == [first]
    admin.advance(3)
    what = [(e["what"], e["request"]) for e in admin.get("effects", kind="order", id=order["id"])["data"]]
    assert what == [("created", first["seq"]), ("processing", None), ("completed", None)]


def test_every_write_has_its_effect(api: Api, admin: Admin) -> None:
    customer = api.post("/customers", account())
    api.patch(f"/customers/{customer['id']}", {"name": "B"})
    reseller = api.post("/resellers", account(currency="USD"))
    api.patch(f"/resellers/{reseller['id']}", {"name": "B"})
    report = api.post("/reports", {"name": "Payments", "startDate": "2020-01-01T00:00:00Z"})
    api.patch("/subscriptions/3000001", {"renewalStatus": True})
    api.patch("/subscriptions/3000001/specialPricing", {"products": []})
    effects = [(e["effect"]["kind"], e["effect"]["id"], e["effect"]["what"]) for e in admin.get("ledger")["data"][1:]]
    assert effects == [
        ("customer", customer["id"], "created"),
        ("customer", customer["id"], "updated"),
        ("reseller", reseller["id"], "created"),
        ("reseller", reseller["id"], "updated"),
        ("report", report["id"], "created"),
        ("subscription", "3000001", "updated"),
        ("subscription", "3000001", "repriced"),
    ]


def test_truth(api: Api, admin: Admin) -> None:
    for kind, entity in (
        ("customer", FIRST),
        ("reseller", "1000002"),
        ("order", "2000001"),
        ("subscription", "3000001"),
        ("report", api.get("/reports")["data"][0]["id"]),
        ("product", "PRD100001"),
        ("plan", "10001"),
    ):
        assert str(admin.get(f"state/{kind}/{entity}")["id"]) == entity
    for path in ("state/customer/1000002", "state/order/1", "state/thing/1", "state", "nothing"):
        assert requests.get(f"{admin.url}/{path}").status_code == 404


def test_reset(api: Api, admin: Admin) -> None:
    api.order(FIRST, SEAT)
    admin.settings(verbs="guide")
    names = api.get("/customers")
    assert admin.send("POST", "reset", {}) == {"size": "small", "seed": 1}
    assert admin.get("ledger")["data"] == []
    assert admin.get("settings")["verbs"] == "both"
    assert api.call("GET", "/customers").status_code == 401
    api.sign_in_again()
    assert api.get("/customers") == names
    assert api.get("/orders")["pagination"]["total"] < 300
    admin.send("POST", "reset", {"seed": 2})
    api.fields.update(password="sandbox-password-parent-0002", subscription_key="sandbox-key-parent-0002-not-a-secret")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_only_this_machine_administers(admin: Admin, headers: dict[str, str]) -> None:
    assert requests.get(f"{admin.url}/settings", headers=headers).status_code == 403
    assert requests.get(f"{admin.url}/settings", headers={"Host": "localhost:1"}).status_code == 200


def test_rate_limit(api: Api, admin: Admin) -> None:
    admin.settings(rate_limit_per_minute=5)
    answers = [api.call("GET", "/plans") for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    body = answers[-1].json()
    assert set(body) == {"statusCode", "message"}
    assert 55 <= int(answers[-1].headers["Retry-After"]) <= 60
    admin.settings(retry_after=False)
    assert "Retry-After" not in api.call("GET", "/plans").headers
    admin.advance(61)
    assert api.call("GET", "/plans").status_code == 200
    admin.settings(rate_limit_clock="real")
    for _ in range(6):
        admin.advance(61)
        last = api.call("GET", "/plans")
    assert last.status_code in (200, 429)


def test_quota_and_refused_calls_count(api: Api, admin: Admin) -> None:
    admin.settings(calls_per_day=3)
    statuses = [api.call("GET", "/orders/1").status_code for _ in range(4)]
    assert statuses == [400, 400, 400, 403]
    assert set(api.call("GET", "/plans").json()) == {"statusCode", "message"}


def test_limits_are_per_key(api: Api, admin: Admin, server: sandbox.Server) -> None:
    other = Api(server.users["cedar"])
    admin.settings(rate_limit_per_minute=1)
    statuses: list[Any] = [client.call("GET", "/plans").status_code for client in (api, api, other, other)]
    assert statuses == [200, 429, 200, 429]
