"""Customers and resellers are created and changed; secrets go nowhere."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.canaries import PERSON_PASSWORD

from imcloud import sandbox

from .conftest import FIRST, Admin, Api, account


def with_login(**more: Any) -> dict[str, Any]:
    body = account(**more)
    body["contactPersons"][0].update(login="jo@low.example", password=PERSON_PASSWORD)
    return body


def test_create_and_read(api: Api) -> None:
    body = account(externalId="X-1", attributes={"a": "b"}, taxRegId="00-1", unknown="ignored", id="5")
    made = api.post("/customers", body)
    assert made["id"] == "1000045"
    assert made["resellerId"] == "1000001"
    assert api.get(f"/customers/{made['id']}") == made
    for name in ("externalId", "attributes", "taxRegId", "address", "contactPersons", "language", "name"):
        assert made[name] == body[name]
    assert made["status"] == "active"
    assert api.get("/customers", limit=1)["data"][0]["id"] == made["id"]


def test_create_below_a_reseller(api: Api, server: sandbox.Server) -> None:
    made = api.post("/resellers/1000002/customers", account())
    assert made["resellerId"] == "1000002"
    assert Api(server.users["cedar"]).get(f"/customers/{made['id']}") == made
    assert made["id"] not in [row["id"] for row in api.get("/customers", limit=500)["data"]]
    order = api.order(made["id"], {"mpn": "SANDBOX-SEAT", "quantity": 1})
    assert order["id"] in [row["id"] for row in api.get("/resellers/1000002/orders")["data"]]


def test_resellers(api: Api, server: sandbox.Server) -> None:
    made = api.post("/resellers", account(currency="EUR", taxationProviderName="Vertex", customerClass="Gold"))
    assert (made["currency"], made["customerClass"]) == ("EUR", "Gold")
    assert "resellerId" not in made
    changed = api.patch(f"/resellers/{made['id']}", {"name": "Renamed", "currency": "USD"})
    assert (changed["name"], changed["currency"]) == ("Renamed", "EUR")
    assert api.post(f"/resellers/{made['id']}/customers", account())["resellerId"] == made["id"]
    answer = Api(server.users["cedar"]).call("POST", "/resellers", account(currency="USD"))
    assert answer.status_code == 403


def test_secrets_are_neither_kept_nor_shown(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sandbox.start(str(path)) as server:
        api, admin = Api(server.fields), Admin(server)
        made = api.post("/customers", with_login())
        api.patch(f"/customers/{made['id']}", with_login())
        assert "Canary" not in json.dumps(made)
        assert "Canary" not in json.dumps(admin.get("ledger"))
        entry = admin.get("ledger")["data"][-1]
        assert entry["request_body"]["contactPersons"][0]["password"] == "***"
        assert "Canary" not in json.dumps(admin.get(f"state/customer/{made['id']}"))
    dump = "\n".join(sqlite3.connect(path).iterdump())
    assert "Canary" not in dump
    assert "jo@low.example" in dump
    assert b"Canary" not in path.read_bytes()


def test_updates_are_narrow(api: Api, admin: Admin) -> None:
    before = api.get(f"/customers/{FIRST}")
    body = {"name": "N", "externalId": "E", "taxRegId": "T", "attributes": {"new": "1"}, "language": "fr"}
    after = api.patch(f"/customers/{FIRST}", body)
    assert after == {**before, "name": "N", "externalId": "E", "taxRegId": "T"}
    admin.settings(wide_updates=True)
    after = api.patch(f"/customers/{FIRST}", body)
    assert after["attributes"] == {**before["attributes"], "new": "1"}
    assert after["language"] == "fr"


def test_statuses(api: Api) -> None:
    assert api.patch(f"/customers/{FIRST}", {"status": "creditHold"})["status"] == "creditHold"
    assert api.patch(f"/customers/{FIRST}", {"status": "active"})["status"] == "active"
    for status in ("pending", "cancelled", "adminHold", "error", "nonsense"):
        assert api.call("PATCH", f"/customers/{FIRST}", {"status": status}).status_code == 400
    assert api.call("POST", "/customers", account(status="cancelled")).status_code == 400
    assert api.patch("/customers/1000008", {"status": "cancelled", "name": "Still"})["name"] == "Still"


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name is required"),
    ({"name": " "}, "name must have"),
    ({"language": None}, "language is required"),
    ({"address": None}, "address is required"),
    ({"address": {"city": "X"}}, "address.streetAddress is required"),
    ({"contactPersons": []}, "contactPersons must have"),
    ({"contactPersons": [{"type": "boss"}]}, "contactPersons[0].type must be one of"),
    ({"attributes": {"a": 1}}, "attributes must be an object of strings"),
    ({"status": "Active"}, "status must be one of"),
    ({"externalId": 5}, "externalId must be a string"),
]


@pytest.mark.parametrize(("change", "part"), BAD)
def test_bad_customers(reader: Api, change: dict[str, Any], part: str) -> None:
    answer = reader.call("POST", "/customers", account(**change))
    assert answer.status_code == 400
    assert part in answer.json()["message"]


def test_all_problems_at_once_and_currency(reader: Api) -> None:
    message = reader.call("POST", "/customers", {}).json()["message"]
    assert message.count("is required") == 4
    assert "currency is required" in reader.call("POST", "/resellers", account()).json()["message"]
    bad = account()
    bad["address"]["countryCode"] = "us"
    bad["contactPersons"][0]["login"] = "-"
    message = reader.call("POST", "/customers", bad).json()["message"]
    assert "address.countryCode" in message
    assert "contactPersons[0].login" in message
