"""Runs one cell: the real action over a real sandbox, the fault, the expectation, the checker."""

from __future__ import annotations

import time
from typing import Any

from support.checker import Told, violations

from imcloud.results import Result

from .scenes import scene
from .table import Cell
from .world import World

MOST_WAIT = 66.1  # seconds that one wait may take, whatever Retry-After asks for


def run_cell(world: World, cell: Cell, **options: Any) -> Result:
    """Run it. Raises AssertionError that says what was not as it had to be."""
    inputs = scene(world, cell.operation)
    shop, mark, since = world.shop, world.shop.last(), time.time()
    hits, waits = len(world.hits), len(world.clock.waits)
    written = cell.row.get("plan", {cell.operation: [cell.fault]})
    plan = world.plan(
        {name: [fault.replace("{trap}", world.trap_url) for fault in faults] for name, faults in written.items()}
    )
    real_time = bool(cell.row.get("real_time"))
    settings: dict[str, Any] = {"settle_seconds": 0.4} if real_time else {}
    try:
        with world.connection(real_time=real_time, **settings) as (runner, connection), world.proxied():
            result = runner.run_action(
                cell.operation, inputs, connection=connection, deadline=cell.row.get("deadline"), **options
            )
        report = world.settled(plan)
    finally:
        shop.server.faults.remove(plan)
    if cell.fault != "none":
        assert report["consumed"] and report["complete"], f"the planned fault did not happen: {report}"
    rows = shop.since(mark, sign_in=True)
    _judge(cell, rows, result)
    assert len(world.hits) == hits, f"went elsewhere: {world.hits[hits:]}"
    assert max(world.clock.waits[waits:], default=0) <= MOST_WAIT
    told = [Told(cell.operation, inputs, result)]
    broken = violations(shop, world.witness, runner, told, after=mark, since=since, bound=60)
    allowed = tuple(cell.row.get("allow", ())) if cell.verdict == "believed" else ()
    assert [text for text in broken if not text.startswith(allowed or ("-",))] == []
    return result


def _judge(cell: Cell, rows: list[dict[str, Any]], result: Result) -> None:
    expected, own = cell.expected, [row for row in rows if row["operation"] == cell.operation]
    first = result.errors[0] if result.errors else None
    found: dict[str, Any] = {
        "ok": result.ok,
        "outcome": result.outcome,
        "requests": len(own),
        "applied": sum(bool(row["effects"]) for row in own),
        "kind": first and first.kind,
        "rule": first and first.rule,
        "found": _found(result),
    }
    wanted = {"applied": 0, "kind": None, "found": None, **expected}
    if "kind" not in expected and expected["ok"] is False:
        wanted["kind"] = found["kind"]
    if isinstance(wanted["requests"], list):
        least, most = wanted["requests"]
        assert least <= found["requests"] <= most, f"{found['requests']} requests, {least} to {most} were expected"
        wanted["requests"] = found["requests"]
    differs = {name: f"{found[name]!r}, not {value!r}" for name, value in wanted.items() if found[name] != value}
    assert not differs, f"{differs} {[error.message for error in result.errors]}"
    if "tokens" in cell.row:
        tokens = sum(row["operation"] == "token" for row in rows)
        assert tokens == cell.row["tokens"], f"{tokens} sign-ins, {cell.row['tokens']} were expected"


def _found(result: Result) -> str | None:
    if any("found by looking it up" in warning for warning in result.warnings):
        return "adopted"
    return "halted" if result.outcome == "unknown" else None
