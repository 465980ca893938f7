"""Nothing is bought twice: lost answers, crashes, keys and look-ups, judged by the marketplace's ledger."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.market import Market, connected, market

from imcloud.errors import ConfigError, OutcomeUnknown, UnknownName
from imcloud.results import Result
from imcloud.runner import Connection, Runner

Live = tuple[Runner, Connection]
ORDER = {"customerId": "1000005", "type": "sales", "products": [{"id": "PRD100118", "quantity": 3}]}
FAST = {"settle_seconds": 0.3}


@pytest.fixture
def shop() -> Iterator[Market]:
    with market() as running:
        yield running


@pytest.fixture
def live(shop: Market) -> Iterator[Live]:
    with connected(shop, **FAST) as pair:
        yield pair


class Lossy:
    """Loses the answers of the next writes: `after` applying them, or `before`."""

    def __init__(self, shop: Market, *plan: str) -> None:
        self.left = list(plan)
        self.inner: Callable[..., Any] = shop.server.pipeline
        shop.server.pipeline = self

    def __call__(self, request: Any, apply: Callable[[Any], Any]) -> Any:
        if request.method == "GET" or request.path.endswith(("/token", "/estimate")) or not self.left:
            return self.inner(request, apply)
        if self.left.pop(0) == "after":
            self.inner(request, apply)
        raise ConnectionError


def orders(shop: Market) -> list[dict[str, Any]]:
    """The orders that the marketplace has taken since it was opened."""
    effects = [effect for row in shop.ledger() for effect in row["effects"]]
    return [effect for effect in effects if effect["kind"] == "order" and effect["what"] == "created"]


def posts(shop: Market, operation: str = "create_order") -> int:
    return sum(row["operation"] == operation for row in shop.ledger())


def test_a_lost_answer_is_found_and_not_sent_again(live: Live, shop: Market) -> None:
    runner, connection = live
    Lossy(shop, "after")
    result = runner.run_action("create_order", ORDER, connection=connection)
    assert (result.ok, result.outcome, result.exit_code) == (True, "done", 5)
    assert [effect["id"] for effect in orders(shop)] == [result.data["id"]]
    assert result.intent is not None
    assert shop.truth("order", result.data["id"])["poNumber"] == result.intent["marker"]


def test_what_cannot_be_found_halts_with_the_next_command(live: Live, shop: Market) -> None:
    runner, connection = live
    Lossy(shop, "before")
    result = runner.run_action("create_order", ORDER, connection=connection)
    assert (result.ok, result.outcome, result.exit_code) == (False, "unknown", 3)
    assert result.intent is not None
    assert result.errors[0].hint == f"look again with: imcloud reconcile {result.intent['marker']}"
    with pytest.raises(OutcomeUnknown):
        result.raise_for_outcome()
    assert orders(shop) == []
    (again,) = runner.reconcile(connection=connection)
    assert again.outcome == "unknown"
    assert orders(shop) == []


def test_one_more_send_only_when_it_was_chosen(live: Live, shop: Market) -> None:
    runner, connection = live
    Lossy(shop, "before")
    result = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert result.ok
    assert result.intent is not None
    assert result.intent["sends"] == 2
    assert len(orders(shop)) == 1
    Lossy(shop, "before", "before", "before")
    halted = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert halted.outcome == "unknown"
    assert halted.intent is not None
    assert halted.intent["sends"] == 2


def test_a_late_commit_inside_the_settle_window_is_found(shop: Market) -> None:
    inner = shop.server.pipeline

    def late(request: Any, apply: Callable[[Any], Any]) -> Any:
        if request.method == "POST" and request.path.endswith("/orders"):
            threading.Timer(0.4, lambda: inner(request, apply)).start()
            raise ConnectionError
        return inner(request, apply)

    shop.server.pipeline = late
    with connected(shop, settle_seconds=3) as (runner, connection):
        result = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert result.ok
    assert posts(shop) == 1
    assert [effect["id"] for effect in orders(shop)] == [result.data["id"]]


def test_it_is_found_behind_many_others(live: Live, shop: Market) -> None:
    runner, connection = live
    for _ in range(25):
        assert runner.run_action("create_order", ORDER, connection=connection).ok
    Lossy(shop, "after")
    lost = runner.run_action("create_order", ORDER, connection=connection)
    assert lost.ok
    for _ in range(12):
        assert runner.run_action("create_order", ORDER, connection=connection).ok
    made = [effect["id"] for effect in orders(shop)]
    assert len(made) == 38
    assert made[25] == lost.data["id"]


def test_a_key_gives_the_stored_result_in_every_process(shop: Market) -> None:
    results: list[Result] = []
    for _ in range(3):
        with connected(shop, **FAST) as (runner, connection):
            results.append(runner.run_action("create_order", ORDER, connection=connection, key="T20260801.42"))
    assert [result.ok for result in results] == [True] * 3
    assert len({result.data["id"] for result in results}) == 1
    assert posts(shop) == 1
    with connected(shop, **FAST) as (runner, connection):
        changed = {**ORDER, "products": [{"id": "PRD100118", "quantity": 4}]}
        refused = runner.run_action("create_order", changed, connection=connection, key="T20260801.42")
        other = runner.run_action(
            "update_customer", {"id": "1000005", "name": "X"}, connection=connection, key="T20260801.42"
        )
    assert refused.errors[0].rule == other.errors[0].rule == "key_reused"
    assert posts(shop) == 1


@pytest.mark.parametrize(("plan", "made"), [("after", 1), ("before", 0)])
def test_after_a_crash_the_key_looks_before_it_sends(shop: Market, plan: str, made: int) -> None:
    lossy = Lossy(shop, plan)
    with connected(shop, **FAST) as (runner, connection):

        def crash(*_: Any, **__: Any) -> Any:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("imcloud.runner.shape.of_reply", crash)
            with pytest.raises(KeyboardInterrupt):
                runner.run_action("create_order", ORDER, connection=connection, key="K")
    assert lossy.left == []
    assert len(orders(shop)) == made
    with connected(shop, **FAST) as (runner, connection):
        result = runner.run_action("create_order", ORDER, connection=connection, key="K")
        assert result.outcome == ("done" if made else "unknown")
        assert len(orders(shop)) == made
        chosen = runner.run_action("create_order", ORDER, connection=connection, key="K", on_unknown="resubmit_once")
        assert chosen.ok
    assert len(orders(shop)) == 1


def test_the_intent_is_on_the_disk_before_the_first_byte(live: Live, shop: Market, own_home: Path) -> None:
    runner, connection = live
    seen: list[tuple[int, str]] = []
    inner = shop.server.pipeline

    def look(request: Any, apply: Callable[[Any], Any]) -> Any:
        if request.path.endswith("/orders") and request.method == "POST":
            with sqlite3.connect(own_home / "state" / "intents.db") as base:
                seen.extend(base.execute("SELECT sends, state FROM intents").fetchall())
        return inner(request, apply)

    shop.server.pipeline = look
    assert runner.run_action("create_order", ORDER, connection=connection).ok
    assert seen == [(1, "sent")]
    assert (own_home / "state" / "intents.db").stat().st_mode & 0o077 == 0


def test_the_callers_own_number_travels_and_an_earlier_twin_is_not_adopted(live: Live, shop: Market) -> None:
    runner, connection = live
    order = {**ORDER, "poNumber": "PO-7"}
    first = runner.run_action("create_order", order, connection=connection)
    assert shop.truth("order", first.data["id"])["poNumber"] == "PO-7"
    Lossy(shop, "before")
    lost = runner.run_action("create_order", order, connection=connection)
    assert lost.outcome == "unknown"
    Lossy(shop, "after")
    found = runner.run_action("create_order", order, connection=connection)
    assert found.ok
    assert found.data["id"] != first.data["id"]
    assert len(orders(shop)) == 2


def test_the_marker_can_be_an_attribute_or_nothing(shop: Market) -> None:
    with connected(shop, marker="attributes.imcloud", **FAST) as (runner, connection):
        Lossy(shop, "after")
        found = runner.run_action("create_order", ORDER, connection=connection)
        assert found.ok
        assert found.intent is not None
        assert shop.truth("order", found.data["id"])["attributes"] == {"imcloud": found.intent["marker"]}
    with connected(shop, marker="none", **FAST) as (runner, connection):
        Lossy(shop, "after")
        halted = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert (halted.outcome, halted.errors[0].rule) == ("unknown", "no_marker")
    assert len(orders(shop)) == 2


def test_two_that_fit_halt_and_are_named(live: Live, shop: Market) -> None:
    runner, connection = live
    inner = shop.server.pipeline

    def twice(request: Any, apply: Callable[[Any], Any]) -> Any:
        if request.path.endswith("/orders") and request.method == "POST":
            inner(request, apply)
            inner(request, apply)
            raise ConnectionError
        return inner(request, apply)

    shop.server.pipeline = twice
    result = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert (result.outcome, result.errors[0].rule) == ("unknown", "duplicate")
    assert set(result.errors[0].allowed or ()) == {effect["id"] for effect in orders(shop)}


def test_a_marker_on_something_else_halts(live: Live, shop: Market) -> None:
    runner, connection = live
    inner = shop.server.pipeline

    def changed(request: Any, apply: Callable[[Any], Any]) -> Any:
        if request.path.endswith("/orders") and request.method == "POST":
            inner(request, apply)
            raise ConnectionError
        return inner(request, apply)

    shop.server.pipeline = changed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imcloud.runner.lookup.agree", lambda *_: False)
        result = runner.run_action("create_order", ORDER, connection=connection, on_unknown="resubmit_once")
    assert (result.outcome, result.errors[0].rule) == ("unknown", "mismatch")
    assert len(orders(shop)) == 1


def account(runner: Runner, connection: Connection) -> dict[str, Any]:
    known = runner.run_action("get_customer", {"id": "1000005"}, connection=connection).data
    return {"language": "en", "address": known["address"], "contactPersons": known["contactPersons"]}


def test_a_new_account_is_found_by_its_external_id(live: Live, shop: Market) -> None:
    runner, connection = live
    known = account(runner, connection)
    Lossy(shop, "after")
    found = runner.run_action("create_customer", {"name": "Alder", "externalId": "E-1", **known}, connection=connection)
    assert found.ok
    assert shop.truth("customer", found.data["id"])["external_id"] == "E-1"
    Lossy(shop, "after")
    doubt = runner.run_action("create_customer", {"name": "Birch", **known}, connection=connection)
    assert (doubt.outcome, doubt.errors[0].rule) == ("unknown", "no_lookup")
    assert "externalId" in doubt.errors[0].message


def test_a_report_is_found_by_name_and_start(live: Live, shop: Market) -> None:
    runner, connection = live
    Lossy(shop, "after")
    inputs = {"name": "Daily Orders", "startDate": "2026-08-01T00:00:00Z", "format": "csv"}
    found = runner.run_action("schedule_a_one_time_report", inputs, connection=connection)
    assert found.ok
    assert posts(shop, "schedule_a_one_time_report") == 1


def test_an_update_is_read_back(live: Live, shop: Market) -> None:
    runner, connection = live
    Lossy(shop, "after")
    done = runner.run_action("update_customer", {"id": "1000005", "name": "After Ltd"}, connection=connection)
    assert done.ok
    Lossy(shop, "before")
    doubt = runner.run_action("update_customer", {"id": "1000005", "name": "Before Ltd"}, connection=connection)
    assert (doubt.outcome, doubt.errors[0].rule) == ("unknown", "absent")
    Lossy(shop, "before")
    again = runner.run_action(
        "update_customer", {"id": "1000005", "name": "Third Ltd"}, connection=connection, on_unknown="resubmit_once"
    )
    assert again.ok
    assert shop.truth("customer", "1000005")["name"] == "Third Ltd"


def test_reconcile_adopts_and_stays_with_its_account(shop: Market) -> None:
    lossy = Lossy(shop, "after")
    with connected(shop, **FAST) as (runner, connection), pytest.MonkeyPatch.context() as patch:
        patch.setattr("imcloud.runner.lookup.MAX_SCANS", 0)
        doubt = runner.run_action("create_order", ORDER, connection=connection)
    assert doubt.outcome == "unknown"
    assert doubt.intent is not None
    assert lossy.left == []
    other = dict(shop.server.users["cedar"])
    with Runner() as runner:
        with pytest.raises(ConfigError, match="arguments"):
            runner.reconcile()
        explicit = {**shop.fields, **other, "kind": "sandbox", **FAST}
        with runner.open_connection(explicit=explicit) as cedar, pytest.raises(ConfigError, match="another account"):
            runner.reconcile(connection=cedar)
        with pytest.raises(UnknownName):
            runner.reconcile("imc-nothing")
    with connected(shop, **FAST) as (runner, connection):
        (found,) = runner.reconcile(doubt.intent["marker"], connection=connection)
        assert found.ok
        assert runner.reconcile(connection=connection) == []
    assert len(orders(shop)) == 1


def test_without_a_place_for_intents_nothing_is_sent(shop: Market, own_home: Path) -> None:
    (own_home / "state" / "intents.db").mkdir(parents=True)
    with connected(shop, **FAST) as (runner, connection):
        result = runner.run_action("create_order", ORDER, connection=connection)
    assert (result.errors[0].rule, result.exit_code) == ("intents", 2)
    assert posts(shop) == 0


def test_a_key_is_for_writes(live: Live) -> None:
    runner, connection = live
    assert runner.run_action("list_customers", connection=connection, key="K").errors[0].rule == "key"
    assert runner.run_action("create_order", ORDER, connection=connection, key=" K").errors[0].rule == "key"


def test_many_threads_with_one_key_place_one(live: Live, shop: Market) -> None:
    runner, connection = live
    results: list[Result] = []

    def work() -> None:
        results.append(runner.run_action("create_order", ORDER, connection=connection, key="SAME"))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {result.data["id"] for result in results} == {effect["id"] for effect in orders(shop)}
    assert len(orders(shop)) == 1


def _place(fields: dict[str, Any], start: float) -> str:
    time.sleep(max(0.0, start - time.time()))
    with Runner() as runner, runner.open_connection(explicit={**fields, "kind": "sandbox", **FAST}) as connection:
        result = runner.run_action("create_order", ORDER, connection=connection, key="SAME")
        return str(result.data["id"])


def test_many_processes_with_one_key_place_one(shop: Market) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        made = pool.starmap(_place, [(shop.fields, time.time() + 2.0)] * 4)
    assert len(set(made)) == 1
    assert len(orders(shop)) == 1
