"""One exchange with one server. Exceptions of requests and urllib3 end here."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from imcloud.client import session
from imcloud.client.deadline import Call, Deadline, Watchdog
from imcloud.client.encode import build_url, encode_body
from imcloud.client.models import Answer, Failure
from imcloud.logs import quiet
from imcloud.pack import WireRequest
from imcloud.strict_json import parse_json

MAX_BODY = 8 * 1024 * 1024
_HEADER = re.compile(r"[\x20-\x7e]{1,16384}")
_LIBRARY = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


@dataclass(frozen=True)
class Encoded:
    """A request that may be sent: the exact address and the exact body."""

    method: str
    url: str
    body: bytes | None


class Transport:
    """Sends requests to one base address and nowhere else; safe to share between threads."""

    def __init__(
        self, base_url: str, *, verify: bool | str = True, proxy: str | None = None, max_body: int = MAX_BODY
    ) -> None:
        self.base_url, self._verify, self._proxy, self._max_body = base_url, verify, proxy, max_body
        self._adapter = session.Adapter()
        self._watchdog = Watchdog()

    def encode(self, request: WireRequest) -> Encoded | Answer:
        """The request as bytes, or an answer that says why it must not be sent."""
        try:
            url = build_url(self.base_url, request.segments, request.query)
            return Encoded(request.method, url, encode_body(request.body) if request.has_body else None)
        except ValueError as error:
            return Answer(failure="input", detail=str(error))

    def exchange(
        self, request: Encoded, headers: Mapping[str, str], deadline: Deadline, *, fresh: bool = False
    ) -> Answer:
        """Send once and read the whole answer. Never raises for what the request, the server or the network does.

        `fresh` opens a connection for it, instead of using an idle one that the server may be about to close.
        """
        try:
            prepared = _prepare(request, headers)
        except ValueError as error:
            return Answer(failure="config", detail=str(error))
        seconds = deadline.remaining()
        if seconds <= 0:
            return Answer(failure="timeout", detail="no time was left to send the request")
        with self._watchdog.watch(seconds, fresh=fresh) as call, quiet():
            return self._answer(prepared, call, seconds, deadline)

    def close(self) -> None:
        """Close idle connections."""
        self._adapter.close()

    def _answer(self, prepared: requests.PreparedRequest, call: Call, seconds: float, deadline: Deadline) -> Answer:
        try:
            response = session.send(
                self._adapter, prepared, call, seconds=seconds, verify=self._verify, proxy=self._proxy
            )
        except _LIBRARY as error:
            return _failed(error, call)
        headers = dict(response.headers)
        try:
            raw = _read(response, self._max_body, lambda: call.expired or deadline.passed)
        except _TooLarge:
            return Answer(response.status_code, headers, failure="too_large", detail=self._cap(), sent=True)
        except _Late:
            return Answer(response.status_code, headers, failure="timeout", detail=_TIME, sent=True)
        except _LIBRARY as error:
            return _broken(response.status_code, headers, error, call)
        finally:
            response.close()
        return _parsed(response.status_code, headers, raw)

    def _cap(self) -> str:
        return f"the answer is larger than {self._max_body // 1024 // 1024} MiB"


def _prepare(request: Encoded, headers: Mapping[str, str]) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url, prepared.body = request.method, request.url, request.body
    prepared.headers = CaseInsensitiveDict(
        {"User-Agent": session.user_agent(), "Accept": "application/json", "Accept-Encoding": "gzip"}
    )
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise ValueError(f"the header {name} has a value that may not stand there")
        prepared.headers[name] = value
    if request.body is not None:
        prepared.headers["Content-Type"] = "application/json"
        prepared.headers["Content-Length"] = str(len(request.body))
    elif request.method not in ("GET", "HEAD"):
        prepared.headers["Content-Length"] = "0"
    return prepared


_TIME = "the time for this call ran out"
_CUT = "the connection ended in the middle of the answer"


class _TooLarge(Exception):
    pass


class _Late(Exception):
    pass


def _read(response: requests.Response, max_body: int, late: Callable[[], bool]) -> bytes:
    """The decoded body, read in pieces so that neither size nor time gets out of hand."""
    chunks: list[bytes] = []
    size = 0
    while True:
        chunk = response.raw.read(64 * 1024, decode_content=True)
        if late():
            raise _Late  # also at the end: a socket that was shut looks like a body that ended
        if not chunk:
            return b"".join(chunks)
        size += len(chunk)
        if size > max_body:
            raise _TooLarge
        chunks.append(chunk)


def _parsed(status: int, headers: Mapping[str, str], raw: bytes) -> Answer:
    try:
        return Answer(status, headers, parse_json(raw), parsed=True, sent=True)
    except (ValueError, RecursionError) as error:
        if _may_be_cut(headers, raw):
            return Answer(status, headers, failure="broken", detail=_CUT, sent=True)
        if not raw:
            return Answer(status, headers, failure="empty", detail="the answer is empty", sent=True)
        # The parser's texts are our own and quote nothing of the body.
        return Answer(status, headers, failure="unreadable", detail=f"the answer is {error}", sent=True)


def _may_be_cut(headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether nothing told where the answer ends, so that a connection that broke looks like one that was done."""
    sized = {name.lower() for name in headers} & {"content-length", "transfer-encoding"}
    return not sized and raw.lstrip()[:1] in (b"", b"{", b"[")


def _broken(status: int, headers: Mapping[str, str], error: Exception, call: Call) -> Answer:
    if call.expired or isinstance(error, urllib3.exceptions.TimeoutError):
        return Answer(status, headers, failure="timeout", detail=_TIME, sent=True)
    if isinstance(error, urllib3.exceptions.DecodeError):
        return Answer(status, headers, failure="unreadable", detail="the answer is not what it says", sent=True)
    return Answer(status, headers, failure="broken", detail=_CUT, sent=True)


def _failed(error: Exception, call: Call) -> Answer:
    kind, detail = _reason(error, call)
    return Answer(failure=kind, detail=detail, sent=call.sent)


def _reason(error: Exception, call: Call) -> tuple[Failure, str]:
    causes = _chain(error)

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if call.expired or (call.sent and among(requests.Timeout, TimeoutError)):
        return "timeout", _TIME
    if call.sent:
        return "broken", "the connection ended before an answer came"
    if among(ssl.SSLCertVerificationError):
        return "tls", "the server's certificate could not be verified"
    if among(ssl.SSLError, requests.exceptions.SSLError):
        return "tls", "no encrypted connection was made"
    return "connect", _unconnected(among)


def _unconnected(among: Callable[..., bool]) -> str:
    if among(urllib3.exceptions.NameResolutionError):
        return "the host name could not be resolved"
    if among(requests.exceptions.ProxyError, urllib3.exceptions.ProxyError):
        return "the proxy could not be reached, or refused"
    refused = among(urllib3.exceptions.NewConnectionError)  # urllib3 counts it among the timeouts
    if not refused and among(requests.Timeout, urllib3.exceptions.TimeoutError):
        return "no connection was made in time"
    return "no connection could be made"


def _chain(error: BaseException) -> list[Any]:
    found: list[Any] = []
    todo: list[Any] = [error]
    while todo and len(found) < 20:
        one = todo.pop()
        found.append(one)
        linked = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        todo += [item for item in linked if isinstance(item, BaseException) and item not in found]
    return found
