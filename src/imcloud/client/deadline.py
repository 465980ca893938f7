"""Total time limits: on a monotonic clock, and enforced from outside while the socket is read."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

_IDLE = 5.0


@dataclass(frozen=True)
class Timing:
    """Everything that depends on time or chance: a monotonic clock and the time of day (seconds), sleeping, dice."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[], float] = random.random


@dataclass
class Deadline:
    """A moment on a clock that only moves forward; seconds.

    A `strict` one was asked for by the caller and includes everything. Otherwise it is the usual limit of one request,
    and waiting for the connection's budget does not count. `waited` is how long that was.
    """

    clock: Callable[[], float]
    at: float
    strict: bool = True
    waited: float = 0.0

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float], *, strict: bool = True) -> Deadline:
        """The moment that many seconds from now."""
        return cls(clock, clock() + seconds, strict)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0

    def excuse(self, seconds: float) -> None:
        """Note that so long was waited for the budget."""
        self.waited += seconds
        if not self.strict:
            self.at += seconds


@dataclass
class Line:
    """A connection's socket and the call that uses it now: calls take turns on a socket and must not end each other."""

    sock: socket.socket
    user: Call | None = None
    shut: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, call: Call) -> None:
        """Shut the socket, if that call still uses it."""
        with self.lock:
            if self.user is not call:
                return
            self.shut = True
            with suppress(OSError):  # it may be closed already
                # The plain method also for TLS: the layer above is in use by the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Call:
    """One exchange on its way: the socket it uses, whether bytes left, whether its time ran out.

    A `fresh` one wants a socket that nobody used before: an idle one may be closed by the server at the very moment at
    which the request leaves, and then nobody can tell whether it was applied.
    """

    def __init__(self, *, fresh: bool = False) -> None:
        self.sent = self.expired = self.finished = False
        self.fresh = fresh
        self._line: Line | None = None
        self._lock = threading.Lock()

    def use(self, line: Line) -> bool:
        """Take the socket over; false when it was shut under its last user. One that comes too late is shut at once."""
        with self._lock:
            with line.lock:
                if line.shut:
                    return False
                line.user, self._line = self, line
            if self.expired:
                line.end(self)
        return True

    def expire(self) -> None:
        """Shut the socket under whoever reads from it."""
        with self._lock:
            if not self.finished:
                self.expired = True
                if self._line is not None:
                    self._line.end(self)

    def finish(self) -> None:
        """No more expiry."""
        with self._lock:
            self.finished = True
            self._line = None


class Watchdog:
    """Ends calls whose time is up: a socket's own timeout starts anew with every byte that drips in."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, Call]] = []
        self._numbers = count()
        self._running = False

    @contextmanager
    def watch(self, seconds: float, *, fresh: bool = False) -> Iterator[Call]:
        """A call that is expired when the block takes longer."""
        call = Call(fresh=fresh)
        with self._wake:
            heappush(self._due, (time.monotonic() + seconds, next(self._numbers), call))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="imcloud-deadlines", daemon=True).start()
            elif self._due[0][2] is call:
                self._wake.notify()
        try:
            yield call
        finally:
            call.finish()

    def _run(self) -> None:
        with self._wake:
            while True:
                while self._due and self._due[0][2].finished:
                    heappop(self._due)
                wait = self._due[0][0] - time.monotonic() if self._due else _IDLE
                if wait > 0 and not self._wake.wait(min(wait, _IDLE)) and not self._due:
                    self._running = False
                    return
                while self._due and self._due[0][0] <= time.monotonic():
                    heappop(self._due)[2].expire()
