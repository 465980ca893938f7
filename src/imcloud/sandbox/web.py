"""A request and an answer as the handlers see them."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from .clock import http_date
from .errors import RefusalError, bad_request

MAX_BODY = 4 * 1024 * 1024
MAX_DEPTH = 64
_DEEP = re.compile(rb"[\[{]")


def correlation_id() -> str:
    """A new id in the vendor's form."""
    return f"a8n-{uuid.uuid4()}"


@dataclass(frozen=True)
class Request:
    """What came in. `environ` gives access to the connection (`werkzeug.socket`) for whoever sits in the pipeline."""

    method: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    environ: Mapping[str, Any]
    correlation_id: str = field(default_factory=correlation_id)

    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one the first counts."""
        pairs = parse_qsl(self.query_text, keep_blank_values=True)
        return dict(reversed(pairs))

    def json(self) -> Any:
        """The body as JSON; raises a refusal when there is none or it is broken."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.body:
            raise bad_request("Required request body is missing.")
        if kind != "application/json" and not kind.endswith("+json"):
            raise RefusalError(415, f"Content type '{kind}' is not supported.")
        return parse_json(self.body)


@dataclass
class Answer:
    """What goes out. `body` is JSON data, or bytes sent as they are."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else dump(self.body).encode()


def headers_of(answer: Answer) -> dict[str, str]:
    """The headers of an answer with those that every answer has."""
    return {"Content-Type": "application/json", "Date": http_date(time.time()), **answer.headers}


def reason(status: int) -> str:
    """The phrase of a status line."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def parse_json(raw: bytes) -> Any:
    """Strict UTF-8 JSON with exact decimals; raises a 400."""
    if len(_DEEP.findall(raw)) > MAX_DEPTH:
        _check_depth(raw)
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError):
        raise bad_request("JSON parse error: the request body cannot be read.") from None
    return value


def _check_depth(raw: bytes) -> None:
    depth = 0
    for byte in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", raw):
        depth += (byte in b"[{") - (byte in b"]}")
        if depth > MAX_DEPTH:
            raise bad_request("JSON parse error: the request body is nested too deeply.")


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def dump(value: Any) -> str:
    """JSON text; decimals become numbers."""
    return json.dumps(value, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    raise TypeError(f"not JSON: {type(value).__name__}")
