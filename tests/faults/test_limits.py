"""The documented limit: what a server does after the settle window nobody can know."""

from __future__ import annotations

import time

import pytest
from support.checker import Told, every_intent, violations

from .scenes import order
from .world import World


def late(world: World, policy: str, commit: float, settle: float) -> tuple[int, list[str], str]:
    """Place an order that is committed late: effects, broken rules, outcome."""
    inputs = order(world, next(world.numbers))
    mark, since = world.shop.last(), time.time()
    plan = world.plan({"create_order": [f"late-commit:{commit}"]})
    with world.connection(real_time=True, settle_seconds=settle) as (runner, connection):
        result = runner.run_action("create_order", inputs, connection=connection, on_unknown=policy)
    assert world.settled(plan)["consumed"]
    world.shop.server.faults.remove(plan)
    effects = [effect for row in world.shop.since(mark) for effect in row["effects"] if effect["what"] == "created"]
    orders = [effect for effect in effects if effect["kind"] == "order"]
    told = [Told("create_order", inputs, result)]
    return len(orders), violations(world.shop, world.witness, runner, told, after=mark, since=since), result.outcome


@pytest.mark.parametrize("policy", ["halt", "resubmit_once"])
def test_a_commit_within_the_window_is_found(world: World, policy: str) -> None:
    assert late(world, policy, commit=0.25, settle=0.8) == (1, [], "done")


def test_halt_is_at_most_once_however_late_the_commit_is(world: World) -> None:
    orders, broken, outcome = late(world, "halt", commit=1.0, settle=0.2)
    assert (orders, outcome) == (1, "unknown")
    assert broken == []


def test_a_halted_one_is_found_when_it_is_looked_for_again(world: World) -> None:
    late(world, "halt", commit=1.0, settle=0.2)
    (intent,) = [one for one in every_intent(world.patient) if one.doubtful][-1:]
    with world.connection(real_time=True) as (runner, connection):
        (result,) = runner.reconcile(intent.marker, connection=connection)
    assert result.outcome == "done"
    assert result.intent is not None
    assert (result.intent["sends"], result.intent["state"]) == (1, "done")


def test_resubmit_once_may_buy_twice_when_the_commit_is_later_than_the_window(world: World) -> None:
    orders, broken, outcome = late(world, "resubmit_once", commit=1.0, settle=0.2)
    # Not a defect that could be mended here: the reason why halt is the default, and why the checker must see it.
    assert (orders, outcome) == (2, "done")
    assert [text[:2] for text in broken] == ["I1", "I4"]
