"""Opening a socket within a time limit that holds: over the name's resolution and all of its addresses together."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

Guard = Callable[[str], bool]


class AddressRefused(OSError):
    """The host has no address that may be used."""


def dial(connection: HTTPConnection, guard: Guard | None) -> socket.socket:
    """A connected socket. Raises what urllib3 raises, or `AddressRefused` when `guard` lets no address pass.

    The usual way gives every address the whole time, and resolving a name any time it likes.
    """
    seconds = float(connection.timeout or 15.0)
    until = time.monotonic() + seconds
    try:
        found = _resolve(connection, seconds)
    except TimeoutError:
        raise ConnectTimeoutError(connection, "the name was not resolved in time") from None
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except (OSError, UnicodeError) as error:
        raise NewConnectionError(connection, "the host name cannot be used") from error
    allowed = [entry for entry in found if guard is None or guard(str(entry[4][0]))]
    if not allowed:
        raise AddressRefused
    return _first(connection, allowed, until)


def _first(connection: HTTPConnection, entries: list[Any], until: float) -> socket.socket:
    error: OSError = TimeoutError()
    for number, entry in enumerate(entries):
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return _connected(connection, entry, left / (len(entries) - number))
        except OSError as failed:
            error = failed
    if isinstance(error, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection was made in time") from error
    raise NewConnectionError(connection, "no connection was made") from error


def _connected(connection: HTTPConnection, entry: Any, seconds: float) -> socket.socket:
    family, kind, protocol, _, address = entry
    sock = socket.socket(family, kind, protocol)
    try:
        for option in connection.socket_options or ():
            sock.setsockopt(*option)
        sock.settimeout(seconds)
        sock.connect(address)
        sock.settimeout(connection.timeout)
    except BaseException:
        sock.close()
        raise
    return sock


def _resolve(connection: HTTPConnection, seconds: float) -> list[Any]:
    host, port = connection.host.strip("[]"), connection.port
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        pass  # a name
    box: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            box.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # whatever it is belongs to the thread that waits
            box.put(error)

    # Resolving cannot be interrupted; the thread ends when the system gives up.
    threading.Thread(target=ask, name="imcloud-resolve", daemon=True).start()
    try:
        found = box.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found
