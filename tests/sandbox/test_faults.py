"""Fault plans: made, met in sequence, reported; every fault of the vocabulary fires and does what its table says."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from imcloud import sandbox
from imcloud.sandbox.faults.vocabulary import KINDS, OPERATIONS

from .raw import Raw

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")

# name of the fault: how it is written in a plan
WRITTEN = {
    "none": "none",
    "truncate": "truncate:20",
    "truncate-no-length": "truncate-no-length:20",
    "truncate-chunked": "truncate-chunked:20",
    "stall": "stall:0.1",
    "stall-after-apply": "stall-after-apply:0.1",
    "drip": "drip:100/1",
    "drip-headers": "drip-headers:1",
    "late-commit": "late-commit:0.1",
    "return": "return:503",
    "return-after-apply": "return-after-apply:503",
    "return-html": "return-html:502",
    "retry-after": "retry-after:429:1.5",
    "apim-429": "apim-429:none",
    "platform-429": "platform-429",
    "redirect": "redirect:307",
    "gzip-bomb": "gzip-bomb:1",
    "nested": "nested:200",
    "page-drift": "page-drift:-1",
    "wrong-total": "wrong-total:+2",
    "ignored-limit": "ignored-limit:all",
    "stale-list": "stale-list:5",
    "token-429": "token-429:2",
    "token-ttl": "token-ttl:-1",
    "token-huge": "token-huge:64",
}


@pytest.fixture(scope="module")
def world() -> Iterator[Raw]:
    with sandbox.start() as running:
        yield Raw(running)


def meet(raw: Raw, name: str) -> str:
    """One request of the operation that the fault belongs to; the operation."""
    if KINDS[name].only == "sign-in":
        raw.sign_in()
        return "token"
    if KINDS[name].only == "lists":
        raw.send("GET", "/orders")
        return "list_orders"
    raw.order()
    return "create_order"


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_fires_and_applies_as_its_table_says(world: Raw, name: str) -> None:
    written = WRITTEN.get(name, name)
    operation = {"sign-in": "token", "lists": "list_orders"}.get(KINDS[name].only or "", "create_order")
    before = len(world.ledger(operation))
    plan = world.plan(operation, written)
    assert world.server.faults.report(plan)["left"] == {operation: [written]}
    assert meet(world, name) == operation
    report = wait_for_entry(world, plan)
    world.server.faults.remove(plan)
    assert report["left"] == {} and report["complete"]
    assert [(e["operation"], e["fault"]) for e in report["consumed"]] == [(operation, written)]
    entry = report["consumed"][0]
    rows = world.ledger(operation)[before:]
    assert [(r["seq"], r["correlation_id"]) for r in rows] == [(entry["request"], entry["correlation_id"])]
    assert rows[0]["fault"] == (None if name == "none" else written)
    if operation == "create_order":
        made = [e for e in rows[0]["effects"] if (e["kind"], e["what"]) == ("order", "created")]
        assert len(made) == (0 if KINDS[name].applies == "no" else 1)
    assert world.order().status == 200, "the server goes on"


def wait_for_entry(raw: Raw, plan: str) -> dict[str, Any]:
    """The report, once the ledger has the request: a late commit is entered when it happens."""
    for _ in range(100):
        report = raw.server.faults.report(plan)
        if all(entry["request"] for entry in report["consumed"]):
            break
        threading.Event().wait(0.02)
    return report


def test_the_documentation_lists_every_fault() -> None:
    section = PAGE.partition("\n## Fault plans")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", section, re.MULTILINE))
    assert rows == {kind.form: kind.applies for kind in KINDS.values()}


def test_the_documented_plan_can_be_used(world: Raw) -> None:
    document = yaml.safe_load(PAGE.partition("```yaml")[2].partition("\n")[2].partition("```")[0])
    plan = world.server.faults.add(document)
    assert set(world.server.faults.report(plan)["left"]) == {"token", "list_customers", "create_order", "list_orders"}


def test_a_plan_over_http(raw: Raw) -> None:
    made = raw.admin("POST", "faults", {"plan": {"list_customers": ["return:503", "none", "return:404"]}})
    assert (made.status, made.json()) == (200, {"id": "f1"})
    chosen = {"X-Sandbox-Faults": "f1"}
    assert raw.send("GET", "/customers").status == 200, "without the header the plan is not met"
    assert raw.send("GET", "/plans", **chosen).status == 200, "another operation"
    assert [raw.send("GET", "/customers", **chosen).status for _ in range(2)] == [503, 200]
    report = raw.admin("GET", "faults/f1").json()
    assert report["left"] == {"list_customers": ["return:404"]} and not report["complete"]
    assert [entry["fault"] for entry in report["consumed"]] == ["return:503", "none"]
    entries = raw.ledger("list_customers")[1:]
    assert [row["seq"] for row in entries] == [entry["request"] for entry in report["consumed"]]
    assert [(row["status"], row["fault"]) for row in entries] == [(503, "return:503"), (200, None)]
    assert raw.send("GET", "/customers", **chosen).status == 404
    assert raw.send("GET", "/customers", **chosen).status == 200
    assert raw.admin("GET", "faults").json()["data"] == [raw.admin("GET", "faults/f1").json()]
    assert raw.admin("DELETE", "faults/f1").json()["complete"]
    for method, path in (("GET", "faults/f1"), ("DELETE", "faults/f1"), ("PUT", "faults"), ("GET", "faults/f1/x")):
        assert raw.admin(method, path).status == 404
    gone = raw.send("GET", "/customers", **chosen)
    assert gone.status == 400 and "no fault plan 'f1'" in gone.json()["message"]
    assert raw.admin("POST", "faults", {"default": ["none"]}).json() == {"id": "f2"}, "ids are not used again"


def test_the_default_list_serves_operations_without_a_list_but_no_sign_in(raw: Raw) -> None:
    document = {"plan": {"list_plans_": []}, "default": ["return:500 * 2"], "always": True}
    with pytest.raises(ValueError, match="unknown operation 'list_plans_'"):
        raw.server.faults.add(document)
    plan = raw.server.faults.add({**document, "plan": {"list_products": ["none"]}})
    assert raw.sign_in().status == 200
    statuses = [raw.send("GET", path).status for path in ("/customers", "/products", "/nothing", "/orders", "/orders")]
    assert statuses == [500, 200, 404, 500, 200]
    assert raw.server.faults.report(plan)["complete"]


def test_times(raw: Raw) -> None:
    plan = raw.plan("list_customers", "return:500 * 3", "return:502 *")
    left = [raw.server.faults.report(plan)["left"]]
    for expected in (500, 500, 500, 502, 502):
        assert raw.send("GET", "/customers").status == expected
        left.append(raw.server.faults.report(plan)["left"])
    endless = ["return:502 *"]
    assert [entry.get("list_customers", []) for entry in left] == [
        ["return:500 * 3", *endless],
        ["return:500 * 2", *endless],
        ["return:500", *endless],
        endless,
        [],
        [],
    ]
    assert raw.server.faults.report(plan)["consumed_count"] == 5


def test_the_named_plan_comes_first_and_then_those_for_all(raw: Raw) -> None:
    raw.plan("list_customers", "return:500")
    raw.plan("list_customers", "return:501")
    named = raw.server.faults.add({"plan": {"list_customers": ["return:502"]}})
    statuses = [raw.send("GET", "/customers", **{"X-Sandbox-Faults": named}).status for _ in range(4)]
    assert statuses == [502, 500, 501, 200]


def test_a_reset_throws_the_plans_away(raw: Raw) -> None:
    raw.plan("create_order", "late-commit:0.2")
    raw.order()
    assert raw.admin("POST", "reset").status == 200
    assert raw.admin("GET", "faults").json() == {"data": []}
    threading.Event().wait(0.4)
    assert raw.ledger() == []


def test_each_fault_is_met_once_by_many_at_a_time(raw: Raw) -> None:
    count = 40
    plan = raw.plan("get_customer", *(f"return:{500 + n % 4}" for n in range(count)))
    statuses: Counter[int] = Counter()

    def ask() -> None:
        for _ in range(10):
            statuses[raw.send("GET", "/customers/1000005").status] += 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {500: 10, 501: 10, 502: 10, 503: 10, 200: 40}
    report = raw.server.faults.report(plan)
    assert report["complete"] and len({entry["request"] for entry in report["consumed"]}) == count


REFUSED = [
    ({"plan": {"create_order": ["reset-after-aply"]}}, "unknown fault 'reset-after-aply'; nearest: reset-after-apply"),
    ({"plan": {"create_order": ["truncate-20"]}}, "nearest: truncate"),
    ({"plan": {"creat_order": ["none"]}}, "unknown operation 'creat_order'; nearest: create_order"),
    ({"plans": {}}, "unknown key 'plans' in the fault plan; nearest: plan"),
    ({}, "has no faults"),
    ([], "is an object"),
    ({"plan": [], "default": ["none"], "always": "yes"}, "true or false"),
    ({"plan": ["none"]}, "plan is an object"),
    ({"plan": {"create_order": "none"}}, "the faults of create_order are a list"),
    ({"default": [{"return": 503}]}, "a fault is a text"),
    ({"default": ["stall"]}, "fault 'stall' is written stall:SECONDS"),
    ({"default": ["none:1"]}, "fault 'none' is written none"),
    ({"default": ["return:"]}, "fault return:STATUS: '' is not a whole number from 200 to 599"),
    ({"default": ["return:99"]}, "whole number from 200 to 599"),
    ({"default": ["return:503 * 0"]}, "0 times"),
    ({"default": ["return:503 x 3"]}, "a fault is a text"),
    ({"default": ["stall:4000"]}, "seconds from 0 to 3600"),
    ({"default": ["stall:-1"]}, "seconds"),
    ({"default": ["stall:٣"]}, "seconds"),
    ({"default": ["drip:0/5"]}, "BYTES/MS"),
    ({"default": ["drip:5"]}, "BYTES/MS"),
    ({"default": ["retry-after:429"]}, "is written retry-after:STATUS:VALUE"),
    ({"default": ["retry-after:429:soon"]}, "'soon' is not a number, inf, nan"),
    ({"default": ["redirect:307:ftp://x"]}, "an address"),
    ({"default": ["redirect:200"]}, "from 300 to 399"),
    ({"default": ["page-loop"]}, "belongs under an operation that lists, not under default"),
    ({"plan": {"get_order": ["page-drift"]}}, "not under get_order"),
    ({"plan": {"list_orders": ["page-drift:0"]}}, "such as +1 or -1"),
    ({"plan": {"list_orders": ["ignored-limit:many"]}}, "whole number"),
    ({"plan": {"list_orders": ["stale-list:5:mine"]}}, "the word sandbox"),
    ({"plan": {"list_orders": ["token-missing"]}}, "belongs under token"),
    ({"plan": {"token": ["token-ttl:long"]}}, "a number, inf, nan, null, junk or none"),
]


@pytest.mark.parametrize(("document", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_wrong_plans_are_refused_with_what_is_nearest(world: Raw, document: Any, text: str) -> None:
    before = world.admin("GET", "faults").json()
    answer = world.admin("POST", "faults", document)
    assert answer.status == 400 and text in answer.json()["message"]
    assert world.admin("GET", "faults").json() == before


def test_a_body_that_is_no_json(world: Raw) -> None:
    request = world.request("POST", "/_sandbox/faults", "x").replace(b'"x"', b"{x}")
    assert world.talk(request).status == 400
    nested = json.dumps("x").join(["[" * 100_000, "]" * 100_000]).encode()
    request = world.request("POST", "/_sandbox/faults").replace(
        b"Content-Length: 0", b"Content-Length: %d" % len(nested)
    )
    assert world.talk(request + nested).status == 400


def test_a_plan_at_the_start() -> None:
    with sandbox.start(faults={"plan": {"list_customers": ["return:503"]}}) as running:
        raw = Raw(running)
        assert [raw.send("GET", "/customers").status for _ in range(2)] == [503, 200]
        assert running.faults.report("f1")["always"]
    with sandbox.start(faults={"default": ["return:503"], "always": False}) as running:
        assert Raw(running).send("GET", "/customers").status == 200
    with pytest.raises(ValueError, match="nearest: create_order"):
        sandbox.start(faults={"plan": {"create_orders": ["none"]}})


def test_operations_are_those_of_the_ledger(world: Raw) -> None:
    assert len(OPERATIONS) == 29 and {"token", "download"} < set(OPERATIONS)
