"""Parameters are judged one by one, with a 200."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import FIRST, Admin, Api

MAIL = "MAILHAVEN-STD-MY"


def verdicts(api: Api, mpn: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    product = {"mpn": mpn, "quantity": 1, "parameters": list(parameters), "draftRequestId": "d-1"}
    answer = api.post("/validation/parameters", {"customerId": FIRST, "products": [product]})
    assert answer["pagination"] == {"offset": 0, "limit": 10, "total": 1}
    row = answer["data"][0]
    assert (row["mpn"], row["draftRequestId"]) == (mpn, "d-1")
    return {entry["name"]: entry for entry in row["parameters"]}


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("example.org", "success"),
        ("Sub.Example.ORG", "success"),
        ("example", "error"),
        ("-x.example", "error"),
        ("exa mple.org", "error"),
        ("", "error"),
        (None, "error"),
        (5, "error"),
    ],
)
def test_domains(reader: Api, value: Any, result: str) -> None:
    verdict = verdicts(reader, MAIL, {"name": "domain", "value": value})["domain"]
    assert verdict["result"] == result
    assert verdict["message"]
    assert ("valueError" in verdict) == (result == "error")


def test_a_missing_parameter(reader: Api) -> None:
    assert verdicts(reader, MAIL)["domain"]["message"] == "A value is required."


def test_names_are_case_sensitive(reader: Api) -> None:
    found = verdicts(reader, MAIL, {"name": "Domain", "value": "example.org"})
    assert {name: entry["result"] for name, entry in found.items()} == {"domain": "error", "Domain": "error"}


def test_choices(reader: Api) -> None:
    found = verdicts(reader, "RINGMEADOW-USR-MY", {"name": "country", "value": "DE"})["country"]
    assert found["result"] == "error"
    assert found["valueChoices"][0] == {"label": "US", "value": "US", "default": True}
    found = verdicts(reader, "RINGMEADOW-USR-MY", {"name": "country", "value": "GB"})["country"]
    assert found["result"] == "success"


def test_a_taken_domain(api: Api, admin: Admin) -> None:
    line = {"mpn": MAIL, "quantity": 1, "parameters": [{"name": "domain", "value": "Taken.Example"}]}
    order = api.order("1000010", line)
    admin.advance(3)
    held = api.get(f"/subscriptions/{order['subscriptionId']}")
    assert held["orderParameters"] == [{"name": "domain", "value": "taken.example"}]
    assert "taken" in verdicts(api, MAIL, {"name": "domain", "value": "taken.example"})["domain"]["message"]
    assert api.call("POST", "/orders", {"customerId": FIRST, "products": [line]}).status_code == 400
    assert api.order("1000010", line)["status"] == "submitted"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "customerId is required"),
        ({"customerId": FIRST, "products": []}, "products must have"),
        ({"customerId": FIRST, "products": [{"mpn": MAIL}]}, "parameters is required"),
        ({"customerId": FIRST, "products": [{"mpn": MAIL, "parameters": [{}]}]}, "name is required"),
        ({"customerId": "9", "products": [{"mpn": MAIL, "parameters": []}]}, "No entity"),
        ({"customerId": FIRST, "products": [{"mpn": "X", "parameters": []}]}, "not in the catalog"),
    ],
)
def test_bad_requests(reader: Api, body: Any, part: str) -> None:
    answer = reader.call("POST", "/validation/parameters", body)
    assert answer.status_code == 400
    assert part in answer.json()["message"]
