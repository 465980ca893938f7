"""How a run behaves when the world does not: doubt, limits, waiting, threads, interruption. Time is a number here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canned import Canned, canned_server

from imcloud.errors import ConfigError, ErrorItem
from imcloud.packs import load_pack
from imcloud.results import Result
from imcloud.runbooks import run_runbook
from imcloud.runbooks.engine import variables_from
from imcloud.runbooks.events import Event, ItemFinished, RunFinished, RunStarted, TaskFinished, TaskStarted, Waiting
from imcloud.runbooks.loading import parse_runbook
from imcloud.runbooks.model import Runbook
from imcloud.runbooks.outcome import RunResult
from imcloud.runbooks.tasks import Job
from imcloud.runner import Connection, Runner

PACKS = {"im_cloud": load_pack(Path(__file__).parents[2])}
HEAD = "format: 1\nrunbook: a\ntitle: A\n"
Answer = Callable[[str, dict[str, Any]], Result]


class Scripted:
    """A runner whose answers are a function; it counts how many calls are on their way at once."""

    def __init__(self, answer: Answer, kind: str = "sandbox") -> None:
        self.packs = PACKS
        self.answer = answer
        self.kind = kind
        self.calls: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        self.now = self.most = 0
        self.lock = threading.Lock()

    def run_action(self, action: str, inputs: Any = None, **options: Any) -> Result:
        with self.lock:
            self.calls.append((action, inputs, options))
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.answer(action, inputs)
        finally:
            with self.lock:
                self.now -= 1

    def connection(self, name: Any = None) -> Any:
        return type("Opened", (), {"settings": type("Settings", (), {"kind": self.kind})})


class Clock:
    """A clock that only moves by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def good(action: str, data: Any = None, **more: Any) -> Result:
    return Result(action, True, "done", {"name": "x", "kind": "sandbox"}, data=data, **more)


def bad(action: str, outcome: Any = "not_applied", **more: Any) -> Result:
    return Result(action, False, outcome, {}, errors=(ErrorItem("remote", "broken", **more),))


def book(tasks: str, head: str = "") -> Runbook:
    return parse_runbook(HEAD + head + "tasks:\n" + tasks)


EACH = """
  each:
    with: {{items: "{{{{ range(12) | list }}}}", concurrency: {n}, on_error: {on_error}}}
    action: {action}
    input: {{id: "{{{{ item() }}}}"}}
"""


def test_items_run_at_most_so_many_at_a_time_and_stay_in_sequence() -> None:
    def answer(action: str, inputs: dict[str, Any]) -> Result:
        time.sleep(0.002 * (12 - int(inputs["id"])))  # the later an item, the sooner it is done
        return good(action, {"id": str(inputs["id"])})

    runner = Scripted(answer)
    seen: list[Event] = []
    text = EACH.format(n=4, on_error="fail", action="get_customer")
    result = run_runbook(book(text), runner=runner, on_event=seen.append)
    assert runner.most == 4
    assert [row["item"] for row in result.tasks["each"]["items"]] == list(range(12))
    assert [row["id"] for row in result.tasks["each"]["data"]] == [str(n) for n in range(12)]
    finished = [event for event in seen if isinstance(event, ItemFinished)]
    assert [event.finished for event in finished] == list(range(1, 13))
    assert sorted(event.index for event in finished) == list(range(12))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_doubtful_item_stops_the_rest_even_with_continue(concurrency: int) -> None:
    def answer(action: str, inputs: dict[str, Any]) -> Result:
        time.sleep(0.001)
        return bad(action, "unknown") if inputs["id"] == 3 else good(action, {})

    runner = Scripted(answer)
    text = EACH.format(n=concurrency, on_error="continue", action="update_customer")
    result = run_runbook(book(text), runner=runner)
    assert (result.exit_code, result.outcome, result.ok) == (3, "unknown", False)
    assert len(runner.calls) < 12
    assert result.tasks["each"]["items"][11]["error"]["rule"] == "not_started"
    assert {write["outcome"] for write in result.writes} == {"done", "unknown", "not_applied"}


def test_all_items_failed_is_a_failed_task_even_with_continue() -> None:
    text = EACH.format(n=2, on_error="continue", action="update_customer")
    result = run_runbook(book(text), runner=Scripted(lambda action, _: bad(action)))
    assert (result.exit_code, result.outcome) == (1, "not_applied")


def test_an_unknown_outcome_stops_the_run_whatever_the_transitions_say() -> None:
    text = """
  buy:
    action: create_order
    input: {customerId: "1", type: sales}
    next: [{when: "{{ FAILED }}", do: more}]
  more: {action: list_orders}
"""
    runner = Scripted(lambda action, _: bad(action, "unknown"))
    result = run_runbook(book(text), runner=runner)
    assert (result.exit_code, len(runner.calls), result.sequence[-1]["to"]) == (3, 1, "fail")


