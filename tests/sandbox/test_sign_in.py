"""Tokens, keys and tenants."""

from __future__ import annotations

import pytest
import requests

from imcloud import sandbox

from .conftest import FIRST, Admin, Api

GATEWAY, PLATFORM = {"statusCode", "message"}, {"timeStamp", "status", "message", "path", "correlationId"}


@pytest.mark.parametrize(
    ("changes", "status", "keys"),
    [
        ({"password": "sandbox-wrong"}, 401, PLATFORM),
        ({"username": "nobody@sandbox.api"}, 401, PLATFORM),
        ({"subscription_key": "sandbox-wrong"}, 401, GATEWAY),
        ({"subscription_key": ""}, 401, GATEWAY),
        ({"marketplace": "xx"}, 403, PLATFORM),
        ({"marketplace": None}, 400, PLATFORM),
    ],
)
def test_refused_sign_in(reader: Api, changes: dict[str, str], status: int, keys: set[str]) -> None:
    answer = reader.sign_in(**changes)
    assert answer.status_code == status
    assert set(answer.json()) == keys


def test_token(reader: Api) -> None:
    answer = reader.sign_in()
    assert answer.status_code == 200
    assert answer.json()["expiresInSeconds"] == 1500
    assert set(answer.json()) == {"token", "expiresInSeconds"}


def test_not_activated_and_too_new(server: sandbox.Server, api: Api, admin: Admin) -> None:
    inactive = Api(server.users["inactive"])
    assert inactive.sign_in().status_code == 403
    assert "not activated" in inactive.sign_in().json()["message"]
    admin.settings(credentials_too_new=True)
    assert "24 hours" in api.sign_in().json()["message"]


def test_token_expires_by_the_sandbox_clock(api: Api, admin: Admin) -> None:
    admin.advance(1499 - 5)
    assert api.call("GET", "/plans").status_code == 200
    admin.advance(10)
    answer = api.call("GET", "/plans")
    assert answer.status_code == 401
    assert set(answer.json()) == PLATFORM
    assert answer.json()["path"] == "/plans"


def test_calls_need_token_and_key(reader: Api) -> None:
    url = reader.base + "/customers"
    token = {"Authorization": reader.session.headers["Authorization"]}
    assert requests.get(url, headers=reader.key).status_code == 401
    assert set(requests.get(url, headers=reader.key).json()) == PLATFORM
    assert set(requests.get(url, headers=token).json()) == GATEWAY
    assert requests.get(url, headers={**reader.key, "Authorization": "Bearer junk"}).status_code == 401


def test_a_key_belongs_to_its_user(shared: sandbox.Server, reader: Api) -> None:
    other = shared.users["bluefin"]
    headers = {
        "Authorization": reader.session.headers["Authorization"],
        "X-Subscription-Key": other["subscription_key"],
    }
    assert requests.get(reader.base + "/customers", headers=headers).status_code == 401
    assert reader.sign_in(subscription_key=other["subscription_key"]).status_code == 401


def test_made_up_credentials_are_long_and_distinct(shared: sandbox.Server) -> None:
    users = shared.users
    assert set(users) == {"parent", "cedar", "northgate", "bluefin", "inactive"}
    assert all(len(user[name]) >= 8 for user in users.values() for name in ("username", "password", "subscription_key"))
    assert len({user["password"] for user in users.values()}) == 5
    assert shared.fields == users["parent"]
    assert set(shared.fields) == {"base_url", "marketplace", "username", "password", "subscription_key"}


def test_tenants_are_apart(shared: sandbox.Server, reader: Api) -> None:
    seen: dict[str, set[str]] = {}
    for role in ("parent", "cedar", "northgate", "bluefin"):
        client = Api(shared.users[role])
        for kind in ("customers", "orders", "subscriptions", "reports"):
            ids = {row["id"] for row in client.get(f"/{kind}", limit=500)["data"]}
            assert ids, (role, kind)
            assert not ids & seen.get(kind, set())
            seen[kind] = seen.get(kind, set()) | ids
            strange = next(iter(seen[kind] - ids), None)
            if strange and role == "bluefin":
                assert client.call("GET", f"/{kind}/{strange}").status_code == 400
    assert {kind: len(ids) for kind, ids in seen.items()} == {
        "customers": 40,
        "orders": 300,
        "subscriptions": 150,
        "reports": 48,
    }


def test_a_stranger_can_neither_order_nor_change(server: sandbox.Server, admin: Admin) -> None:
    other = Api(server.users["bluefin"])
    before = admin.get(f"state/customer/{FIRST}")
    body = {"customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1}]}
    for method, path, sent in (
        ("POST", "/orders", body),
        ("POST", "/orders/estimate", body),
        ("PATCH", f"/customers/{FIRST}", {"name": "Mine"}),
        ("PATCH", "/subscriptions/3000001", {"renewalStatus": False}),
        ("PATCH", "/orders/2000300", {"statusCode": "CL"}),
        ("GET", "/resellers/1000002/customers", None),
        ("POST", "/resellers/1000002/customers", {}),
    ):
        answer = other.call(method, path, sent)
        assert "No entity has been found" in answer.json()["message"], (method, path)
    assert admin.get(f"state/customer/{FIRST}") == before


def test_the_parent_sees_its_resellers(shared: sandbox.Server, reader: Api) -> None:
    below = reader.get("/resellers")["data"]
    assert [row["id"] for row in below] == ["1000003", "1000002"]
    assert all(set(row) == {"id", "externalId", "name", "status"} for row in below)
    cedar = Api(shared.users["cedar"])
    theirs = cedar.get("/customers", limit=500)
    assert reader.get("/resellers/1000002/customers", limit=500) == theirs
    assert reader.get("/customers", resellerId="1000002", limit=500) == theirs
    assert reader.get("/resellers/1000002/orders", limit=500) == cedar.get("/orders", limit=500)
    assert reader.get(f"/customers/{theirs['data'][0]['id']}")["resellerId"] == "1000002"
    assert cedar.get("/resellers")["data"] == []
    assert cedar.call("GET", "/resellers/1000001").status_code == 400
    assert cedar.get("/resellers/1000002")["name"] == "Cedar Street IT"
