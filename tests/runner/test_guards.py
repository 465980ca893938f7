"""Never the wrong marketplace: each rule, proven by what did not arrive."""

from __future__ import annotations

import os
from typing import Any

import pytest
from support.canaries import PASSWORD, SUBSCRIPTION_KEY
from support.canned import canned_server
from support.market import Market, connected, market

from imcloud.runner import Confirmation, Runner

RENAME = {"id": "1000026", "name": "Renamed Ltd"}
ORDER = {"customerId": "1000026", "type": "sales", "products": [{"id": "PRD100052", "quantity": 1}]}


def writes(shop: Market) -> int:
    return sum(row["method"] != "GET" for row in shop.since(0))


def test_nothing_configured_serves_reads_from_the_sandbox() -> None:
    with Runner() as runner:
        result = runner.run_action("list_products", max_items=1, interactive=False)
    assert result.ok
    assert result.connection["name"] == "sandbox"


def test_a_write_without_a_terminal_needs_a_named_connection() -> None:
    with Runner() as runner:
        result = runner.run_action("update_customer", RENAME, interactive=False)
        assert (result.errors[0].rule, result.exit_code) == ("implicit_sandbox", 2)
        assert runner.run_action("update_customer", RENAME, interactive=True).ok
        assert runner.run_action("update_customer", RENAME, connection="sandbox", interactive=False).ok


@pytest.mark.parametrize("given", ["IMCLOUD_USERNAME", "IMCLOUD_BASE_URL", "IMCLOUD_SUBSCRIPTION_KEY"])
def test_a_partly_configured_environment_is_an_error(given: str) -> None:
    value = "http://127.0.0.1:1" if given.endswith("URL") else "something-of-eight"
    with Runner(env={given: value}) as runner:
        result = runner.run_action("list_products")
    assert (result.errors[0].kind, result.exit_code) == ("config", 2)
    assert "missing" in result.errors[0].message
    assert "IMCLOUD_MARKETPLACE" in result.errors[0].message
    assert value not in result.errors[0].message


def test_read_only_wins_over_everything(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMCLOUD_READ_ONLY", "1")
    before = writes(shop)
    with connected(shop, writes="allow") as (runner, connection):
        result = runner.run_action("update_customer", RENAME, connection=connection, yes=True)
        assert runner.run_action("list_customers", connection=connection, max_items=1).ok
    assert result.errors[0].rule == "read_only"
    assert writes(shop) == before


def test_a_connection_may_deny_writes(shop: Market) -> None:
    before = writes(shop)
    with connected(shop, writes="deny") as (runner, connection):
        result = runner.run_action("update_customer", RENAME, connection=connection, yes=True)
    assert result.errors[0].rule == "writes_deny"
    assert writes(shop) == before


def test_confirm_asks_with_connection_request_and_price(shop: Market) -> None:
    asked: list[Confirmation] = []

    def no(question: Confirmation) -> bool:
        asked.append(question)
        return False

    with connected(shop, writes="confirm") as (runner, connection):
        assert runner.run_action("create_order", ORDER, connection=connection).errors[0].rule == "unconfirmed"
        assert runner.run_action("create_order", ORDER, connection=connection, confirm=no).errors[0].rule == "declined"
        assert not [row for row in shop.since(0) if row["operation"] == "create_order"]
        placed = runner.run_action("create_order", ORDER, connection=connection, confirm=lambda question: True)
        assert placed.ok
        assert runner.run_action("update_customer", RENAME, connection=connection, yes=True).ok
    (question,) = asked
    assert question.connection["host"] == connection.settings.host
    assert {**question.request["body"], "poNumber": None} == {**ORDER, "poNumber": None}
    assert question.price == {"amount": placed.data["total"]["amount"], "currency": "USD"}


def test_what_costs_money_stays_on_this_machine() -> None:
    fields: dict[str, Any] = {
        "base_url": "https://api.example.test/marketplace/na",
        "marketplace": "us",
        "username": "someone@example.test",
        "password": PASSWORD,
        "subscription_key": SUBSCRIPTION_KEY,
        "writes": "allow",
    }
    with Runner() as runner, runner.open_connection(explicit=fields) as connection:
        result = runner.run_action("create_order", ORDER, connection=connection, yes=True)
    assert result.errors[0].rule == "spend_guard"
    assert result.attempts == 0


def test_a_full_environment_is_used_and_named() -> None:
    with canned_server() as canned:
        canned.expect((200, {"data": [], "pagination": {"offset": 0, "limit": 500, "total": 0}}))
        env = {f"IMCLOUD_{name.upper()}": value for name, value in canned.fields.items()}
        with Runner(env={**os.environ, **env}) as runner:
            result = runner.run_action("list_products")
            settings = runner.connection().settings
        assert result.ok
        assert result.connection["host"] == f"127.0.0.1:{canned.port}"
        assert settings.sources["username"] == "environment IMCLOUD_USERNAME"
        assert not settings.implicit


def test_two_connections_side_by_side_do_not_mix() -> None:
    with market(seed=1) as one, market(seed=2) as two:
        with connected(one) as (first, to_one), connected(two) as (second, to_two):
            for _ in range(5):
                assert first.run_action("list_customers", connection=to_one, max_items=1).ok
                assert second.run_action("list_customers", connection=to_two, max_items=1).ok
        assert {row["status"] for shop in (one, two) for row in shop.since(0, sign_in=True)} == {200}


def test_a_question_that_breaks_is_no_doubtful_write(shop: Market) -> None:
    def broken(_: Confirmation) -> bool:
        raise ValueError("the window was closed")

    mark = shop.last()
    with connected(shop, writes="confirm") as (runner, connection):
        result = runner.run_action("update_customer", RENAME, connection=connection, confirm=broken)
        assert runner.reconcile(connection=connection) == []
    assert (result.outcome, result.errors[0].rule) == ("not_applied", "internal")
    assert "window" not in result.errors[0].message
    assert [row for row in shop.since(mark) if row["method"] != "GET"] == []