WAIT = """
  wait:
    action: get_order
    input: {id: "1"}
    until: {when: "{{ RESULT.data.status == 'completed' }}", delay: 10, timeout: 60}
"""


def waiting(answers: list[Result]) -> tuple[RunResult, list[Event], Scripted, Clock]:
    clock, seen = Clock(), list[Event]()
    left = iter(answers)
    runner = Scripted(lambda action, _: next(left))
    result = run_runbook(book(WAIT), runner=runner, clock=clock, sleep=clock.sleep, on_event=seen.append)
    return result, seen, runner, clock


def test_until_waits_as_long_as_needed() -> None:
    result, seen, runner, clock = waiting(
        [good("g", {"status": "processing"})] * 3 + [good("g", {"status": "completed"})]
    )
    assert (result.exit_code, len(runner.calls), clock.time) == (0, 4, 30)
    assert [(e.attempt, e.elapsed, e.timeout) for e in seen if isinstance(e, Waiting)] == [
        (1, 0, 60),
        (2, 10, 60),
        (3, 20, 60),
    ]


def test_until_gives_up_at_its_timeout_and_not_later() -> None:
    result, _, runner, clock = waiting([good("g", {"status": "processing"})] * 99)
    assert (result.exit_code, len(runner.calls), clock.time) == (5, 7, 60)
    assert "not true after 60 seconds" in result.errors[0]["message"]


def test_until_outlives_a_failure_that_may_pass_and_no_other() -> None:
    passing = [bad("g", retryable=True), good("g", {"status": "completed"})]
    assert waiting(passing)[0].exit_code == 0
    result, _, runner, _ = waiting([bad("g"), good("g", {"status": "completed"})])
    assert (result.exit_code, len(runner.calls)) == (1, 1)


def test_a_condition_that_cannot_be_read_ends_the_wait() -> None:
    result, *_ = waiting([good("g", {})])
    assert result.exit_code == 2
    assert result.errors[0]["message"].startswith("RESULT.data.status is not there")


def test_a_task_timeout_covers_all_items() -> None:
    clock = Clock()

    def answer(action: str, inputs: dict[str, Any]) -> Result:
        clock.sleep(4)
        return good(action, {})

    text = EACH.format(n=1, on_error="continue", action="get_customer") + "    timeout: 10\n"
    runner = Scripted(answer)
    result = run_runbook(book(text), runner=runner, clock=clock, sleep=clock.sleep)
    assert (len(runner.calls), result.exit_code) == (3, 4)
    assert [call[2]["deadline"] for call in runner.calls] == [10, 6, 2]
    assert result.tasks["each"]["items"][3]["error"]["rule"] == "timeout"


def test_events_tell_the_story() -> None:
    seen: list[Event] = []
    text = "  one: {action: list_orders}\n  two: {action: list_customers}\n"
    result = run_runbook(book(text), runner=Scripted(lambda a, _: good(a, [])), on_event=seen.append)
    assert [type(event) for event in seen] == [
        RunStarted, TaskStarted, TaskFinished, TaskStarted, TaskFinished, RunFinished,
    ]  # fmt: skip
    assert [event.goes_to for event in seen if isinstance(event, TaskFinished)] == ["two", "end"]
    assert seen[0] == RunStarted(result.run_id, "a", "A", 2)


def test_a_broken_listener_breaks_nothing() -> None:
    def listener(event: Event) -> None:
        raise RuntimeError("no terminal")

    runner = Scripted(lambda a, _: good(a, []))
    assert run_runbook(book("  one: {action: list_orders}\n"), runner=runner, on_event=listener).ok


def test_an_endless_loop_ends() -> None:
    text = """
  one:
    action: list_orders
    next: [{when: "{{ RESULT.data == [] }}", do: one}, {do: end}]
"""
    runner = Scripted(lambda a, _: good(a, []))
    result = run_runbook(book(text), runner=runner)
    assert (result.exit_code, len(runner.calls)) == (2, 1000)
    assert "the loop does not end" in result.errors[0]["message"]


@pytest.mark.parametrize(
    ("tasks", "outcome"),
    [
        ("  one: {action: list_orders}\n", "not_applied"),
        ("  one: {action: create_order, input: {customerId: '1', type: sales}}\n", "unknown"),
        ("  zero: {action: update_customer, input: {id: '1'}}\n  one: {action: list_orders}\n", "partly_applied"),
    ],
)
def test_an_interrupted_run_says_what_is_known(tasks: str, outcome: str) -> None:
    def answer(action: str, _: Any) -> Result:
        if action == "update_customer":
            return good(action, {})
        raise KeyboardInterrupt

    result = run_runbook(book(tasks), runner=Scripted(answer))
    assert (result.exit_code, result.outcome) == (130, outcome)
    assert result.errors[0]["message"].startswith("interrupted at one")


