"""A server that is down is not hammered, one that fails now and then is borne, and no order is sent twice blindly."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest
from support.checker import Told, violations

from imcloud.results import Result
from imcloud.runner import Connection, Runner

from .scenes import CUSTOMER, SEATS, new_customer
from .world import World

ORDERS = int(os.environ.get("IMCLOUD_CAMPAIGN_ORDERS", "200"))  # for each policy
BATCH = 8  # orders of one customer, so that a look-up has some others to tell apart
SEED = int(os.environ.get("IMCLOUD_CAMPAIGN_SEED", "1"))
READS = 1000
CONNECTION = ("reset-before-apply", "reset-after-apply", "close-mid-headers", "truncate:20", "truncate-chunked:20")
ANSWERS = (
    "return:503", "return-after-apply:503", "return:502", "return-html:502", "html-200", "html-200-after-apply",
    "empty-200-after-apply", "return:408", "return-after-apply:409", "body-no-id", "body-other-customer", "dup-keys",
    "apim-429", "platform-429", "platform-401", "return:400", "redirect:302", "redirect:307", "status-error",
)  # fmt: skip
LIST_FAULTS = ("page-drift", "wrong-total", "return:503", "reset-before-apply", "html-200", "truncate:20")
GET_FAULTS = ("return:503", "reset-before-apply", "body-no-id", "html-200", "return:404")


def read(runner: Runner, connection: Connection) -> Result:
    return runner.run_action("get_customer", {"id": CUSTOMER}, connection=connection)


@pytest.mark.parametrize("fault", ["return:503 *", "reset-before-apply *"])
def test_a_total_outage_costs_a_tenth_more_at_most(world: World, fault: str) -> None:
    with world.connection() as (runner, connection):
        assert read(runner, connection).ok
        plan, mark = world.plan({"get_customer": [fault]}), world.shop.last()
        results = [read(runner, connection) for _ in range(READS)]
    requests = world.shop.last() - mark
    world.shop.server.faults.remove(plan)
    print(f"total outage, {fault}: {requests / READS:.3f} requests for each of {READS} reads")
    assert not any(result.ok for result in results)
    assert requests <= 1.1 * READS


@pytest.mark.parametrize("calls", [1, 5, 12])
def test_a_small_run_costs_little(world: World, calls: int) -> None:
    with world.connection() as (runner, connection):
        assert read(runner, connection).ok
        plan, mark = world.plan({"get_customer": ["return:503 *"]}), world.shop.last()
        for _ in range(calls):
            read(runner, connection)
    requests = world.shop.last() - mark
    world.shop.server.faults.remove(plan)
    assert requests <= min(4 * calls, calls + 35)


@pytest.mark.parametrize("seed", range(SEED, SEED + 2))
def test_one_failure_in_five_is_borne(world: World, seed: int) -> None:
    dice = random.Random(seed)
    faults = [
        dice.choice(["return:503", "reset-before-apply"]) if dice.random() < 0.2 else "none" for _ in range(2 * READS)
    ]
    with world.connection() as (runner, connection):
        assert read(runner, connection).ok
        plan, mark = world.plan({"get_customer": faults}), world.shop.last()
        good = sum(read(runner, connection).ok for _ in range(READS))
    requests = world.shop.last() - mark
    world.shop.server.faults.remove(plan)
    print(f"20% failures, seed {seed}: {good / READS:.1%} succeed, {requests / READS:.3f} requests for each")
    assert good >= 0.99 * READS
    assert requests <= 1.25 * READS


def test_writes_are_not_repeated_in_an_outage(world: World) -> None:
    with world.connection() as (runner, connection):
        mark = world.shop.last()
        plan = world.plan({}, ["return:503 *"])
        for number in range(10):
            runner.run_action("update_customer", {"id": CUSTOMER, "name": f"Outage {number}"}, connection=connection)
    posts = [row for row in world.shop.since(mark) if row["operation"] == "update_customer"]
    world.shop.server.faults.remove(plan)
    assert len(posts) == 10


@pytest.mark.parametrize("policy", ["halt", "resubmit_once"])
def test_orders_under_random_faults_are_placed_once_at_most(world: World, policy: str) -> None:
    dice = random.Random(f"{SEED} {policy}")
    tally = {"done": 0, "not_applied": 0, "unknown": 0}
    faults = made = 0
    for start in range(0, ORDERS, BATCH):
        customer = new_customer(world, next(world.numbers))
        mark, since, plan = world.shop.last(), time.time(), draw(world, dice)
        told = [order(world, customer, policy) for _ in range(min(BATCH, ORDERS - start))]
        faults += sum(entry["fault"] != "none" for entry in world.shop.server.faults.report(plan)["consumed"])
        world.shop.server.faults.remove(plan)
        ids = created(world, mark)
        markers = {world.shop.truth("order", one)["poNumber"] for one in ids}
        assert len(ids) == len(markers), f"bought twice: seed {SEED}, orders from {start}"
        broken = violations(world.shop, world.witness, world.runner, told, after=mark, since=since)
        assert broken == [], f"seed {SEED}, orders from {start}"
        made += len(ids)
        for one in told:
            tally[one.result.outcome] += 1
    print(f"{policy}, seed {SEED}: {ORDERS} wanted, {faults} faults, {made} placed, 0 twice, told {tally}")
    assert tally["done"] >= ORDERS / 2


def draw(world: World, dice: random.Random) -> str:
    """A plan with a fault for three of ten requests, of the orders and of the reads that look them up."""
    kinds = {"create_order": CONNECTION + ANSWERS, "list_orders": LIST_FAULTS, "get_order": GET_FAULTS}
    return world.plan(
        {
            name: [dice.choice(kind) if dice.random() < 0.3 else "none" for _ in range(400)]
            for name, kind in kinds.items()
        }
    )


def order(world: World, customer: str, policy: Any) -> Told:
    inputs = {"customerId": customer, "type": "sales", "products": SEATS}
    with world.connection() as (runner, connection):
        return Told(
            "create_order", inputs, runner.run_action("create_order", inputs, connection=connection, on_unknown=policy)
        )


def created(world: World, mark: int) -> list[str]:
    """The ids of the orders that were placed since."""
    effects = [effect for row in world.shop.since(mark) for effect in row["effects"]]
    return [str(effect["id"]) for effect in effects if effect["kind"] == "order" and effect["what"] == "created"]
