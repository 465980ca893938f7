"""All 27 actions through the Python interface and the command, each proven by the marketplace's ledger or state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from support.market import Market

from imcloud.cli.root import cli
from imcloud.errors import ErrorItem
from imcloud.results import Page, Result
from imcloud.runner import Connection, Runner

Run = Callable[..., Result]
ADDRESS = {"streetAddress": "1 Elm Street", "postalCode": "92612", "city": "Irvine", "state": "CA", "countryCode": "US"}
CONTACT = {
    "type": "admin",
    "firstName": "Dana",
    "lastName": "Reyes",
    "email": "dana@larch.test",
    "phoneNumber": "1##9495550100#",
}
ACCOUNT = {"language": "en", "address": ADDRESS, "contactPersons": [CONTACT]}


def _by_command(shop: Market, action: str, inputs: dict[str, Any] | None, options: dict[str, Any]) -> Result:
    """The same call through `imcloud run`, read back from its JSON."""
    env = {f"IMCLOUD_{name.upper()}": str(value) for name, value in shop.fields.items()}
    words = ["run", action, "--input", "-", "--json"]
    words += [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    ran = CliRunner().invoke(cli, words, input=json.dumps(inputs or {}), env=env)
    envelope = json.loads(ran.stdout)
    page, errors = envelope.pop("page"), [ErrorItem(**error) for error in envelope.pop("errors")]
    told = Result(**envelope, page=None if page is None else Page(**page), errors=tuple(errors))
    result = replace(told, pending=ran.exit_code == 5)
    assert result.exit_code == ran.exit_code
    return result


@pytest.fixture(params=["python", "command"])
def run(request: pytest.FixtureRequest, live: tuple[Runner, Connection], shop: Market) -> Run:
    runner, connection = live

    def call(action: str, inputs: dict[str, Any] | None = None, **options: Any) -> Result:
        if request.param == "python":
            result = runner.run_action(action, inputs, connection=connection, **options)
        else:
            result = _by_command(shop, action, inputs, options)
        assert result.ok, (action, result.to_dict())
        row = shop.ledger(correlation_id=result.correlation_id)[-1]
        assert row["status"] == result.status_code == 200
        assert row["method"] == result.request["method"]  # type: ignore[index]
        assert not any(warning.startswith("the answer differs") for warning in result.warnings), result.warnings
        return result

    return call


def first(run: Run, action: str, **inputs: Any) -> dict[str, Any]:
    row: dict[str, Any] = run(action, inputs, max_items=1).data[0]
    return row


def product(run: Run) -> dict[str, Any]:
    item: dict[str, Any] = run("list_products", {"mpn": "ARBOR-SRV-MM"}).data[0]
    return item


def test_customers(run: Run, shop: Market) -> None:
    made = run("create_customer", {"name": "Larch and Sons", "externalId": "PSA-1", **ACCOUNT}).data
    assert shop.truth("customer", made["id"])["name"] == "Larch and Sons"
    assert run("list_customers", {"externalId": "PSA-1"}).data[0]["id"] == made["id"]
    assert run("get_customer", {"id": made["id"]}).data["address"]["city"] == "Irvine"
    run("update_customer", {"id": made["id"], "name": "Larch Group"})
    assert shop.truth("customer", made["id"])["name"] == "Larch Group"
    reseller = first(run, "list_resellers")
    other = run("create_reseller_customer", {"id": reseller["id"], "name": "Second Tier Ltd", **ACCOUNT}).data
    rows = run("list_reseller_customers", {"id": reseller["id"], "name": "Second Tier"}).data
    assert other["id"] in [row["id"] for row in rows]


def test_a_sale_becomes_a_subscription(run: Run, shop: Market) -> None:
    customer, item = first(run, "list_customers", name="Granite"), product(run)
    order = {
        "customerId": customer["id"],
        "type": "sales",
        "poNumber": "PO-1",
        "products": [{"id": item["id"], "mpn": item["mpn"], "quantity": 3}],
    }
    estimate = run("estimate_an_order_price", order).data
    placed = run("create_order", order)
    assert placed.pending
    assert placed.exit_code == 5
    assert placed.data["total"] == estimate["total"]
    shop.advance(5)
    done = run("get_order", {"id": placed.data["id"]}).data
    assert done["status"] == "completed"
    assert shop.truth("order", done["id"])["poNumber"] == "PO-1"
    held = run("list_subscriptions", {"customerId": customer["id"], "status": "active"}).data
    newest = run("get_subscription", {"id": held[0]["id"]}).data
    assert newest["products"][0]["quantity"] == 3


def test_orders(run: Run, shop: Market) -> None:
    item = product(run)
    customer = first(run, "list_customers", name="Granite")
    inputs = {"customerId": customer["id"], "type": "sales", "products": [{"id": item["id"], "quantity": 1}]}
    placed = run("create_order", inputs).data
    cancelled = run("update_order", {"id": placed["id"], "statusCode": "CL"}).data
    assert cancelled["status"] == "cancelled"
    found = run("list_orders", {"orderNumber": placed["orderNumber"]}).data
    assert [row["id"] for row in found] == [placed["id"]]
    reseller = first(run, "list_resellers")
    assert run("list_resellers_orders", {"id": reseller["id"]}).page.total > 0  # type: ignore[union-attr]


def test_subscriptions(run: Run, shop: Market) -> None:
    held = first(run, "list_subscriptions", status="active")
    detail = run("get_subscription", {"id": held["id"]}).data
    turned = run("update_subscription", {"id": held["id"], "renewalStatus": not detail["renewalStatus"]}).data
    assert turned["renewalStatus"] is not detail["renewalStatus"]
    line = detail["products"][0]
    price = {"id": line["id"], "unitPrice": {"currency": "USD", "amount": "9.99"}}
    run("update_subscription_pricing_details", {"id": held["id"], "products": [price]})
    after = shop.truth("subscription", held["id"])
    assert "9.99" in str(after)


def test_reports(run: Run, shop: Market) -> None:
    known = run("list_reports")
    assert known.page is not None
    assert known.page.complete
    asked = run(
        "schedule_a_one_time_report",
        {"name": known.data[0]["name"], "startDate": "2026-08-01T00:00:00Z", "format": "csv"},
    )
    shop.advance(5)
    ready = run("get_report", {"reportId": asked.data["id"]}).data
    assert ready["status"] == "completed"
    assert ready["downloadUrl"] == "********"


def test_resellers(run: Run, shop: Market) -> None:
    made = run("create_reseller", {"name": "Alder IT", "currency": "USD", **ACCOUNT}).data
    run("update_reseller", {"id": made["id"], "name": "Alder Technology"})
    assert run("get_reseller", {"id": made["id"]}).data["name"] == "Alder Technology"
    assert made["id"] in [row["id"] for row in run("list_resellers").data]


def test_plans(run: Run) -> None:
    plan = first(run, "list_service_plans")
    assert "planSwitches" in run("get_service_plan", {"id": plan["id"]}).data


def test_validation_says_what_is_wrong_without_failing(run: Run) -> None:
    rows = run("list_products").data
    customer = first(run, "list_customers")
    suite = next(row for row in rows if row["serviceName"] == "BUSINESS_SUITE")
    inputs = {
        "customerId": customer["id"],
        "products": [{"id": suite["id"], "parameters": [{"name": "domain", "value": "not a domain"}]}],
    }
    answer = run("validate_product_activation_parameters", inputs)
    assert [row["valid"] for row in answer.data] == [False]
    assert answer.data[0]["parameters"][0]["result"] == "error"


def test_any_other_path(live: tuple[Runner, Connection], shop: Market) -> None:
    runner, connection = live
    refused = runner.run_action("api_request", {"method": "GET", "path": "/Customers/1000001"}, connection=connection)
    assert refused.errors[0].rule == "covered"
    assert refused.errors[0].nearest == "im_cloud.get_customer"
    mark = shop.last()
    other = runner.run_action("api_request", {"method": "GET", "path": "/nothing-here"}, connection=connection)
    assert not other.ok
    assert [row["path"].rsplit("/", 1)[1] for row in shop.since(mark)] == ["nothing-here"]


def test_every_action_is_run_in_this_file() -> None:
    source = __import__("pathlib").Path(__file__).read_text("utf-8")
    with Runner() as runner:
        names = set(runner.packs["im_cloud"].actions)
    assert names <= set(re.findall(r'"([a-z_]+)"', source))
