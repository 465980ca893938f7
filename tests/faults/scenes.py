"""Believable inputs for each operation, with what they need to exist made beforehand."""

from __future__ import annotations

from typing import Any

from .world import World

ADDRESS = {
    "streetAddress": "1 Rehearsal Way",
    "postalCode": "20170",
    "city": "Herndon",
    "state": "VA",
    "countryCode": "US",
}
CONTACTS = [
    {
        "type": kind,
        "firstName": "Robin",
        "lastName": "Sample",
        "email": "robin@sample.test",
        "phoneNumber": "1#703#5550100#",
    }
    for kind in ("admin", "technical", "billing")
]
PRODUCT = "PRD100118"
CUSTOMER, RESELLER, SUBSCRIPTION, PLAN = "1000005", "1000002", "3000139", "10005"
SEATS = [{"id": PRODUCT, "quantity": 3}]


def scene(world: World, operation: str) -> dict[str, Any]:
    """The inputs of one call, different from those of every other call."""
    number = next(world.numbers)
    maker = MAKERS.get(operation)
    return dict(READS[operation]) if maker is None else maker(world, number)


READS: dict[str, dict[str, Any]] = {
    "list_customers": {},
    "get_customer": {"id": CUSTOMER},
    "list_reseller_customers": {"id": RESELLER},
    "list_resellers": {},
    "get_reseller": {"id": RESELLER},
    "list_orders": {"customerId": "1000012"},
    "get_order": {"id": "2000292"},
    "list_resellers_orders": {"id": RESELLER},
    "list_products": {"vendor": "Microsoft"},
    "list_service_plans": {},
    "get_service_plan": {"id": PLAN},
    "list_reports": {},
    "list_subscriptions": {"customerId": "1000012"},
    "get_subscription": {"id": SUBSCRIPTION},
    "estimate_an_order_price": {"customerId": CUSTOMER, "type": "sales", "products": SEATS},
    "validate_product_activation_parameters": {
        "customerId": CUSTOMER,
        "type": "sales",
        "products": [{"id": PRODUCT, "quantity": 3, "parameters": []}],
    },
}


def account(number: int) -> dict[str, Any]:
    """A company of its own."""
    return {
        "externalId": f"GRID-{number}",
        "name": f"Company {number}",
        "language": "en",
        "address": ADDRESS,
        "contactPersons": CONTACTS,
    }


def new_customer(world: World, number: int) -> str:
    """A customer without a past; its id."""
    with world.connection() as (runner, connection):
        made = runner.run_action("create_customer", account(number), connection=connection)
    assert made.ok, made.errors
    return str(made.data["id"])


def order(world: World, number: int) -> dict[str, Any]:
    """An order for a customer of its own."""
    return {"customerId": new_customer(world, number), "type": "sales", "products": SEATS}


def _placed(world: World, number: int) -> dict[str, Any]:
    inputs = order(world, number)
    with world.connection() as (runner, connection):
        made = runner.run_action("create_order", inputs, connection=connection)
    assert made.ok, made.errors
    return {"id": made.data["id"], "statusCode": "CL"}


def _report(world: World, number: int) -> dict[str, Any]:
    return {
        "name": "Daily Orders",
        "format": "csv",
        "startDate": f"2026-{1 + number % 8:02}-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
    }


def _any_report(world: World, _: int) -> dict[str, Any]:
    with world.connection() as (runner, connection):
        return {"reportId": runner.run_action("list_reports", {}, connection=connection).data[0]["id"]}


MAKERS: dict[str, Any] = {
    "get_report": _any_report,
    "create_customer": lambda _, number: account(number),
    "create_reseller": lambda _, number: {**account(number), "currency": "USD"},
    "create_reseller_customer": lambda _, number: {"id": RESELLER, **account(number)},
    "schedule_a_one_time_report": _report,
    "create_order": order,
    "update_order": _placed,
    "update_customer": lambda _, number: {"id": CUSTOMER, "name": f"Renamed {number}"},
    "update_reseller": lambda _, number: {"id": RESELLER, "name": f"Renamed {number}"},
    "update_subscription": lambda _, number: {"id": SUBSCRIPTION, "attributes": {"note": f"n{number}"}},
    "update_subscription_pricing_details": lambda _, number: {
        "id": SUBSCRIPTION,
        "products": [{"id": "PRD100052", "unitPrice": {"currency": "USD", "amount": f"{100 + number}.50"}}],
    },
}
CLASSES: dict[str, tuple[str, ...]] = {
    "R": (*(name for name in READS if name[:4] in ("list", "get_")), "get_report"),
    "RP": ("estimate_an_order_price", "validate_product_activation_parameters"),
    "C": ("create_customer", "create_reseller", "create_reseller_customer", "schedule_a_one_time_report"),
    "P": (
        "update_customer",
        "update_reseller",
        "update_order",
        "update_subscription",
        "update_subscription_pricing_details",
    ),
    "O": ("create_order",),
}
