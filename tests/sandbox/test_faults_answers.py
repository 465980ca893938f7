"""Faults of answers, of lists and of the sign-in, as a client sees them."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from imcloud import sandbox
from imcloud.sandbox.faults.gzip_bomb import bomb

from .conftest import FIRST, account
from .raw import Exchange, Raw


@pytest.fixture(scope="module")
def world() -> Iterator[Raw]:
    with sandbox.start() as running:
        yield Raw(running)


def met(raw: Raw, fault: str, path: str = "/customers/1000005") -> Exchange:
    """A read under a fault."""
    operation = {"/customers/1000005": "get_customer", "/orders": "list_orders", "/plans/10013": "get_service_plan"}
    plan = raw.plan(operation.get(path.partition("?")[0], "list_customers"), fault)
    answer = raw.send("GET", path)
    assert raw.server.faults.report(plan)["complete"]
    raw.server.faults.remove(plan)
    assert answer.head.startswith("HTTP/1.1 ") and answer.headers["x-correlation-id"] and answer.headers["date"]
    return answer


PLATFORM = {"timeStamp", "status", "message", "path", "correlationId"}
GATEWAY = {"statusCode", "message"}
STAND_INS = [
    ("return:404", 404, PLATFORM, None),
    ("return:409", 409, PLATFORM, None),
    ("return:503", 503, PLATFORM, None),
    ("return-after-apply:500", 500, PLATFORM, None),
    ("platform-401", 401, PLATFORM, None),
    ("return-403", 403, PLATFORM, None),
    ("platform-429", 429, PLATFORM, None),
    ("platform-429:3", 429, PLATFORM, "3"),
    ("apim-401", 401, GATEWAY, None),
    ("apim-403-quota", 403, GATEWAY, None),
    ("apim-429", 429, GATEWAY, "1"),
    ("apim-429:none", 429, GATEWAY, None),
    ("retry-after:429:1.5", 429, GATEWAY, "1.5"),
    ("retry-after:429:-5", 429, GATEWAY, "-5"),
    ("retry-after:429:inf", 429, GATEWAY, "inf"),
    ("retry-after:503:nan", 503, PLATFORM, "nan"),
    ("retry-after:503:junk", 503, PLATFORM, "in a while"),
    ("retry-after:503:date-year-9999", 503, PLATFORM, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ("retry-after:503:none", 503, PLATFORM, None),
]


@pytest.mark.parametrize(("fault", "status", "keys", "retry"), STAND_INS, ids=[case[0] for case in STAND_INS])
def test_refusals(world: Raw, fault: str, status: int, keys: set[str], retry: str | None) -> None:
    answer = met(world, fault)
    body = answer.json()
    assert (answer.status, set(body), answer.headers.get("retry-after")) == (status, keys, retry)
    assert body.get("status", body.get("statusCode")) == status
    if keys == PLATFORM:
        assert (
            body["correlationId"] == answer.headers["x-correlation-id"] == world.last("get_customer")["correlation_id"]
        )


@pytest.mark.parametrize(("value", "ahead"), [("date+3", 3), ("date-60", -60)])
def test_retry_after_as_a_date_goes_by_the_date_header(raw: Raw, value: str, ahead: int) -> None:
    raw.admin("POST", "clock", {"advance_seconds": 500})
    answer = met(raw, f"retry-after:429:{value}")
    stamps = [parsedate_to_datetime(answer.headers[name]) for name in ("retry-after", "date")]
    assert (stamps[0] - stamps[1]).total_seconds() == ahead


def test_web_pages_and_nothing(world: Raw) -> None:
    for fault, status in (("return-html:502", 502), ("html-200", 200), ("html-200-after-apply", 200)):
        answer = met(world, fault)
        assert answer.status == status and answer.body.startswith(b"<!DOCTYPE html>")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for fault in ("empty-200", "empty-200-after-apply"):
        answer = met(world, fault)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(world: Raw, status: int) -> None:
    answer = met(world, f"redirect:{status}:http://127.0.0.1:1/else:where")
    assert (answer.status, answer.headers["location"]) == (status, "http://127.0.0.1:1/else:where")
    home = met(world, f"redirect:{status}").headers["location"]
    assert home == f"{world.server.base_url}/customers/1000005?redirected=true"
    world.send("GET", home.removeprefix(world.server.base_url))
    assert world.last("get_customer")["query"] == "redirected=true"


def test_spoilt_objects(world: Raw) -> None:
    true = world.send("GET", "/customers/1000005").json()
    assert met(world, "body-no-id").json() == {name: value for name, value in true.items() if name != "id"}
    assert met(world, "body-wrong-type").json() == {**true, "id": [true["id"]]}
    assert met(world, "body-other-customer").json()["id"] == "1000006"
    assert met(world, "body-array").json() == [true]
    assert met(world, "status-error").json() == {**true, "status": "error"}
    plan = world.send("GET", "/plans/10013").json()
    assert met(world, "body-other-customer", "/plans/10013").json() == {**plan, "id": "10014"}


def test_spoilt_orders_and_answers_without_an_id(raw: Raw) -> None:
    raw.plan("create_order", "body-other-customer", "status-error")
    assert raw.order().json()["customerId"] == "1000009"
    failed = raw.order().json()
    assert (failed["status"], failed["statusCode"]) == ("error", "ER")
    assert raw.send("GET", f"/orders/{failed['id']}").json()["status"] != "error", "only this answer says so"
    raw.plan("estimate_an_order_price", "body-no-id", "body-wrong-type")
    body = {"type": "sales", "customerId": FIRST, "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1}]}
    assert raw.send("POST", "/orders/estimate", body).json() == {}
    assert all(isinstance(value, list) for value in raw.send("POST", "/orders/estimate", body).json().values())


def test_spoilt_lists_are_spoilt_in_every_row(world: Raw) -> None:
    path = "/customers?limit=3"
    true = world.send("GET", path).json()
    for fault in ("body-no-id", "body-wrong-type", "body-other-customer", "status-error"):
        spoilt = met(world, fault, path).json()
        assert spoilt["pagination"] == true["pagination"]
        assert all(a != b for a, b in zip(spoilt["data"], true["data"], strict=True))
    empty = met(world, "body-no-id", "/customers?name=nobody-has-this-name")
    assert empty.json() == {}


def test_json_that_no_strict_reader_takes(world: Raw) -> None:
    true = world.send("GET", "/customers/1000005").json()
    pairs = json.loads(met(world, "dup-keys").body, object_pairs_hook=list)
    assert [value for name, value in pairs if name == "id"] == ["1000005", "1000006"]
    assert b'"extra":NaN}' in met(world, "nan").body
    bad = met(world, "bad-utf8").body
    with pytest.raises(UnicodeDecodeError):
        bad.decode()
    assert json.loads(bad.decode("latin-1")) == {**true, "extra": "café"}
    marked = met(world, "bom").body
    assert marked.startswith(b"\xef\xbb\xbf{") and json.loads(marked.decode("utf-8-sig")) == true
    assert b"9" * 5000 + b"}" in met(world, "huge-int").body
    deep = met(world, "nested:3000").body
    assert deep.count(b"[" * 3000) == 1 and deep.endswith(b"]" * 3000 + b"}")
    assert json.loads(met(world, "nested:5").body)["extra"] == [[[[[]]]]]


def test_a_small_bomb_is_what_it_says() -> None:
    for size in (1, 16, 17):
        raw = gzip.decompress(b"".join(bomb(size)))
        assert len(raw) == size * 1024 * 1024 + len('{"data":""}')
        assert set(json.loads(raw)["data"]) == {"a"}


def test_a_bomb_of_a_gigabyte_is_small_on_the_wire_and_in_memory(world: Raw) -> None:
    world.plan("get_customer", "gzip-bomb:1024")
    tracemalloc.start()
    client = http.client.HTTPConnection(world.base.hostname or "", world.base.port, timeout=10)
    client.request("GET", world.base.path + "/customers/1000005", headers=world.key)
    answer = client.getresponse()
    assert answer.headers["Content-Encoding"] == "gzip"
    unpack, size, wire = zlib.decompressobj(31), 0, 0
    while piece := answer.read(4096):
        wire += len(piece)
        while piece:
            size += len(unpack.decompress(piece, 1024 * 1024))
            piece = unpack.unconsumed_tail
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    client.close()
    assert unpack.eof, "the checksum is right to the end"
    assert size > 2**30 and wire < 1_100_000 and peak < 8 * 2**20


def test_a_bomb_ends_with_its_client(world: Raw) -> None:
    world.plan("get_customer", "gzip-bomb:16384")
    with world.connect() as connection:
        connection.sendall(world.request("GET", world.base.path + "/customers/1000005"))
        assert connection.recv(1000)
    assert world.send("GET", "/customers/1000005").status == 200


def pages(raw: Raw, *offsets: int, limit: int = 10) -> list[dict[str, Any]]:
    """Pages of the customers: the last digits of their ids, and what the pagination says."""
    found = []
    for offset in offsets:
        page = raw.send("GET", f"/customers?offset={offset}&limit={limit}").json()
        found.append({"ids": [row["id"] for row in page["data"]], **page["pagination"]})
    return found


def test_pages_drift(world: Raw) -> None:
    true = pages(world, 0, limit=100)[0]["ids"]
    assert len(true) == 22
    world.plan("list_customers", "none", "page-drift *")
    seen = pages(world, 0, 10, 20)
    assert [page["total"] for page in seen] == [22, 21, 21]
    assert seen[1]["ids"] == true[11:21] and seen[2]["ids"] == true[21:], "a row is never seen"
    world.server.faults.plans.clear()
    world.plan("list_customers", "none", "page-drift:+2 *")
    seen = pages(world, 0, 10, 20)
    assert [page["total"] for page in seen] == [22, 24, 24]
    assert seen[1]["ids"] == true[8:18] and seen[2]["ids"] == true[18:], "two rows are seen twice"
    assert world.last("list_customers")["query"] == "offset=20&limit=10", "the ledger has what was asked"
    world.server.faults.plans.clear()


def test_a_page_comes_again_and_again(world: Raw) -> None:
    true = pages(world, 0)[0]
    world.plan("list_customers", "page-loop *")
    seen = pages(world, 0, 10, 20, 1000)
    assert all(page["ids"] == true["ids"] and page["total"] == 22 for page in seen)
    assert [page["offset"] for page in seen] == [0, 10, 20, 1000]
    world.server.faults.plans.clear()


def test_wrong_totals_and_ignored_limits(world: Raw) -> None:
    faults = ["wrong-total", "wrong-total:-12", "ignored-limit", "ignored-limit:3", "ignored-limit:all"]
    world.plan("list_customers", *faults)
    seen = pages(world, *[0] * 5, limit=15)
    assert [(len(page["ids"]), page["limit"], page["total"]) for page in seen] == [
        (15, 15, 23),
        (15, 15, 10),
        (10, 10, 22),
        (3, 3, 22),
        (22, 22, 22),
    ]
    assert world.ledger("list_customers")[-1]["rows"] == 22


def test_list_faults_leave_refusals_alone(world: Raw) -> None:
    world.plan("list_customers", "page-loop")
    assert world.send("GET", "/customers?limit=none").status == 400


def test_stale_lists_by_real_time(raw: Raw) -> None:
    made = raw.send("POST", "/customers", account()).json()["id"]
    raw.plan("list_customers", "stale-list:0.5 *")
    raw.admin("POST", "clock", {"advance_seconds": 100})
    first = raw.send("GET", "/customers?limit=50").json()
    assert first["pagination"]["total"] == 22 and made not in [row["id"] for row in first["data"]]
    assert raw.send("GET", f"/customers/{made}").status == 200, "only lists lag behind"
    time.sleep(0.55)
    assert raw.send("GET", "/customers").json()["data"][0]["id"] == made


def test_stale_lists_by_the_sandbox_clock(raw: Raw) -> None:
    made = raw.order().json()["id"]
    raw.plan("list_orders", "stale-list:60:sandbox *")
    assert made not in [row["id"] for row in raw.send("GET", "/orders").json()["data"]]
    raw.admin("POST", "clock", {"advance_seconds": 61})
    assert raw.send("GET", "/orders").json()["data"][0]["id"] == made


def test_every_list_can_have_every_fault(world: Raw) -> None:
    paths = {
        "list_customers": "/customers",
        "list_resellers": "/resellers",
        "list_reseller_customers": "/resellers/1000002/customers",
        "list_resellers_orders": "/resellers/1000001/orders",
        "list_orders": "/orders",
        "list_products": "/products",
        "list_service_plans": "/plans",
        "list_reports": "/reports",
        "list_subscriptions": "/subscriptions",
    }
    for operation, path in paths.items():
        total = world.send("GET", path).json()["pagination"]["total"]
        world.plan(operation, "page-drift", "page-loop", "wrong-total", "ignored-limit", "stale-list:9")
        answers = [world.send("GET", path) for _ in range(5)]
        assert [answer.status for answer in answers] == [200] * 5, operation
        totals = [answer.json()["pagination"]["total"] for answer in answers[:4]]
        assert totals == [total - 1, total, total + 1, total], operation


def test_sign_in(raw: Raw) -> None:
    lives = {"0": 0, "-1": -1, "1.5": 1.5, "1" + "0" * 20: 10**20, "null": None, "junk": "soon", "inf": float("inf")}
    raw.plan("token", *(f"token-ttl:{text}" for text in lives), "token-ttl:nan", "token-ttl:none")
    assert [raw.sign_in().json()["expiresInSeconds"] for _ in lives] == list(lives.values())
    assert b"NaN" in raw.sign_in().body
    assert set(raw.sign_in().json()) == {"token"}
    raw.plan("token", "token-missing", "token-huge:64", "token-429:7", "token-503", "token-html")
    assert set(raw.sign_in().json()) == {"expiresInSeconds"}
    assert len(raw.sign_in().json()["token"]) > 65536
    late = raw.sign_in()
    assert (late.status, late.headers["retry-after"], set(late.json())) == (429, "7", GATEWAY)
    down = raw.sign_in()
    assert (down.status, set(down.json())) == (503, PLATFORM)
    assert raw.sign_in().body.startswith(b"<!DOCTYPE html>")
    rows = raw.ledger("token")
    assert [row["status"] for row in rows[-3:]] == [429, 503, 200] and raw.sign_in().status == 200


def test_a_token_that_could_be_used_was_really_made(raw: Raw) -> None:
    raw.plan("token", "token-ttl:-1")
    raw.key["Authorization"] = f"Bearer {raw.sign_in().json()['token']}"
    assert raw.send("GET", "/customers").status == 200


def test_faults_stand_before_the_gate(raw: Raw) -> None:
    raw.plan("list_customers", "return:503")
    raw.key.clear()
    assert [raw.send("GET", "/customers").status for _ in range(2)] == [503, 401]


def test_a_download_can_have_faults_too(raw: Raw) -> None:
    raw.admin("PATCH", "settings", {"report_seconds": 0})
    made = raw.send("POST", "/reports", {"name": "Payments", "startDate": "2020-01-01T00:00:00Z"}).json()["id"]
    url = raw.send("GET", f"/reports/{made}").json()["downloadUrl"]
    raw.plan("download", "truncate:5", "body-no-id", "return:404")
    target = url.removeprefix(raw.server.base_url)
    answers = [raw.send("GET", target) for _ in range(4)]
    assert len(answers[0].body) == 5 < int(answers[0].headers["content-length"])
    assert answers[1].body == b"{}" and answers[2].status == 404 and answers[3].status == 200


def test_two_faults_at_the_same_time(raw: Raw) -> None:
    """A stall does not hold up anybody else."""
    raw.plan("list_customers", "stall:1")
    waiting = threading.Thread(target=raw.send, args=("GET", "/customers"))
    waiting.start()
    time.sleep(0.1)
    assert raw.send("GET", "/customers").seconds < 0.5
    waiting.join()
