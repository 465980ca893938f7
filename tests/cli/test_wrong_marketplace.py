"""Never the wrong marketplace, seen from the command line."""

from __future__ import annotations

from typing import Any

import pytest
from cli.conftest import Command, invoke
from cli.test_run import NEW

NOTICE = "No connection is configured: using the sandbox"


def test_a_read_on_the_implicit_sandbox_says_so_in_one_line(lost: Command) -> None:
    ran = lost("run", "list_customers", "--max-items", "1")
    assert ran.code == 0 and ran.err.count("\n") == 1 and ran.err.startswith(NOTICE)
    assert ran.json["connection"]["kind"] == "sandbox"


def test_a_named_sandbox_goes_without_saying(lost: Command) -> None:
    ran = lost("run", "list_customers", "--max-items", "1", "--connection", "sandbox")
    assert ran.code == 0 and ran.err == ""
    assert lost("--connection", "sandbox", "run", "list_customers", "--max-items", "1").err == ""


def test_a_write_without_a_terminal_is_not_for_the_implicit_sandbox(lost: Command) -> None:
    ran = lost("run", "create_customer", *NEW)
    assert (
        ran.code == 2 and ran.json["outcome"] == "not_applied" and ran.json["errors"][0]["rule"] == "implicit_sandbox"
    )
    assert "--connection sandbox" in ran.err
    assert lost("run", "create_customer", *NEW, "--connection", "sandbox").code == 0


def test_yes_does_not_make_the_implicit_sandbox_explicit(lost: Command) -> None:
    assert lost("run", "create_customer", *NEW, "--yes").code == 2


@pytest.mark.usefixtures("person")
def test_a_person_may_write_on_the_implicit_sandbox(lost: Command) -> None:
    ran = lost("run", "create_customer", *NEW)
    assert ran.code == 0 and NOTICE in ran.err


@pytest.mark.parametrize("left", ["USERNAME", "PASSWORD", "SUBSCRIPTION_KEY", "BASE_URL", "MARKETPLACE"])
@pytest.mark.parametrize("words", [["run", "list_customers"], ["run", "create_customer", *NEW]], ids=["read", "write"])
def test_a_partial_environment_is_an_error(configured: dict[str, Any], left: str, words: list[str]) -> None:
    ran = invoke(configured, *words, **{f"IMCLOUD_{left}": None})
    assert ran.code == 2 and f"IMCLOUD_{left}" in ran.err and NOTICE not in ran.err
    assert ran.json["attempts"] == 0


@pytest.mark.parametrize("command", [["connection", "test"], ["options", "get_customer", "id"], ["connection", "show"]])
def test_a_partial_environment_is_an_error_everywhere(lost: Command, command: list[str]) -> None:
    ran = lost(*command, IMCLOUD_USERNAME="someone")
    assert ran.code == 2 and "IMCLOUD_PASSWORD" in ran.err


def test_an_empty_secret_is_no_secret(configured: dict[str, Any]) -> None:
    assert invoke(configured, "run", "list_customers", IMCLOUD_PASSWORD="").code == 2


def test_read_only_wins(run: Command) -> None:
    ran = run("run", "create_customer", *NEW, "--yes", IMCLOUD_READ_ONLY="1")
    assert ran.code == 2 and ran.json["errors"][0]["rule"] == "read_only"
    assert run("run", "list_customers", "limit=1", IMCLOUD_READ_ONLY="1").code == 0
    assert run("run", "create_customer", *NEW, "--dry-run", IMCLOUD_READ_ONLY="1").code == 0


def test_confirm_without_a_terminal_needs_yes(run: Command) -> None:
    ran = run("run", "create_customer", *NEW, IMCLOUD_WRITES="confirm")
    assert ran.code == 2 and ran.json["errors"][0]["rule"] == "unconfirmed" and "--yes" in ran.err
    assert run("run", "create_customer", *NEW, "--yes", IMCLOUD_WRITES="confirm").code == 0


def test_writes_can_be_denied(run: Command) -> None:
    ran = run("run", "create_customer", *NEW, "--yes", IMCLOUD_WRITES="deny")
    assert ran.code == 2 and ran.json["errors"][0]["rule"] == "writes_deny"


@pytest.mark.usefixtures("person")
def test_a_person_is_shown_what_is_sent_and_asked(run: Command) -> None:
    one = run("run", "list_customers", "--max-items", "1").json["data"][0]["id"]
    words = ["run", "update_customer", f"id={one}", "name=Renamed", "--table"]
    no = run(*words, IMCLOUD_WRITES="confirm", stdin="n\n")
    assert no.code == 2 and "not confirmed" in no.err
    for shown in (
        "update_customer",
        "environment, sandbox, 127.0.0.1:",
        f"/customers/{one}",
        '"name": "Renamed"',
        "Send it?",
    ):
        assert shown in no.err
    yes = run(*words, IMCLOUD_WRITES="confirm", stdin="y\n")
    assert yes.code == 0, yes.err
    assert run("run", "get_customer", f"id={one}").json["data"]["name"] == "Renamed"


@pytest.mark.usefixtures("person")
def test_a_person_is_told_the_price(run: Command) -> None:
    from cli.test_run import order_words

    words = order_words(run)
    ran = run("run", "create_order", *words, "--json", IMCLOUD_WRITES="confirm", stdin="n\n")
    assert ran.code == 2
    customer = next(word.partition("=")[2] for word in words if word.startswith("customerId"))
    assert any(line.split() == ["customerId", customer] for line in ran.err.splitlines())
    assert any(line.startswith("estimate ") and "USD" in line for line in ran.err.splitlines())


@pytest.mark.usefixtures("person")
def test_end_of_input_is_not_a_yes(run: Command) -> None:
    one = run("run", "list_customers", "--max-items", "1").json["data"][0]["id"]
    ran = run("run", "update_customer", f"id={one}", "name=Never", IMCLOUD_WRITES="confirm", stdin="")
    assert ran.code == 130
    assert run("run", "get_customer", f"id={one}").json["data"]["name"] != "Never"
