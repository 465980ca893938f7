"""Typed uses of the public interface: never run, but checked by mypy in strict mode.

A line that must be refused carries the `type: ignore` with its code: strict mode reports one that is not needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import imcloud
from imcloud import Connection, Result, Runner, Secret
from imcloud.runner import Option, RowStream
from imcloud.typed import Address, CreateCustomerInputs, ListCustomersInputs, iter_action, run_action


def reads() -> None:
    assert_type(run_action("list_customers"), Result)
    assert_type(run_action("im_cloud.list_customers", {"name": "Alder", "limit": 5}, max_items=10), Result)
    assert_type(iter_action("list_customers", {"externalId": "psa-1"}), RowStream)
    run_action("list_reports", {"from": "2026-08-01", "to": None})
    run_action("get_customer", {"id": "1000001"}, connection="eu", deadline=30.0)
    run_action("get_customer")  # type: ignore[call-overload]
    run_action("get_customer", {})  # type: ignore[call-overload]
    run_action("get_customer", {"id": 7})  # type: ignore[call-overload]
    run_action("list_customers", {"nam": "Alder"})  # type: ignore[call-overload]
    run_action("list_custmers")  # type: ignore[call-overload]
    iter_action("get_customer", {"id": "1000001"})  # type: ignore[call-overload]
    run_action("list_customers", dryrun=True)  # type: ignore[call-overload]


def writes(connection: Connection, password: Secret) -> Iterator[Result]:
    address: Address = {"streetAddress": "12 Quay Street", "postalCode": "1", "city": "Portland", "countryCode": "US"}
    customer: CreateCustomerInputs = {
        "name": "Bright Harbor Logistics",
        "language": "en",
        "address": address,
        "contactPersons": [
            {
                "type": "admin",
                "firstName": "Ida",
                "lastName": "Brandt",
                "email": "ida@example.com",
                "phoneNumber": "+12075550143",
                "password": password,
            }
        ],
    }
    yield run_action("create_customer", customer, connection=connection, dry_run=True)
    yield run_action(
        "create_order",
        {"customerId": "1", "type": "sales", "products": [{"mpn": "A", "quantity": 2}]},
        yes=True,
    )
    run_action("create_order", {"customerId": "1", "type": "sale"})  # type: ignore[call-overload]
    run_action("create_order", {"type": "sales"})  # type: ignore[call-overload]
    wrong: Address = {"city": "Portland"}  # type: ignore[typeddict-item]
    listed: ListCustomersInputs = {"offset": "0"}  # type: ignore[typeddict-item]
    yield run_action("list_customers", listed or {"name": str(wrong)})


def results() -> None:
    with Runner() as runner:
        result = runner.run_action("any_action", {"anything": 1})
    assert_type(result.raise_for_outcome(), Result)
    assert_type(result.to_dict(), dict[str, Any])
    assert_type(result.ok, bool)
    assert_type(result.data, Any)
    if result.page is not None:
        assert_type(result.page.total, int | None)
    assert_type(runner.options("any_action", "id"), list[Option])
    assert_type(runner.download("report", "1", "out"), Path)
    result.ok = False  # type: ignore[misc]
    print(imcloud.__version__)
