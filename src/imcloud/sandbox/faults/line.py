"""The connection below HTTP: what is written byte by byte, how it ends, and waits that end with it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import NoReturn

from ..web import Answer, headers_of, reason

_AT_ONCE = struct.pack("ii", 1, 0)


class Finished(ConnectionError):
    """The connection has been dealt with; nothing more may be written to it."""


class Gone(Finished):
    """The client has closed the connection, or the sandbox stops."""


class Line:
    """One client's connection. Waits end early when the client leaves or the sandbox stops."""

    def __init__(self, connection: socket.socket, ending: threading.Event) -> None:
        self._socket = connection
        self._ending = ending

    def send(self, data: bytes) -> None:
        """Write all of it. Raises `Gone`."""
        try:
            self._socket.sendall(data)
        except OSError:
            raise Gone from None

    def drip(self, data: bytes, size: int, seconds: float) -> None:
        """Write it in pieces of `size` bytes with a pause before each. Raises `Gone`."""
        for start in range(0, len(data), size):
            self.pause(seconds)
            self.send(data[start : start + size])

    def pause(self, seconds: float) -> None:
        """Wait. Raises `Gone`."""
        before = self._socket.gettimeout()
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self._watch(left)
            self._socket.settimeout(before)
        except OSError:
            raise Gone from None

    def _watch(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        try:
            ahead = self._socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return
        # bytes of a next request hide whether the client is there: then only the stop ends the wait
        if not ahead or self._ending.wait(seconds):
            raise Gone

    def close(self) -> NoReturn:
        """End it in order, with what has been sent so far."""
        raise Finished

    def reset(self) -> NoReturn:
        """End it with a reset."""
        self.tear()
        raise Finished

    def tear(self) -> None:
        """Reset the connection now: whoever serves it may go on without it."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            # the file objects over the socket would keep it open: take the descriptor from under them
            socket.close(self._socket.detach())
        except OSError:
            raise Gone from None


def head_of(answer: Answer, *framing: str) -> bytes:
    """Status line and headers; `framing` are the lines that say where the body ends, written last."""
    lines = [f"HTTP/1.1 {answer.status} {reason(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in headers_of(answer).items()]
    return "\r\n".join([*lines, "Connection: close", *framing, "", ""]).encode("latin-1")


def length_of(body: bytes) -> str:
    """The framing of a body whose length is known."""
    return f"Content-Length: {len(body)}"


def chunk_of(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)
