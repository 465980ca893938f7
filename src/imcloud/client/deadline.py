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


@dataclass(frozen=True)
class Deadline:
    """A moment on a clock that only moves forward; seconds."""

    clock: Callable[[], float]
    at: float

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> Deadline:
        """The moment that many seconds from now."""
        return cls(clock, clock() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0


@dataclass
class Call:
    """One exchange on its way: the socket it uses, whether bytes left, whether its time ran out."""

    sock: socket.socket | None = None
    sent: bool = False
    expired: bool = False
    finished: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, sock: socket.socket | None) -> None:
        """Note the socket; when time is up already it is shut at once."""
        with self._lock:
            self.sock = sock
            if self.expired:
                self._shut()

    def expire(self) -> None:
        """Shut the socket under whoever reads from it."""
        with self._lock:
            if not self.finished:
                self.expired = True
                self._shut()

    def finish(self) -> None:
        """No more expiry: from here on the socket may serve another call."""
        with self._lock:
            self.finished = True
            self.sock = None

    def _shut(self) -> None:
        if self.sock is None:
            return
        with suppress(OSError):  # it may be closed already
            # The plain method also for TLS: the layer above is in use by the reading thread.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Watchdog:
    """Ends calls whose time is up: a socket's own timeout starts anew with every byte that drips in."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, Call]] = []
        self._numbers = count()
        self._running = False

    @contextmanager
    def watch(self, seconds: float) -> Iterator[Call]:
        """A call that is expired when the block takes longer."""
        call = Call()
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
