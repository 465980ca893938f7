"""The one way onto the network: requests' adapter without anything that requests does by itself.

Redirects, cookies, `~/.netrc`, proxies from the environment and credentials in addresses belong to requests' Session,
so no Session is used: the adapter sends exactly the prepared request, once.
"""

from __future__ import annotations

import ssl
import threading
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

import imcloud
from imcloud.client.deadline import Call, Line
from imcloud.client.sockets import AddressRefused, Guard, dial

__all__ = ["Adapter", "AddressRefused", "send", "user_agent"]

_POOL = 32
_current = threading.local()


class _Watched(HTTPConnection):
    """Tells the current call which socket it uses and when its first byte leaves."""

    line: Line | None = None
    debuglevel = 0  # set here, because one switch in http.client would print every header of every connection

    def connect(self) -> None:
        _current.connecting = True
        try:
            super().connect()
        finally:
            _current.connecting = False
        if self.line is not None and self.sock is not None:
            self.line.sock = self.sock  # with TLS it is another object than the one that was opened

    def _new_conn(self) -> Any:
        sock = dial(self, getattr(_current, "guard", None))
        self.line = Line(sock)
        if (call := getattr(_current, "call", None)) is not None:
            call.use(self.line)
        return sock

    def send(self, data: Any) -> None:
        call: Call | None = getattr(_current, "call", None)
        if call is not None and not getattr(_current, "connecting", False):
            # What is sent while connecting is for a proxy; this is for the server.
            self._take_over(call)
            call.sent = True
        super().send(data)

    def _take_over(self, call: Call) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        elif self.sock is not None and (self._is_stale(call) or self.line is None or not call.use(self.line)):
            # Used before when it may not be, or shut by the deadline of the call before, after the pool had looked:
            # nothing was sent yet, so open another.
            self.sock.close()
            self.sock = None
            self.connect()

    def _is_stale(self, call: Call) -> bool:
        return call.fresh and self.line is not None and self.line.user is not call


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class Adapter(HTTPAdapter):
    """requests' adapter with connections that can be watched, no retries, and a TLS context of its own."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        super().__init__(pool_connections=2, pool_maxsize=_POOL, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Build the pools of direct connections."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The pools of connections through a proxy that was configured."""
        manager = super().proxy_manager_for(proxy, ssl_context=_tls(), **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
        return manager


def send(
    adapter: Adapter,
    request: requests.PreparedRequest,
    call: Call,
    *,
    seconds: float,
    verify: bool | str = True,
    proxy: str | None = None,
    guard: Guard | None = None,
) -> requests.Response:
    """Send once and return when the headers are there; the body is not read yet. Raises what requests raises."""
    _current.call, _current.guard, _current.connecting = call, guard, False
    try:
        proxies = {"https": proxy} if proxy else {}
        limit = (min(seconds, 15.0), seconds)
        return adapter.send(request, stream=True, timeout=limit, verify=verify, cert=None, proxies=proxies)
    finally:
        _current.call = _current.guard = None


def user_agent() -> str:
    """What this client calls itself."""
    return f"imcloud/{imcloud.__version__}"


def _tls() -> ssl.SSLContext:
    # Made by hand: the usual constructors write session keys to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