def test_faults_of_the_runner_are_results() -> None:
    def refuse(action: str, _: Any) -> Result:
        raise ConfigError("no such connection")

    def explode(action: str, _: Any) -> Result:
        raise RuntimeError("a plugin's own")

    read, write = "  one: {action: list_orders}\n", "  one: {action: update_customer, input: {id: '1'}}\n"
    assert run_runbook(book(read), runner=Scripted(refuse)).exit_code == 2
    assert run_runbook(book(read), runner=Scripted(explode)).exit_code == 2
    assert run_runbook(book(write), runner=Scripted(explode)).exit_code == 3


CONNECTIONS = """
  one: {action: list_orders}
  two: {action: list_orders, connection: "{{ CTX.where }}"}
"""
HEAD_CONNECTIONS = "connection: own\nvars: {where: production_eu}\n"


@pytest.mark.parametrize(
    ("given", "kind", "used"),
    [
        (None, "sandbox", ["own", "production_eu"]),
        ("other", "production", ["other", "production_eu"]),
        ("rehearsal", "sandbox", ["rehearsal", "rehearsal"]),
    ],
)
def test_which_connection_a_task_uses(given: str | None, kind: str, used: list[str]) -> None:
    runner = Scripted(lambda a, _: good(a, []), kind)
    run_runbook(book(CONNECTIONS, HEAD_CONNECTIONS), runner=runner, connection=given)
    assert [call[2]["connection"] for call in runner.calls] == used


def test_another_executor_can_do_the_tasks() -> None:
    jobs: list[Job] = []

    def executor(job: Job) -> dict[str, Any]:
        jobs.append(job)
        return {**good(job.task.action, []).to_dict(), "pending": False}

    runner = Scripted(lambda a, _: pytest.fail("the runner was called"))
    result = run_runbook(book("  one: {action: list_orders}\n"), runner=runner, executor=executor)
    assert result.ok
    assert [(job.task.name, job.visit) for job in jobs] == [("one", 1)]


def test_options_reach_the_action_and_reads_are_not_dry() -> None:
    runner = Scripted(lambda a, _: good(a, {}, dry_run={"request": {}}))
    text = "  one: {action: list_orders}\n  two: {action: update_customer, input: {id: '1'}}\n"
    result = run_runbook(book(text), runner=runner, yes=True, dry_run=True, run_id="run-7")
    assert [(c[0], c[2]["dry_run"], c[2]["yes"]) for c in runner.calls] == [
        ("list_orders", False, True),
        ("update_customer", True, True),
    ]
    assert (result.writes, result.run_id, result.dry_run) == ([], "run-7", True)


def test_every_call_has_a_place_of_its_own() -> None:
    runner = Scripted(lambda a, _: good(a, [{}]))
    text = """
  one: {action: list_orders}
  each:
    with: {items: [1, 2]}
    action: update_customer
    input: {id: "{{ item() }}"}
    next: [{when: "{{ CTX.again is not defined }}", publish: {again: true}, do: one}, {do: end}]
"""
    run_runbook(book(text), runner=runner, run_id="run-7")
    places = [call[2]["identity"] for call in runner.calls]
    assert places == [
        ("run-7", task, item, visit) for visit in (1, 2) for task, item in (("one", 0), ("each", 0), ("each", 1))
    ]
    assert len(set(places)) == len(places)


def test_variables_come_from_the_environment() -> None:
    assert variables_from({"IMCLOUD_VARIABLES": '{"a": 1}'}) == {"a": 1}
    assert variables_from({}) == {}
    runner = Scripted(lambda a, _: good(a, []))
    runner.env = {"IMCLOUD_VARIABLES": "[]"}  # type: ignore[attr-defined]
    result = run_runbook(book("  one: {action: list_orders}\n"), runner=runner)
    assert (result.exit_code, result.errors[0]["message"]) == (2, "IMCLOUD_VARIABLES must hold a JSON object")


def test_warnings_of_tasks_reach_the_run_once() -> None:
    runner = Scripted(lambda a, _: good(a, [], warnings=("the list was cut",)))
    text = "  one: {action: list_orders}\n  two: {action: list_orders}\n"
    assert run_runbook(book(text), runner=runner).warnings == ["one: the list was cut", "two: the list was cut"]


@pytest.fixture
def canned() -> Iterator[Canned]:
    with canned_server() as server:
        yield server


def test_a_lost_answer_over_http_is_exit_3(canned: Canned) -> None:
    canned.expect((500, {"status": 500, "message": "late"}))
    with Runner() as runner, runner.open_connection(explicit={**canned.fields, "kind": "sandbox"}) as connection:
        assert isinstance(connection, Connection)
        text = "  one: {action: update_customer, input: {id: '1', name: B}}\n  two: {action: list_orders}\n"
        result = run_runbook(book(text), runner=runner, connection=connection)
    assert (result.exit_code, result.outcome) == (3, "unknown")
    assert [request["path"] for request in canned.requests if request["method"] != "GET"] == ["/customers/1"]
    assert "/orders" not in {request["path"] for request in canned.requests}
