"""Every file in cases/run is a test: a runbook, run for real against the sandbox, and what must come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.market import Market

from imcloud.runbooks import run_runbook
from imcloud.runbooks.loading import parse_runbook
from imcloud.runbooks.outcome import RunResult
from imcloud.runner import Connection, Runner
from imcloud.strict_yaml import load_yaml

CASES = sorted((Path(__file__).parent / "cases" / "run").glob("*.yaml"))
Live = tuple[Runner, Connection]

ACME: dict[str, Any] = {
    "externalId": "psa-9",
    "name": "Marlow Street Bakery",
    "address": {"streetAddress": "9 Marlow St", "postalCode": "20170", "city": "X", "state": "VA", "countryCode": "US"},
    "contact": {"firstName": "A", "lastName": "B", "email": "a@marlow.test", "phoneNumber": "1##2025550100#"},
    "mpn": "SANDBOX-SEAT",
    "quantity": 3,
    "pollSeconds": 0.1,
}


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_case(file: Path, live: Live) -> None:
    runner, connection = live
    case = load_yaml(file.read_text("utf-8"), file.name).value
    book = parse_runbook(case["runbook"], "case.yaml")
    options = {"variables": case.get("variables", {}), **case.get("options", {})}
    result = run_runbook(book, case.get("inputs"), runner=runner, connection=connection, **options)
    compare(result, case["expect"])
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()


def compare(result: RunResult, expect: dict[str, Any]) -> None:
    seen = {
        "exit_code": result.exit_code,
        "outcome": result.outcome,
        "ok": result.ok,
        "sequence": [f"{step['task']}>{step.get('to', '')}" for step in result.sequence],
        "output": result.output,
        "kinds": [error["kind"] for error in result.errors],
        "pointers": [error["pointer"] for error in result.errors],
        "coerced": [change["pointer"] for change in result.coerced],
        "writes": [f"{write['task']}:{write['outcome']}" for write in result.writes],
    }
    for name in expect.keys() & seen.keys():
        assert seen[name] == expect[name], (name, result.errors, result.warnings)
    for name in ("errors", "warnings"):
        texts = [
            entry if isinstance(entry, str) else entry["message"] + (entry["hint"] or "")
            for entry in getattr(result, name)
        ]
        for wanted in expect.get(name, []):
            assert any(wanted in text for text in texts), texts
    assert result.ok == (result.exit_code == 0 or (result.exit_code == 5 and not result.errors))


def onboard(live: Live, **changes: Any) -> RunResult:
    runner, connection = live
    return run_runbook("onboard_customer", {**ACME, **changes}, runner=runner, connection=connection)


def test_onboarding_creates_then_reuses(live: Live, shop: Market) -> None:
    first = onboard(live)
    assert (first.exit_code, first.output["customer_created"]) == (0, True), first.errors
    truth = shop.truth("order", first.output["order_id"])
    assert truth["status"] == "completed"
    assert first.output["price"] == {"currency": "USD", "amount": "30.00"}
    assert [entry["id"] for entry in first.output["subscriptions"]] == [first.output["subscription_id"]]
    second = onboard(live)
    assert (second.output["customer_id"], second.output["customer_created"]) == (first.output["customer_id"], False)
    assert second.output["order_id"] != first.output["order_id"]


def test_a_similar_name_is_not_a_match(live: Live) -> None:
    one = onboard(live, externalId="psa-20", name="Acme")
    other = onboard(live, externalId="psa-21", name="Acme Dental")
    assert one.ok and other.ok
    assert one.output["customer_id"] != other.output["customer_id"]


def test_an_unclear_product_leaves_nothing_behind(live: Live, shop: Market) -> None:
    mark = shop.last()
    result = onboard(live, externalId="psa-30", mpn="SBX7TTC0LH02:0001")
    assert (result.exit_code, result.writes) == (1, [])
    for id in ("PRD100004", "PRD100005", "PRD100006"):
        assert id in result.errors[0]["message"]
    assert not [row for row in shop.since(mark) if row["effect"]]


def test_terms_make_a_product_clear_and_parameters_are_checked(live: Live) -> None:
    period = {"billingPeriod": {"type": "year", "duration": 1}}
    assert onboard(live).ok  # the account exists from here on, so that a refusal leaves nothing behind
    refused = onboard(live, mpn="SBX7TTC0LH02:0001", parameters=[{"name": "mca_acceptance", "value": "no"}], **period)
    assert refused.exit_code == 1
    assert "mca_acceptance: The value must be one of: yes." in refused.errors[0]["message"]
    good = onboard(live, mpn="SBX7TTC0LH02:0001", parameters=[{"name": "mca_acceptance", "value": "yes"}], **period)
    assert good.ok and good.output["price"]["amount"] == "450.00"


def test_an_order_that_fails_is_partly_applied(live: Live) -> None:
    result = onboard(live, mpn="SANDBOX-FAILS")
    assert (result.exit_code, result.outcome) == (4, "partly_applied")
    assert "ended as error" in result.errors[0]["message"]
    assert result.output["order_id"]


def test_the_sweep_runs_all_actions_twice_over_one_state(live: Live, shop: Market) -> None:
    runner, connection = live
    for _ in range(2):
        mark = shop.last()
        result = run_runbook("every_action", {"pollSeconds": 0.1}, runner=runner, connection=connection)
        assert result.ok, result.errors
        assert len({row["operation"] for row in shop.since(mark)}) == 27


def test_the_sweep_refuses_to_leave_the_sandbox(shop: Market) -> None:
    from support.market import connected

    with connected(shop, kind="production", writes="allow") as (runner, connection):
        mark = shop.last()
        result = run_runbook("every_action", runner=runner, connection=connection, yes=True)
    assert (result.exit_code, result.writes) == (1, [])
    assert "is no sandbox" in result.errors[0]["message"]
    assert {row["method"] for row in shop.since(mark)} == {"GET"}


def test_the_same_run_id_never_buys_twice(live: Live, shop: Market) -> None:
    runner, connection = live
    mark = shop.last()
    results = [
        run_runbook(
            "onboard_customer", {**ACME, "externalId": "psa-70"}, runner=runner, connection=connection, run_id="run-70"
        )
        for _ in range(2)
    ]
    assert [result.exit_code for result in results] == [0, 0]
    assert results[0].output["order_id"] == results[1].output["order_id"]
    assert [row["effect"]["kind"] for row in shop.since(mark) if row["effect"]].count("order") == 1


def test_a_runbook_in_a_file_runs_by_its_path(live: Live, tmp_path: Path) -> None:
    runner, connection = live
    file = tmp_path / "mine.yaml"
    file.write_text("format: 1\nrunbook: mine\ntitle: Mine\ntasks: {plans: {action: list_service_plans}}\n", "utf-8")
    assert run_runbook(file, runner=runner, connection=connection).ok
    assert run_runbook(str(file), runner=runner, connection=connection).ok
