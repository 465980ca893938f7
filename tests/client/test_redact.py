"""What may be shown of a request."""

from __future__ import annotations

from typing import Any

from support.canaries import API_KEY, PHRASE

from imcloud.client import mask_at, secret_pointers
from imcloud.pack import WireRequest
from imcloud.secrets import MASK, Secret

SCHEMA: dict[str, Any] = {
    "properties": {
        "name": {"type": "string"},
        "pin": {"type": "string", "x-secret": True},
        "people": {"items": {"properties": {"login": {}, "word": {"x-secret": True}, "a/b": {"x-secret": True}}}},
        "pair": {"prefixItems": [{}, {"x-secret": True}], "items": {}},
        "either": {"anyOf": [{"properties": {"key": {"x-secret": True}}}, {"type": "null"}]},
        "hidden": {"additionalProperties": {"x-secret": True}},
        "when": {"if": {}, "then": {"properties": {"t": {"x-secret": True}}}},
    }
}
DATA = {
    "name": "n",
    "pin": "1234",
    "people": [{"login": "l", "word": "w"}, {"word": None, "a/b": "c"}],
    "pair": ["x", "y", "z"],
    "either": {"key": "k", "other": 1},
    "hidden": {"one": {"deep": 1}},
    "when": {"t": 1},
    "unknown": {"pin": "not marked"},
}


def test_pointers_follow_the_schema() -> None:
    assert secret_pointers(SCHEMA, DATA) == {
        "/pin",
        "/people/0/word",
        "/people/1/word",
        "/people/1/a~1b",
        "/pair/1",
        "/either/key",
        "/hidden/one",
        "/when/t",
    }
    assert secret_pointers(SCHEMA, "no object") == set()


def test_masking_is_a_copy() -> None:
    masked = mask_at(DATA, secret_pointers(SCHEMA, DATA))
    assert masked["people"] == [{"login": "l", "word": MASK}, {"word": None, "a/b": MASK}]
    assert (masked["pin"], masked["pair"], masked["hidden"]) == (MASK, ["x", MASK, "z"], {"one": MASK})
    assert masked["unknown"] == {"pin": "not marked"}
    assert DATA["pin"] == "1234"


def test_a_request_as_it_may_be_shown(connect: Any) -> None:
    client = connect("http://127.0.0.1:9/base", fields={"app": "my-app"})
    body = {"pin": "1234", "other": Secret("hidden-value")}
    request = WireRequest("POST", ("things", "a b"), {"sig": "s", "q": "x y"}, body, has_body=True)
    assert client.redacted(request, {"/pin", "/sig"}) == {
        "method": "POST",
        "url": "http://127.0.0.1:9/base/things/a%20b?sig=********&q=x%20y",
        "path": "/things/a%20b",
        "query": {"sig": MASK, "q": "x y"},
        "headers": {
            "X-Key": MASK,
            "X-App": "my-app",
            "Authorization": f"Bearer {MASK}",
            "Content-Type": "application/json",
        },
        "body": {"pin": MASK, "other": MASK},
    }
    assert client.redacted(request, lambda where: where == "/q")["query"] == {"sig": "s", "q": MASK}
    assert client.redacted(WireRequest("GET", ("x",)))["body"] is None


def test_nothing_that_can_be_printed_holds_a_secret(connect: Any, serve: Any) -> None:
    server = serve(lambda _: (500, {}))
    client = connect(server.url)
    reply = client.send(WireRequest("GET", ("x",)), retry=False)
    shown = (
        f"{reply!r} {client.settings!r} {client.redacted(WireRequest('GET', ('x',)))} {vars(client)['_sign_in']._token}"
    )
    for canary in (PHRASE, API_KEY, "token-1"):
        assert canary not in shown
