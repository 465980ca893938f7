"""Lists, dry runs, pickers, downloads, typed ids, templates and threads, over real HTTP."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from support.canned import canned_server
from support.market import Market

from imcloud.errors import ActionFailed, UnknownName
from imcloud.runner import Connection, Runner

Live = tuple[Runner, Connection]


def test_a_list_is_whole_or_says_so(live: Live) -> None:
    runner, connection = live
    whole = runner.run_action("list_orders", connection=connection)
    assert whole.page is not None
    assert (whole.page.complete, whole.page.returned) == (True, whole.page.total)
    cut = runner.run_action("list_orders", connection=connection, max_items=7)
    assert cut.page is not None
    assert (len(cut.data), cut.page.complete, cut.page.next_offset) == (7, False, 7)
    one = runner.run_action("list_orders", {"offset": 7, "limit": 5}, connection=connection)
    assert one.data == whole.data[7:12]
    assert one.page is not None
    assert (one.page.complete, one.page.next_offset) == (False, 12)


def test_rows_stream_in_the_same_sequence(live: Live) -> None:
    runner, connection = live
    stream = runner.iter_action("list_orders", connection=connection)
    assert list(stream) == runner.run_action("list_orders", connection=connection).data
    assert stream.page is not None
    assert stream.page.complete
    with pytest.raises(ActionFailed):
        list(runner.iter_action("list_reseller_customers", {"id": "0"}, connection=connection))
    with pytest.raises(UnknownName):
        runner.iter_action("get_customer", {"id": "1"}, connection=connection)


def test_a_dry_run_sends_no_write_and_tells_all(live: Live, shop: Market) -> None:
    runner, connection = live
    order = {"customerId": "1000026", "type": "sales", "products": [{"id": "PRD100052", "quantity": 2}]}
    mark = shop.last()
    result = runner.run_action("create_order", order, connection=connection, dry_run=True)
    assert result.ok
    assert result.outcome == "not_applied"
    assert {row["operation"] for row in shop.since(mark)} == {"estimate_order"} or all(
        row["operation"] != "create_order" for row in shop.since(mark)
    )
    assert result.dry_run is not None
    assert result.dry_run["request"]["body"] == {**order, "poNumber": "imc-(set when it is sent)"}
    estimate = runner.run_action("estimate_an_order_price", order, connection=connection).data
    assert result.dry_run["price"] == {"amount": estimate["total"]["amount"], "currency": "USD"}
    assert "$IMCLOUD_SUBSCRIPTION_KEY" in result.dry_run["curl"]
    assert connection.settings.fields["subscription_key"].reveal() not in json.dumps(result.to_dict())
    assert result.data["customerId"] == "1000026"
    assert "id" in result.data


def test_a_dry_run_reads_for_real(live: Live) -> None:
    runner, connection = live
    assert runner.run_action("list_products", connection=connection, dry_run=True, max_items=1).data


def test_an_mpn_that_means_several_products_is_refused(live: Live, shop: Market) -> None:
    runner, connection = live
    order = {"customerId": "1000026", "type": "sales", "products": [{"mpn": "SBX7TTC0LH01:0001", "quantity": 1}]}
    mark = shop.last()
    result = runner.run_action("create_order", order, connection=connection)
    assert (result.errors[0].rule, result.errors[0].pointer) == ("unambiguous", "/products/0/mpn")
    assert {choice["id"] for choice in result.errors[0].allowed or ()} == {"PRD100001", "PRD100002", "PRD100003"}
    assert all(row["method"] == "GET" for row in shop.since(mark))
    month = {"type": "month", "duration": 1}
    order["products"][0] |= {"billingPeriod": month, "subscriptionPeriod": month}  # type: ignore[index]
    assert runner.run_action("create_order", order, connection=connection, dry_run=True).dry_run is not None


def test_pickers(live: Live) -> None:
    runner, connection = live
    (first, *_) = runner.options("create_order", "customerId", search="granite", connection=connection)
    assert "Granite" in first.label
    held = runner.options("create_order", "subscriptionId", {"customerId": "1000026"}, connection=connection)
    assert held
    truth = [
        runner.run_action("get_subscription", {"id": option.value}, connection=connection).data["customerId"]
        for option in held[:3]
    ]
    assert set(truth) == {"1000026"}
    product = runner.options("create_order", "products[0].mpn", search="Business Suite", connection=connection)[0]
    assert set(product.fills) == {"mpn", "id", "vendor", "billingPeriod", "subscriptionPeriod"}
    for part in ("Business Suite", "term", "billed every", "USD", "Microsoft"):
        assert part in product.label
    with pytest.raises(UnknownName, match="poNumber"):
        runner.options("create_order", "poNumer", connection=connection)


def test_an_id_of_another_kind_is_named(live: Live, shop: Market) -> None:
    runner, connection = live
    wrong = runner.run_action("get_subscription", {"id": "1000026"}, connection=connection)
    assert (wrong.errors[0].rule, wrong.errors[0].pointer) == ("reference", "/id")
    assert wrong.errors[0].message == "id is the id of a customer, not of a subscription"
    runner.run_action("list_customers", connection=connection)
    mark = shop.last()
    order = {"customerId": "1000026", "type": "cancellation", "subscriptionId": "1000026"}
    refused = runner.run_action("create_order", order, connection=connection)
    assert refused.errors[0].pointer == "/subscriptionId"
    assert all(row["method"] == "GET" for row in shop.since(mark))


def test_a_file_is_fetched_and_its_address_stays_masked(live: Live, tmp_path: Path) -> None:
    runner, connection = live
    ready = next(
        row for row in runner.run_action("list_reports", connection=connection).data if row["status"] == "completed"
    )
    assert ready["downloadUrl"] == "********"
    target = runner.download("report", ready["id"], tmp_path, connection=connection)
    assert target.parent == tmp_path
    assert target.stat().st_size > 50
    with pytest.raises(UnknownName):
        runner.download("nothing", "1", tmp_path, connection=connection)
    with pytest.raises(ActionFailed):
        runner.download("report", "00000000-0000-0000-0000-000000000000", tmp_path, connection=connection)


def test_inputs_are_templates_only_with_a_context(live: Live) -> None:
    runner, connection = live
    inputs = {"id": "{{ CTX.customer }}"}
    assert runner.run_action("get_customer", inputs, connection=connection).errors[0].pointer == "/id"
    context = {"CTX": {"customer": "1000026"}}
    assert runner.run_action("get_customer", inputs, connection=connection, context=context).ok
    missing = runner.run_action(
        "get_customer", {"id": "{{ CTX.nobody | upper }}"}, connection=connection, context=context
    )
    assert missing.errors[0].kind == "template"


def test_templates_in_data_are_never_rendered(live: Live) -> None:
    runner, connection = live
    canary = "{{ 7*7 }}{% raw %}{# no #}"
    account: dict[str, Any] = runner.run_action("get_customer", {"id": "1000026"}, connection=connection).data
    made = runner.run_action(
        "create_customer",
        {"name": canary, "language": "en", "address": account["address"], "contactPersons": account["contactPersons"]},
        connection=connection,
    ).raise_for_outcome()
    read = runner.run_action("get_customer", {"id": made.data["id"]}, connection=connection)
    assert read.data["name"] == canary
    context = {"CTX": {"name": canary}}
    found = runner.run_action("list_customers", {"name": "{{ CTX.name }}"}, connection=connection, context=context)
    assert found.request is not None
    assert found.request["query"] == {"name": canary}


def test_one_connection_serves_many_threads(live: Live, shop: Market) -> None:
    runner, _ = live
    failures: list[Any] = []
    with runner.open_connection(explicit={**shop.fields, "kind": "sandbox"}) as connection:
        mark = shop.last()

        def work() -> None:
            for _ in range(5):
                result = runner.run_action("get_customer", {"id": "1000026"}, connection=connection)
                if not result.ok or result.data["id"] != "1000026":
                    failures.append(result)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    rows = shop.since(mark, sign_in=True)
    assert not failures
    assert sum(row["path"].endswith("/token") for row in rows) == 1
    assert len(rows) == 81


def test_the_verb_that_works_is_remembered_on_disk(shop: Market) -> None:
    shop.set(verbs="vendor")
    try:
        counts = []
        for _ in range(2):
            with Runner() as runner, runner.open_connection(explicit={**shop.fields, "kind": "sandbox"}) as connection:
                rows = runner.run_action("list_subscriptions", {"status": "active"}, connection=connection, max_items=1)
                mark = shop.last()
                result = runner.run_action(
                    "update_subscription",
                    {"id": rows.data[0]["id"], "renewalStatus": True},
                    connection=connection,
                )
                assert result.ok
                assert result.request is not None
                assert result.request["method"] == "PATCH"
                counts.append((len(shop.since(mark)), any("PATCH" in text for text in result.warnings)))
        assert counts == [(2, True), (1, False)]
    finally:
        shop.set(verbs="both")


def test_an_answer_outside_its_schema_is_a_warning(tmp_path: Path) -> None:
    with canned_server() as canned, Runner() as runner:
        canned.expect((200, {"id": 17, "name": ["?"], "status": "brand-new", "extra": 1}))
        with runner.open_connection(explicit={**canned.fields, "kind": "sandbox"}) as connection:
            result = runner.run_action("get_customer", {"id": "17"}, connection=connection)
    assert result.ok
    assert any(text.startswith("the answer differs from its schema at /id") for text in result.warnings)
    assert not any("status" in text for text in result.warnings)


def test_unknown_names_are_misuse() -> None:
    with Runner() as runner, pytest.raises(UnknownName, match="list_customers"):
        runner.run_action("list_custmers")


def test_read_only_fields_are_sent_with_a_warning(live: Live) -> None:
    runner, connection = live
    order = {
        "customerId": "1000026",
        "type": "sales",
        "status": "submitted",
        "products": [{"id": "PRD100052", "quantity": 1}],
    }
    result = runner.run_action("estimate_an_order_price", order, connection=connection)
    assert result.ok
    assert any(text.startswith("/status: the vendor documents") for text in result.warnings)


def test_an_applied_failure_is_done_and_not_ok(live: Live, shop: Market) -> None:
    runner, connection = live
    products = runner.run_action("list_products", {"vendor": "SandboxLab"}, connection=connection).data
    failing = next(row for row in products if "fail" in row["name"].lower())
    held = runner.run_action("update_customer", {"id": "1000025", "status": "creditHold"}, connection=connection)
    assert held.ok
    order = {"customerId": "1000025", "type": "sales", "products": [{"id": failing["id"], "quantity": 1}]}
    placed = runner.run_action("create_order", order, connection=connection)
    assert placed.outcome == "done"
    shop.advance(5)
    later = runner.run_action("get_order", {"id": placed.data["id"]}, connection=connection)
    assert later.data["status"] == "error"
