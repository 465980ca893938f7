"""What a connection may send, and the pause that holds for all of it when the server says that it was too much."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imcloud.client.deadline import Deadline, Timing
from imcloud.client.windows import Window, Windows
from imcloud.connections.settings import Settings

PER_MINUTE, PER_DAY = 60, 5000
MAX_PATIENCE = 900.0  # a call without a deadline of its own waits so long for its turn at a time, and then fails
_NAMES = ("remaining_minute", "remaining_day")


@dataclass(frozen=True)
class Grant:
    """Leave to send one request. `epoch` tells which pauses it knew of; `left` is what remains of the budget."""

    epoch: int
    left: dict[str, int | None] | None


@dataclass(frozen=True)
class Denied:
    """No leave within the time that there is; in `wait` seconds there may be."""

    wait: float


class Budget:
    """One connection's budget; safe to share between threads, and shared with other processes where it has limits."""

    def __init__(self, settings: Settings, folder: Path, account: Callable[[], str], timing: Timing) -> None:
        self._timing = timing
        self.windows = _windows(settings)
        self._counts = Windows(folder, account, self.windows, timing.now) if self.windows else None
        self._lock = threading.Lock()
        self._resumes = 0.0
        self._epoch = self._strikes = 0

    def acquire(self, limit: Deadline) -> Grant | Denied:
        """Wait for leave to send one request; the time is noted in `limit`."""
        while True:
            epoch = self._epoch
            wait, left = self._ask()
            if wait <= 0:
                return Grant(epoch, left)
            wait += 0.05 * self._timing.dice()  # or all that wait would come back at the same moment
            if wait >= (limit.remaining() if limit.strict else MAX_PATIENCE):
                return Denied(wait)
            before = self._timing.clock()
            self._timing.sleep(wait)
            limit.excuse(max(0.0, self._timing.clock() - before))

    def throttled(self, grant: Grant, seconds: float) -> bool:
        """Pause for everybody, because the server refused that request. Whether trying again is free of charge.

        It is when the pause is the answer: for the first refusal since something went well, and for requests that had
        left before the pause began. After that the pause has not helped, and the retry quota pays.
        """
        with self._lock:
            news = grant.epoch == self._epoch
            free = not news or self._strikes == 0
            if news:
                self._epoch += 1
                self._strikes += 1
            self._resumes = max(self._resumes, self._timing.clock() + seconds)
        if self._counts is not None:
            self._counts.pause(seconds)
        return free

    def passed(self) -> None:
        """A request went through."""
        if self._strikes:
            with self._lock:
                self._strikes = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._counts is not None:
            self._counts.close()

    def _ask(self) -> tuple[float, dict[str, int | None] | None]:
        pause = self._resumes - self._timing.clock()
        if self._counts is None or pause > 0:
            return pause, None
        taken = self._counts.take()
        return taken.wait, {name: taken.left.get(name) for name in _NAMES}


def _windows(settings: Settings) -> tuple[Window, ...]:
    fields, free = settings.fields, settings.loopback
    minute = fields.get("requests_per_minute", None if free else PER_MINUTE)
    day = fields.get("requests_per_day", None if free else PER_DAY)
    found = (Window(_NAMES[0], 60, 1, int(minute or 0)), Window(_NAMES[1], 86400, 600, int(day or 0)))
    return tuple(window for window in found if window.calls)
