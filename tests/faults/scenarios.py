"""Stories of more than one call under one fault. Each raises AssertionError when something is not as it must be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from support.checker import Told, violations

from imcloud.intents import marker_of
from imcloud.results import Result
from imcloud.runner import Runner

from .scenes import order, scene
from .test_lookups import look
from .world import World


def _orders(world: World, mark: int) -> list[str]:
    effects = [effect for row in world.shop.since(mark) for effect in row["effects"]]
    return [str(effect["id"]) for effect in effects if effect["kind"] == "order" and effect["what"] == "created"]


def rules(result: Result) -> list[str | None]:
    """The rules of its first error, if it has one."""
    return [error.rule for error in result.errors[:1]]


def foreign_order(world: World, inputs: dict[str, Any]) -> str:
    """An order that somebody else placed, with intents that are not here; its id."""
    elsewhere = str(world.home.parent / f"elsewhere-{next(world.numbers)}")
    fields = {**world.shop.fields, "kind": "sandbox"}
    with Runner(env={"IMCLOUD_HOME": elsewhere}) as runner, runner.open_connection(explicit=fields) as connection:
        made = runner.run_action("create_order", inputs, connection=connection)
    assert made.ok, made.errors
    return str(made.data["id"])


def _run(world: World, inputs: dict[str, Any], fault: str | None, **options: Any) -> Result:
    plan = world.plan({"create_order": [fault or "none"]})
    mark, since = world.shop.last(), time.time()
    try:
        with world.connection() as (runner, connection):
            result = runner.run_action("create_order", inputs, connection=connection, **options)
        assert world.settled(plan)["complete"] or fault is None
    finally:
        world.shop.server.faults.remove(plan)
    told = [Told("create_order", inputs, result)] if result.intent else []
    assert violations(world.shop, world.witness, world.runner, told, after=mark, since=since) == []
    return result


def two_equal_orders_are_two(world: World) -> None:
    """The same content twice, wanted twice."""
    inputs, mark = order(world, next(world.numbers)), world.shop.last()
    ids = []
    with world.connection() as (runner, connection):
        for _ in range(2):
            ids.append(runner.run_action("create_order", inputs, connection=connection).data["id"])
    assert sorted(set(ids)) == sorted(_orders(world, mark))
    assert len(set(ids)) == 2


def two_that_fit_halt(world: World) -> None:
    """A look-up that finds two takes neither."""
    number = next(world.numbers)
    inputs, key = order(world, number), f"TWO-{number}"
    foreign_order(world, {**inputs, "poNumber": marker_of(f"key {key}")})
    result = _run(world, inputs, "reset-after-apply", key=key)
    assert (result.outcome, rules(result)) == ("unknown", ["duplicate"])
    assert len(result.errors[0].allowed or ()) == 2


def anothers_order_is_not_adopted(world: World) -> None:
    """An equal order of somebody else is not the one that was lost."""
    inputs = order(world, next(world.numbers))
    foreign_order(world, inputs)
    result = _run(world, inputs, "reset-before-apply")
    assert (result.outcome, rules(result)) == ("unknown", ["absent"])


def a_key_is_one_call(world: World) -> None:
    """The same key: the same inputs give the stored result, other inputs an error, and one effect altogether."""
    number = next(world.numbers)
    inputs, key, mark = order(world, number), f"KEY-{number}", world.shop.last()
    with world.connection() as (runner, connection):
        first = runner.run_action("create_order", inputs, connection=connection, key=key)
        second = runner.run_action("create_order", inputs, connection=connection, key=key)
        other = {**inputs, "products": [{**inputs["products"][0], "quantity": 7}]}
        third = runner.run_action("create_order", other, connection=connection, key=key)
    assert first.data["id"] == second.data["id"]
    assert (third.ok, third.outcome) == (False, "not_applied")
    assert rules(third) == ["key_reused"]
    assert _orders(world, mark) == [first.data["id"]]


def a_second_call_with_a_key_looks_first(world: World) -> None:
    """A doubtful call under a key, called again: it is looked up and not sent."""
    number = next(world.numbers)
    inputs, key, mark = order(world, number), f"AGAIN-{number}", world.shop.last()
    plan = world.plan({"create_order": ["reset-after-apply"], "list_orders": ["return:503 *"]})
    with world.connection() as (runner, connection):
        doubt = runner.run_action("create_order", inputs, connection=connection, key=key)
        world.shop.server.faults.remove(plan)
        found = runner.run_action("create_order", inputs, connection=connection, key=key)
    assert (doubt.outcome, found.outcome) == ("unknown", "done")
    assert _orders(world, mark) == [found.data["id"]]


def another_account_is_refused(world: World) -> None:
    """A key does not go on over another account."""
    number = next(world.numbers)
    inputs, key, mark = order(world, number), f"MINE-{number}", world.shop.last()
    with world.connection() as (runner, connection):
        assert runner.run_action("create_order", inputs, connection=connection, key=key).ok
    with world.connection(**world.shop.server.users["cedar"]) as (runner, connection):
        other = runner.run_action("create_order", inputs, connection=connection, key=key)
    assert rules(other) == ["pinned"]
    assert len(_orders(world, mark)) == 1


def absent_among_others(world: World) -> None:
    """Five other orders, two rows to a page, nothing applied: a second send only after all of it was read twice."""
    look(world, "create_order", {"lost": "before", "list": "none", "verdict": "halted-absent"}, "resubmit_once")


def two_scans_without_a_window(world: World) -> None:
    """No settle window at all: absence still takes two equal scans."""
    row = {"lost": "before", "list": "none", "verdict": "halted-absent", "settle": 0}
    look(world, "create_order", row, "resubmit_once")


def unreadable_list_is_no_proof(world: World) -> None:
    """The list cannot be read: nothing is sent again, whatever was chosen."""
    look(
        world, "create_order", {"lost": "after", "list": "return:503 *", "verdict": "halted-unstable"}, "resubmit_once"
    )


def a_list_that_moves_is_no_proof(world: World) -> None:
    """The list never adds up: nothing is sent again."""
    row = {"lost": "after", "list": "wrong-total:+3 *", "verdict": "halted-unstable"}
    look(world, "create_order", row, "resubmit_once")


def a_late_commit_is_waited_for(world: World) -> None:
    """A commit within the settle window, with the policy that sends again."""
    inputs, mark, since = order(world, next(world.numbers)), world.shop.last(), time.time()
    plan = world.plan({"create_order": ["late-commit:0.3"]})
    with world.connection(real_time=True, settle_seconds=0.9) as (runner, connection):
        result = runner.run_action("create_order", inputs, connection=connection, on_unknown="resubmit_once")
    world.settled(plan)
    world.shop.server.faults.remove(plan)
    told = [Told("create_order", inputs, result)]
    assert violations(world.shop, world.witness, world.runner, told, after=mark, since=since) == []
    assert result.outcome == "done"


def an_update_is_read_back(world: World) -> None:
    """A lost update that was applied is not sent again."""
    inputs, mark, since = scene(world, "update_customer"), world.shop.last(), time.time()
    plan = world.plan({"update_customer": ["reset-after-apply"]})
    with world.connection() as (runner, connection):
        result = runner.run_action("update_customer", inputs, connection=connection, on_unknown="resubmit_once")
    world.shop.server.faults.remove(plan)
    told = [Told("update_customer", inputs, result)]
    assert violations(world.shop, world.witness, world.runner, told, after=mark, since=since) == []


SCENARIOS: dict[str, Callable[[World], None]] = {
    story.__name__: story
    for story in (
        two_equal_orders_are_two, two_that_fit_halt, anothers_order_is_not_adopted, a_key_is_one_call,
        a_second_call_with_a_key_looks_first, another_account_is_refused, absent_among_others,
        two_scans_without_a_window,
        unreadable_list_is_no_proof, a_list_that_moves_is_no_proof, a_late_commit_is_waited_for, an_update_is_read_back,
    )
}  # fmt: skip
