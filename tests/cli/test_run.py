"""`imcloud run` from end to end, over HTTP, against the sandbox."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from cli.conftest import Command
from support.canaries import PERSON_PASSWORD

from imcloud.cli.assign import parse
from imcloud.results import Result

ENVELOPE = list(Result("", ok=True, outcome="done", connection={}).to_dict())
NEW = [
    "name=Test & Co",
    "language=en",
    "address.streetAddress=1 Main St",
    "address.city=Portland",
    "address.postalCode=04101",
    "address.state=ME",
    "address.countryCode=US",
    "contactPersons[0].type=admin",
    "contactPersons[0].firstName=Ida",
    "contactPersons[0].lastName=Brandt",
    "contactPersons[0].email=ida@example.com",
    "contactPersons[0].phoneNumber=1#207#5550143#",
    "contactPersons[0].login=ida.brandt",
    f"contactPersons[0].password={PERSON_PASSWORD}",
]


def test_a_result_is_the_envelope_and_nothing_else(run: Command) -> None:
    ran = run("run", "list_customers", "--max-items", "3")
    assert ran.code == 0 and ran.err == ""
    assert list(ran.json) == ENVELOPE
    assert ran.json["action"] == "im_cloud.list_customers" and len(ran.json["data"]) == 3


def test_a_table_fits_the_terminal(run: Command) -> None:
    ran = run("run", "list_products", "--table", "--max-items", "5")
    assert ran.code == 0 and len(ran.out.splitlines()) == 7
    assert all(len(line) <= 100 for line in ran.out.splitlines())
    assert "5 of " in ran.err and "--columns" in ran.err


def test_one_object_as_a_table(run: Command) -> None:
    first = run("run", "list_customers", "--max-items", "1").json["data"][0]
    ran = run("run", "get_customer", f"id={first['id']}", "--table")
    assert ran.code == 0 and ran.out.split()[:2] == ["id", first["id"]]
    assert "✔ get_customer done" in ran.err


def test_csv_with_columns(run: Command) -> None:
    ran = run("run", "list_products", "--csv", "--columns", "id,name,billingPeriod.type,nme", "--max-items", "4")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows[0] == ["id", "name", "billingPeriod.type", "nme"] and len(rows) == 5
    assert rows[1][2] in ("month", "year") and "no row has a column 'nme'; did you mean 'name'?" in ran.err


def test_csv_of_everything(run: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(run("run", "list_customers", "--csv").out)))
    assert len(rows) > 3 and {"id", "name", "status"} <= set(rows[0])


def test_ndjson_streams_rows(run: Command) -> None:
    ran = run("run", "list_products", "--ndjson", "--max-items", "7")
    assert [sorted(json.loads(line))[0] for line in ran.out.splitlines()] and len(ran.out.splitlines()) == 7
    assert "not complete" in ran.err


def test_ndjson_of_one_object(run: Command) -> None:
    first = json.loads(run("run", "list_customers", "--ndjson", "--max-items", "1").out)
    ran = run("run", "get_customer", f"id={first['id']}", "--ndjson")
    assert json.loads(ran.out)["id"] == first["id"]


def test_a_write_with_nested_keys(run: Command) -> None:
    ran = run("run", "create_customer", *NEW)
    assert ran.code == 0, ran.err
    back = run("run", "get_customer", f"id={ran.json['data']['id']}").json["data"]
    assert back["name"] == "Test & Co" and back["address"]["postalCode"] == "04101"
    assert PERSON_PASSWORD not in ran.out + ran.err


def test_the_same_key_never_applies_twice(run: Command) -> None:
    first = run("run", "create_customer", *NEW, "--key", "T20260801.42")
    again = run("run", "create_customer", *NEW, "--key", "T20260801.42")
    assert first.code == again.code == 0, again.err
    assert again.json["data"]["id"] == first.json["data"]["id"]
    other = run("run", "create_customer", "name=Other", *NEW[1:], "--key", "T20260801.42")
    assert other.code != 0 and other.json["outcome"] == "not_applied"


def test_inputs_from_files_and_standard_input(run: Command, tmp_path: Path) -> None:
    whole = tmp_path / "customer.yaml"
    whole.write_text("name: From a file\nlanguage: en\naddress: {city: Bonn}\n", encoding="utf-8")
    ran = run("run", "create_customer", "--input", str(whole), *NEW[2:], "name=Typed", "--dry-run")
    body = ran.json["dry_run"]["request"]["body"]
    assert ran.code == 0 and body["name"] == "Typed" and body["address"]["city"] == "Portland"
    piped = run("run", "list_customers", "--input", "-", stdin='{"name": "nobody at all"}')
    assert piped.json["request"]["query"]["name"] == "nobody at all"
    address = tmp_path / "address.json"
    address.write_text('{"streetAddress": "x", "city": "y", "postalCode": "1", "countryCode": "US"}', encoding="utf-8")
    ran = run("run", "create_customer", "name=z", "language=en", f"address:=@{address}", *NEW[7:], "--dry-run")
    assert ran.json["dry_run"]["request"]["body"]["address"]["city"] == "y"


def test_a_dry_run_shows_everything_and_changes_nothing(run: Command) -> None:
    before = run("run", "list_customers", "limit=1").json["page"]["total"]
    ran = run("run", "create_customer", *NEW, "--dry-run", "--table")
    assert ran.code == 0 and "Dry run: nothing was changed" in ran.out
    assert "POST http://127.0.0.1:" in ran.out and "curl -X POST" in ran.out
    assert PERSON_PASSWORD not in ran.out + ran.err and "sandbox-key" not in ran.out
    assert run("run", "list_customers", "limit=1").json["page"]["total"] == before


def order_words(run: Command) -> list[str]:
    one = run("run", "list_customers", "--max-items", "1").json["data"][0]["id"]
    product = next(row for row in run("run", "list_products").json["data"] if row["billingPeriod"]["type"] == "month")
    return [
        "type=sales",
        f"customerId={one}",
        "poNumber=PO-1",
        f"products[0].id={product['id']}",
        "products[0].quantity=2",
    ]


def test_a_dry_run_tells_the_price(run: Command) -> None:
    words = order_words(run)
    ran = run("run", "create_order", *words, "--dry-run", "--table")
    assert ran.code == 0, ran.err
    price = next(line for line in ran.out.splitlines() if line.startswith("price "))
    ordered = run("run", "create_order", *words).json["data"]["total"]
    assert price.split()[1:] == [ordered["amount"], ordered["currency"]]


def test_accepted_and_still_going_is_five(run: Command, market: Any) -> None:
    ran = run("run", "create_order", *order_words(run))
    assert ran.code == (5 if ran.json["data"]["status"] in ("submitted", "processing") else 0)


def test_an_ambiguous_choice_lists_the_choices_as_they_are_typed(run: Command) -> None:
    rows = run("run", "list_products").json["data"]
    mpn = next(row["mpn"] for row in rows if sum(other["mpn"] == row["mpn"] for other in rows) > 1)
    words = [f"products[0].mpn={mpn}" if word.startswith("products[0].id") else word for word in order_words(run)]
    ran = run("run", "create_order", *words, "--table")
    assert ran.code == 2 and ran.out == ""
    assert "products[0].mpn" in ran.err and "billingPeriod.type=month" in ran.err


def test_failures_have_their_codes(run: Command) -> None:
    gone = run("run", "get_customer", "id=99999999", "--table")
    assert gone.code == 1 and gone.out == "" and "not_found" in gone.err and "correlation id" in gone.err
    wrong = run("run", "create_order", "type=sale", "poNumer=x", "--table")
    assert (wrong.code == 2 and "did you mean 'sales'" in wrong.err.replace('"', "'")) or "sales" in wrong.err
    assert "poNumber" in wrong.err and "nothing was sent" in wrong.err
    assert len(wrong.err.splitlines()) < 40


def test_a_failure_is_an_envelope_too(run: Command) -> None:
    ran = run("run", "get_customer", "id=99999999")
    assert ran.code == 1 and list(ran.json) == ENVELOPE and ran.json["ok"] is False
    assert "not_found" in ran.err


@pytest.mark.parametrize("verbosity", ["-v", "-vv"])
def test_more_is_said_on_request(run: Command, verbosity: str) -> None:
    before, after = (
        run(verbosity, "run", "list_customers", "limit=2"),
        run("run", "list_customers", "limit=2", verbosity),
    )
    for ran in (before, after):
        assert "request: GET http://127.0.0.1:" in ran.err and "read as: /limit from '2' to 2" in ran.err
        assert ("header: Content-Type" in ran.err) == (verbosity == "-vv")
        assert "sandbox-key" not in ran.err and "sandbox-password" not in ran.err


def test_options_of_a_field(run: Command) -> None:
    values = run("options", "create_order", "customerId").json
    assert values and list(values[0]) == ["value", "label", "fills"]
    one = run("options", "get_customer", "id", "--search", values[0]["label"].split(" (")[0], "--table")
    assert values[0]["value"] in one.out
    dependent = run("options", "create_order", "subscriptionId", f"customerId={values[0]['value']}")
    assert dependent.code == 0
    product = run("options", "create_order", "products[0].mpn", "--limit", "2", "--table")
    assert "term 1 month" in product.out and "also fills id, vendor" in product.err and "the first 2" in product.err


def test_options_of_a_field_without_any(run: Command) -> None:
    assert run("options", "create_order", "poNumber").code == 2
    ran = run("options", "create_order", "poNumer")
    assert ran.code == 2 and "poNumber" in ran.err
    assert "no value was found" in run("options", "get_customer", "id", "--search", "qqqqqqq").err


def test_download(run: Command, tmp_path: Path) -> None:
    rows = run("run", "list_reports").json["data"]
    ready = next(row for row in rows if row["status"] == "completed")
    assert ready["downloadUrl"] == "********"
    ran = run("report", "download", ready["id"], "--out", str(tmp_path))
    file = Path(ran.out.strip())
    assert ran.code == 0 and file.parent == tmp_path and f"{file.stat().st_size} bytes" in ran.err
    assert run("report", "download", "00000000-0000-4000-8000-000000000000", "--out", str(tmp_path)).code == 1
    assert run("report", "fetch").code == 2


def created_elsewhere(market: Any, name: str) -> str:
    """Somebody else's client, which lets control characters pass, makes a customer; returns its id."""
    fields = market.fields
    headers = {"X-Subscription-Key": fields["subscription_key"]}
    account = (fields["username"], fields["password"])
    body = {"marketplace": fields["marketplace"]}
    token = requests.post(f"{market.base_url}/token", json=body, auth=account, headers=headers, timeout=10).json()[
        "token"
    ]
    customer = parse(["name=x", *NEW[1:]], str)
    made = requests.post(
        f"{market.base_url}/customers",
        json={**customer, "name": name},
        headers={**headers, "Authorization": f"Bearer {token}"},
        timeout=10,
    )
    return str(made.json()["id"])


def test_api_data_never_reaches_a_terminal_raw(run: Command, market: Any) -> None:
    evil = "Evil \x1b]0;owned\x07\x1b[2J \u202egnp.exe"
    ident = created_elsewhere(market, evil)
    assert run("run", "get_customer", f"id={ident}").json["data"]["name"] == evil
    for words in (
        ["run", "get_customer", f"id={ident}", "--table"],
        ["run", "get_customer", f"id={ident}", "--json"],
        ["run", "list_customers", "--table"],
        ["run", "list_customers", "--ndjson"],
        ["options", "get_customer", "id", "--table"],
        ["options", "get_customer", "id", "--json"],
    ):
        shown = run(*words)
        assert "gnp.exe" in shown.out
        assert "\x1b" not in shown.out + shown.err and "\u202e" not in shown.out + shown.err
