"""Lists that do not hold together: told to the caller, and never taken for a proof that something is not there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.checker import Told, violations

from .scenes import CLASSES, SEATS, new_customer, scene
from .table import TABLE
from .world import World

LISTS = [name for name in CLASSES["R"] if name.startswith("list_")]
UNPAGED = "list_reports"  # this list sends everything in one page, whatever is asked for


@pytest.fixture(autouse=True)
def small_pages(world: World) -> Iterator[None]:
    yield
    world.shop.set(max_limit=500)


@pytest.mark.parametrize("fault", TABLE["lists"])
@pytest.mark.parametrize("operation", [name for name in LISTS if name != UNPAGED])
def test_a_list_says_whether_it_is_whole(world: World, operation: str, fault: str) -> None:
    inputs = scene(world, operation)
    with world.connection() as (runner, connection):
        full = runner.run_action(operation, inputs, connection=connection)
        while operation == "list_resellers" and len(full.data) < 5:
            # Of two rows, one that slips away leaves a list that nobody can tell from a whole one.
            runner.run_action("create_reseller", scene(world, "create_reseller"), connection=connection)
            full = runner.run_action(operation, inputs, connection=connection)
        world.shop.set(max_limit=max(1, len(full.data) // 4))
        mark = world.shop.last()
        plan = world.plan({operation: [fault]})
        result = runner.run_action(operation, inputs, connection=connection)
    report = world.shop.server.faults.report(plan)
    world.shop.server.faults.remove(plan)
    assert report["consumed"] and report["complete"]
    assert result.page is not None
    whole = TABLE["lists"][fault]["whole"]
    assert (result.page.complete, bool(result.warnings)) == (whole, not whole)
    known, found = [row["id"] for row in full.data], [row["id"] for row in result.data]
    assert len(set(found)) == len(found)
    assert set(found) <= set(known)
    assert sorted(found) == sorted(known) or not whole
    assert len(world.shop.since(mark)) <= 1 + len(known) + 8


ROWS = [pytest.param(row, id="-".join(str(value) for value in row.values())) for row in TABLE["lookups"]]
READS = {
    "create_order": ("list_orders", "get_order"),
    "create_customer": ("list_customers", None),
    "create_reseller": ("list_resellers", None),
    "create_reseller_customer": ("list_reseller_customers", None),
}


def inputs_of(world: World, operation: str) -> dict[str, Any]:
    """Inputs whose look-up has pages to go through."""
    if operation != "create_order":
        return scene(world, operation)
    customer = new_customer(world, next(world.numbers))
    inputs = {"customerId": customer, "type": "sales", "products": SEATS}
    with world.connection() as (runner, connection):
        for _ in range(5):
            assert runner.run_action("create_order", inputs, connection=connection).ok
    return inputs


@pytest.mark.parametrize("policy", ["halt", "resubmit_once"])
@pytest.mark.parametrize("row", ROWS)
def test_the_look_up_of_an_order(world: World, row: dict[str, Any], policy: str) -> None:
    look(world, "create_order", row, policy)


# A list of accounts is asked for one external id: it has one row or none, so only faults of the answer count.
PLAIN = [row for row in TABLE["lookups"] if str(row.get("list", "")).startswith(("return", "reset", "html", "stale"))]


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: "-".join(str(value) for value in row.values()))
@pytest.mark.parametrize("operation", [name for name in READS if name != "create_order"])
def test_the_look_up_of_an_account(world: World, operation: str, row: dict[str, Any]) -> None:
    look(world, operation, row, "resubmit_once")


def look(world: World, operation: str, row: dict[str, Any], policy: str) -> None:
    inputs = inputs_of(world, operation)
    listed, got = READS[operation]
    plan = {operation: [f"reset-{row['lost']}-apply"]}
    plan |= {listed: [row["list"]]} if "list" in row else {str(got): [row["get"]]}
    mark, since = world.shop.last(), time.time()
    world.shop.set(max_limit=2)
    real_time = bool(row.get("real_time"))
    name = world.plan(plan)
    with world.connection(real_time=real_time, settle_seconds=row.get("settle", 0.6)) as (runner, connection):
        result = runner.run_action(operation, inputs, connection=connection, on_unknown=policy)
    report = world.settled(name)
    world.shop.server.faults.remove(name)
    world.shop.set(max_limit=500)
    assert report["complete"], report
    expected = TABLE["lookup_verdicts"][row["verdict"]]
    again = policy == "resubmit_once" and expected["resends"] == 2
    posts = [entry for entry in world.shop.since(mark) if entry["operation"] == operation]
    assert result.intent is not None
    assert len(posts) == result.intent["sends"] == (2 if again else expected["sends"])
    assert result.outcome == ("done" if again else expected["outcome"]), result.errors
    if not again and "rule" in expected:
        assert result.errors[0].rule == expected["rule"]
    assert sum(bool(entry["effects"]) for entry in posts) == (1 if again else expected["applied"])
    told = [Told(operation, inputs, result)]
    assert violations(world.shop, world.witness, runner, told, after=mark, since=since, bound=400) == []
