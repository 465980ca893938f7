"""Faults of the answer's body: the operation is carried out, what it says is spoilt."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from ..web import Answer, dump
from .arguments import whole
from .call import Call, Kind
from .gzip_bomb import bomb
from .line import chunk_of, head_of

Body = dict[str, Any]
_CUSTOMERS = ("1000009", "1000008")


def _spoilt(change: Callable[..., Any]) -> Callable[..., Answer]:
    """A fault from a function of the body (and of the fault's arguments) to another body or its bytes."""

    def run(call: Call, *values: Any) -> Answer:
        answer = call.apply()
        body = copy.deepcopy(answer.body) if isinstance(answer.body, dict) else {}
        headers = {**answer.headers, "Content-Type": "application/json"}
        return Answer(answer.status, change(body, *values), headers)

    return run


def _things(body: Body) -> list[Body]:
    """What the answer is about: the rows of a list that has any, else the object itself."""
    rows = body.get("data")
    return rows if isinstance(rows, list) and rows else [body]


def _no_id(body: Body) -> Body:
    for thing in _things(body):
        if "id" in thing:
            del thing["id"]
        else:
            thing.clear()
    return body


def _wrong_type(body: Body) -> Body:
    for thing in _things(body):
        names = ["id"] if "id" in thing else list(thing)
        thing.update({name: [thing[name]] for name in names})
    return body


def _other_customer(body: Body) -> Body:
    for thing in _things(body):
        if "id" in thing and "customerId" not in thing:
            thing["id"] = _other(thing["id"])
        else:
            thing["customerId"] = _CUSTOMERS[thing.get("customerId") == _CUSTOMERS[0]]
    return body


def _other(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    text = str(value)
    return re.sub(r"[0-9]$", lambda last: str((int(last[0]) + 1) % 10), text) if text[-1:].isdigit() else text + "0"


def _status_error(body: Body) -> Body:
    for thing in _things(body):
        thing["status"] = "error"
        if "statusCode" in thing:
            thing["statusCode"] = "ER"
    return body


def _with(body: Body, raw: bytes) -> bytes:
    """The object with one more member, given as raw JSON."""
    text = dump(body).encode()
    return text[:-1] + (b"," if body else b"") + raw + b"}"


def _duplicate(body: Body) -> bytes:
    body = body or {"id": "1"}
    name = "id" if "id" in body else next(iter(body))
    return _with(body, b"%s:%s" % (dump(name).encode(), dump(_other(body[name])).encode()))


def _gzip_bomb(call: Call, mebibytes: int) -> Answer:
    answer = call.apply()
    answer.headers["Content-Encoding"] = "gzip"
    call.line.send(head_of(answer, "Transfer-Encoding: chunked"))
    for piece in bomb(mebibytes):
        call.line.send(chunk_of(piece))
    call.line.send(b"0\r\n\r\n")
    call.line.close()


def _kind(form: str, change: Callable[..., Any], *readers: Any) -> Kind:
    return Kind(form, _spoilt(change), readers, applies="yes")


KINDS = (
    _kind("body-no-id", _no_id),
    _kind("body-wrong-type", _wrong_type),
    _kind("body-other-customer", _other_customer),
    _kind("body-array", lambda body: [body]),
    _kind("status-error", _status_error),
    Kind("gzip-bomb:MIB", _gzip_bomb, (whole(1, 16384),), applies="yes"),
    _kind("nested:N", lambda body, n: _with(body, b'"extra":' + b"[" * n + b"]" * n), whole(1, 10_000_000)),
    _kind("dup-keys", _duplicate),
    _kind("nan", lambda body: _with(body, b'"extra":NaN')),
    _kind("bad-utf8", lambda body: _with(body, b'"extra":"caf\xe9"')),
    _kind("bom", lambda body: b"\xef\xbb\xbf" + dump(body).encode()),
    _kind("huge-int", lambda body: _with(body, b'"extra":' + b"9" * 5000)),
)
