"""When a request is sent again, and after how long. What may have changed something never is."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from imcloud.client.classify import Rules, is_gateway
from imcloud.client.deadline import Timing
from imcloud.client.models import Answer

Step = Literal["final", "retry", "throttled"]

MAX_WAIT = 60.0
MAX_THROTTLES = 10  # refusals for sending too much, of one call: they say when to come back, so more of them are borne
MAX_RESENDS = 2  # the same for a call that changes something
_BASE, _CAP = 0.5, 15.0
_PATIENT = 2  # so often the server's own figure is believed; after that the wait grows whatever it says
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Policy:
    """How often (first attempt included) and after which statuses."""

    attempts: int = 1
    statuses: frozenset[int] = frozenset()

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Policy:
        """The policy that a pack's manifest declares; without one nothing is tried again."""
        declared = manifest.get("retry", {})
        return cls(int(declared.get("attempts", 1)), frozenset(declared.get("statuses", ())))

    def step(self, answer: Answer, attempt: int, throttles: int, *, changes: bool, rules: Rules) -> Step:
        """What follows the answer to that attempt (1 is the first; throttled ones are counted apart).

        A call that changes something is sent again only when nothing left this machine, or when the gateway says
        that it stopped it.
        """
        if answer.status == 429 and answer.status in self.statuses:
            most = MAX_RESENDS if changes else MAX_THROTTLES
            bearable = throttles <= most and (not changes or is_gateway(answer, rules))
            return "throttled" if bearable else "final"
        if attempt >= self.attempts or answer.is_success:
            return "final"
        if changes:
            return "retry" if answer.failure == "connect" and not answer.sent else "final"
        again = answer.status in self.statuses or answer.failure in ("connect", "timeout", "broken")
        return "retry" if again else "final"


class Quota:
    """How much trying again a connection can afford: a server that is down is not hammered by everybody at once.

    Retries cost, clean successes earn a little, and a retry that succeeds gets its price back. Figures as in botocore.
    """

    CAPACITY = 500
    COSTS: Mapping[Step, int] = {"retry": 14, "throttled": 5}

    def __init__(self) -> None:
        self.balance = self.CAPACITY
        self._lock = threading.Lock()

    def take(self, step: Step) -> bool:
        """Pay for a retry; false when it cannot be afforded."""
        with self._lock:
            if self.balance <= self.COSTS[step]:
                return False
            self.balance -= self.COSTS[step]
            return True

    def give(self, amount: int) -> None:
        """Earn."""
        with self._lock:
            self.balance = min(self.CAPACITY, self.balance + amount)


def delay(answer: Answer, attempt: int, timing: Timing) -> float:
    """Seconds until the next attempt: what the server asks for, within limits, else a random part of a growing span."""
    asked = retry_after(answer.headers, timing.now)
    if asked is not None:
        return asked + timing.dice() * min(1.0, asked * 0.1)
    return timing.dice() * min(_CAP, _BASE * 2.0**attempt)


def pause(answer: Answer, throttles: int, timing: Timing) -> float:
    """Seconds for which the connection as a whole sends nothing after a refusal for sending too much."""
    wait = delay(answer, throttles, timing)
    return wait if throttles <= _PATIENT else max(wait, min(MAX_WAIT, 2.0**throttles))


def retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """What `Retry-After` asks for, in seconds from 0 to 60; None when it is missing or junk.

    A date counts from the answer's own `Date`, so that a wrong clock here does no harm.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    text = lower.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(MAX_WAIT, float(text))
    moment = _date(text)
    if moment is None:
        return None
    start = _date(lower.get("date", "")) or datetime.fromtimestamp(now(), UTC)
    seconds = (moment - start).total_seconds()
    return min(MAX_WAIT, max(0.0, seconds)) if math.isfinite(seconds) else None


def _date(text: str) -> datetime | None:
    if not text.isascii() or len(text) > 64:
        return None
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
