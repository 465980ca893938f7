"""One token per connection: asked for once, renewed early, never shared between connections."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from support.canaries import API_KEY, PHRASE
from werkzeug.wrappers import Response

from imcloud.pack import WireRequest

GET = WireRequest("GET", ("things",))
POST = WireRequest("POST", ("things",), body={}, has_body=True)
GATEWAY_401 = (401, {"statusCode": 401, "message": "Access denied"})
PLATFORM_401 = (401, {"status": 401, "message": "expired", "trace": "t-9"})
THREADS = 64
ROUNDS = 20


def at_once(function: Callable[[], Any], times: int = THREADS) -> list[Any]:
    barrier = threading.Barrier(times)

    def one(_: int) -> Any:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def slow_login(served: Any, answer: Any = None, seconds: float = 0.1) -> Callable[[Any], Any]:
    def login(_: Any) -> Any:
        time.sleep(seconds)
        return answer or {"access": f"token-{len(served.logins)}", "ttl": 1000}

    return login


def test_the_request_for_a_token(serve: Any, connect: Any) -> None:
    server = serve()
    connect(server.url).send(GET, retry=True)
    login = server.logins[0]
    assert (login.method, login.body) == ("POST", b'{"realm":"one"}')
    pair = base64.b64encode(f"somebody:{PHRASE}".encode()).decode()
    assert login.headers["Authorization"] == f"Basic {pair}"
    assert login.headers["X-Key"] == API_KEY


def test_many_threads_ask_once(serve: Any, connect: Any) -> None:
    server = serve()
    server.login = slow_login(server)
    client = connect(server.url)
    assert all(reply.error is None for reply in at_once(lambda: client.send(GET, retry=True)))
    assert len(server.logins) == 1
    assert {seen.headers["Authorization"] for seen in server.seen} == {"Bearer token-1"}


def test_a_failed_sign_in_is_shared_by_those_who_waited(serve: Any, connect: Any) -> None:
    server = serve()
    server.login = slow_login(server, PLATFORM_401)
    client = connect(server.url)
    replies = at_once(lambda client=client: client.send(POST, retry=False))
    assert len(server.logins) == 1
    assert {(r.error.kind, r.error.rule, r.outcome, r.status, r.attempts) for r in replies} == {
        ("auth", "sign_in_refused", "not_applied", None, 0)
    }
    assert replies[0].error.status_code == 401
    assert replies[0].error.correlation_id == "t-9"
    assert not server.seen


def test_a_storm_of_refusals_renews_once(serve: Any, connect: Any) -> None:
    server = serve(lambda seen: {} if seen.headers["Authorization"] == "Bearer token-2" else PLATFORM_401)
    server.login = slow_login(server)
    client = connect(server.url)
    assert all(reply.error is None for reply in at_once(partial(client.send, POST, retry=False)))
    assert len(server.logins) == 2


def test_a_refused_token_is_renewed_once_and_no_more(serve: Any, connect: Any) -> None:
    server = serve(lambda _: PLATFORM_401)
    reply = connect(server.url).send(POST, retry=False)
    assert (len(server.logins), len(server.seen), reply.attempts) == (2, 2, 2)
    assert (reply.error.kind, reply.error.rule, reply.outcome) == ("auth", "platform_refused", "not_applied")


def test_the_gateways_refusal_renews_nothing(serve: Any, connect: Any) -> None:
    server = serve(lambda _: GATEWAY_401)
    reply = connect(server.url).send(POST, retry=False)
    assert (len(server.logins), len(server.seen)) == (1, 1)
    assert (reply.error.kind, reply.error.rule, reply.outcome) == ("auth", "gateway_refused", "not_applied")


def test_the_gateways_refusal_of_the_sign_in_is_told_apart(serve: Any, connect: Any) -> None:
    server = serve(login=lambda _: GATEWAY_401)
    error = connect(server.url).send(GET, retry=True).error
    assert (error.kind, error.rule, len(server.logins)) == ("auth", "gateway_refused", 1)
    assert error.message == "signing in was refused: HTTP 401: Access denied"


def test_a_token_is_renewed_before_it_ends(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    client = connect(server.url, timing=fake_time.timing)
    client.send(GET, retry=True)
    fake_time.at += 799
    client.send(GET, retry=True)
    assert len(server.logins) == 1
    fake_time.at += 2
    client.send(GET, retry=True)
    assert len(server.logins) == 2
    assert server.seen[-1].headers["Authorization"] == "Bearer token-2"


def test_a_token_that_still_serves_survives_a_failed_renewal(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    client = connect(server.url, timing=fake_time.timing)
    client.send(GET, retry=True)
    server.login = lambda _: (400, {})
    fake_time.at += 900
    assert client.send(GET, retry=True).error is None
    fake_time.at += 60
    assert client.send(GET, retry=True).error.message == "signing in failed: HTTP 400"


@pytest.mark.parametrize(
    "answer",
    [
        {"access": "t", "ttl": 0},
        {"access": "t", "ttl": -1},
        {"access": "t", "ttl": "soon"},
        {"access": "t", "ttl": True},
        {"access": "", "ttl": 5},
        {"access": "two words", "ttl": 5},
        {"access": "line\nbreak", "ttl": 5},
        {"access": 5, "ttl": 5},
        {"ttl": 5},
        [],
    ],
)
def test_an_answer_without_a_usable_token_is_an_error(answer: Any, serve: Any, connect: Any) -> None:
    server = serve(login=lambda _: answer)
    reply = connect(server.url).send(POST, retry=False)
    assert (reply.error.kind, reply.error.rule, reply.outcome) == ("remote", "sign_in_answer", "not_applied")
    assert not server.seen


@pytest.mark.parametrize("ttl", [1500, "1500", 1500.5, 10**17])
def test_lives_in_several_forms(ttl: Any, serve: Any, connect: Any) -> None:
    server = serve(login=lambda _: {"access": "t", "ttl": ttl})
    assert connect(server.url).send(GET, retry=True).error is None


def test_a_life_that_is_not_told_is_short(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(login=lambda _: {"access": "t"})
    client = connect(server.url, timing=fake_time.timing)
    client.send(GET, retry=True)
    fake_time.at += 300
    client.send(GET, retry=True)
    assert len(server.logins) == 2


def test_signing_in_is_tried_again_even_for_a_write(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    server.login = lambda _: (503, {}) if len(server.logins) < 3 else {"access": "t", "ttl": 100}
    assert connect(server.url, timing=fake_time.timing).send(POST, retry=False).error is None
    assert (len(server.logins), len(server.seen)) == (3, 1)


def test_a_page_instead_of_a_token(serve: Any, connect: Any) -> None:
    server = serve(login=lambda _: Response("<html>", 200))
    error = connect(server.url).send(GET, retry=True).error
    assert error.message == "signing in failed: the answer is not JSON: line 1, column 1"


def test_a_manifest_without_sign_in_uses_its_headers_only(serve: Any, connect: Any) -> None:
    server = serve(lambda _: PLATFORM_401)
    reply = connect(server.url, signs_in=False).send(GET, retry=True)
    assert (len(server.logins), len(server.seen), reply.error.kind) == (0, 1, "auth")
    assert server.seen[0].headers["X-Key"] == API_KEY
    assert "Authorization" not in server.seen[0].headers


def test_headers_from_elsewhere_take_the_place_of_signing_in(serve: Any, connect: Any) -> None:
    server = serve()
    client = connect(server.url, auth={"Authorization": "Custom abcdef", "X-Ticket": "ticket-value"})
    assert client.send(GET, retry=True).error is None
    assert not server.logins
    assert server.seen[0].headers["Authorization"] == "Custom abcdef"
    assert server.seen[0].headers["X-Ticket"] == "ticket-value"
    shown = client.redacted(GET)["headers"]
    assert (shown["Authorization"], shown["X-Ticket"]) == ("Custom ********", "********")


def test_two_connections_never_share_anything(serve: Any, connect: Any) -> None:
    server = serve(login=lambda seen: {"access": f"for-{seen.headers['X-Key']}", "ttl": 100})
    from imcloud.secrets import Secret

    clients = [connect(server.url, fields={"api_key": Secret(f"key-of-{name}-000")}) for name in ("one", "two")]

    def work(number: int) -> None:
        clients[number % 2].send(WireRequest("GET", ("things", f"k{number % 2}")), retry=True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    assert len(server.logins) == 2
    for seen in server.seen:
        name = "one" if seen.path.endswith("k0") else "two"
        assert seen.headers["X-Key"] == f"key-of-{name}-000"
        assert seen.headers["Authorization"] == f"Bearer for-key-of-{name}-000"


def test_waiting_for_somebody_elses_sign_in_has_an_end(serve: Any, connect: Any) -> None:
    server = serve()
    release = threading.Event()

    def login(_: Any) -> Any:
        release.wait(5)
        return {"access": "t", "ttl": 100}

    server.login = login
    client = connect(server.url)
    first = threading.Thread(target=lambda: client.send(GET, retry=True))
    first.start()
    while not server.logins:
        time.sleep(0.005)
    error = client.send(GET, retry=True, deadline=0.1).error
    assert error.message == "the time for this call ran out while signing in"
    release.set()
    first.join()


def test_somebody_in_a_hurry_spoils_it_for_nobody(serve: Any, connect: Any) -> None:
    server = serve()
    server.login = lambda _: time.sleep(0.3) or {"access": f"t{len(server.logins)}", "ttl": 100}
    client = connect(server.url)
    first = threading.Thread(target=lambda: client.send(GET, retry=False, deadline=0.1))
    first.start()
    while not server.logins:
        time.sleep(0.005)
    assert client.send(GET, retry=False, deadline=5).error is None
    first.join()
    assert len(server.logins) == 2


@pytest.mark.parametrize("kind", ["cold", "expiry", "storm", "failing"])
def test_however_many_threads_one_request_a_round(kind: str, serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve()
    valid = {"Bearer token-1"}
    server.answer = lambda seen: {} if seen.headers["Authorization"] in valid else PLATFORM_401
    server.login = slow_login(server, seconds=0.02)
    client = connect(server.url, timing=fake_time.timing)
    if kind != "cold":
        client.send(GET, retry=True)
    for round_ in range(ROUNDS):
        before, number = len(server.logins), len(server.logins) + 1
        if kind == "cold":
            client = connect(server.url, timing=fake_time.timing)
        elif kind == "expiry":
            fake_time.at += 2000
        elif kind == "storm":
            valid.clear()
        else:
            fake_time.at += 2000
            server.login = slow_login(server, (400, {"status": 400, "message": f"round {round_}"}), 0.02)
        valid.add(f"Bearer token-{number}")
        replies = at_once(partial(client.send, POST, retry=False))
        assert len(server.logins) == before + 1
        wanted = {f"signing in failed: HTTP 400: round {round_}"} if kind == "failing" else {None}
        assert {reply.error and reply.error.message for reply in replies} == wanted


def test_a_failure_is_not_remembered_for_long(serve: Any, connect: Any, fake_time: Any) -> None:
    server = serve(login=lambda _: (400, {}))
    client = connect(server.url, timing=fake_time.timing)
    for wait, logins in [(0, 1), (0.9, 1), (0.2, 2)]:
        fake_time.at += wait
        assert client.send(GET, retry=True).error is not None
        assert len(server.logins) == logins


def test_a_page_for_a_token_is_no_proof(serve: Any, connect: Any) -> None:
    server = serve(lambda _: Response("<html>sign in</html>", 401))
    client = connect(server.url)
    reply = client.send(POST, retry=False)
    assert (reply.outcome, len(server.seen), len(server.logins)) == ("unknown", 1, 1)
    client.send(GET, retry=True)
    assert (len(server.seen), len(server.logins)) == (3, 2)
