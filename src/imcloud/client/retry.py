"""When a read is tried again, and after how long. Calls that change something never come here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from imcloud.client.deadline import Timing
from imcloud.client.models import Answer

MAX_WAIT = 60.0
_BASE, _CAP = 0.5, 15.0
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

    def allows(self, answer: Answer, attempt: int) -> bool:
        """Whether the answer to that attempt (1 is the first) may be followed by another."""
        if attempt >= self.attempts or answer.is_success:
            return False
        if answer.status in self.statuses:
            return True
        return answer.failure in ("connect", "timeout", "broken")


def delay(answer: Answer, attempt: int, timing: Timing) -> float:
    """Seconds until the next attempt: what the server asks for, within limits, else a random part of a growing span."""
    asked = retry_after(answer.headers, timing.now)
    if asked is not None:
        return asked + timing.dice() * min(1.0, asked * 0.1)
    return timing.dice() * min(_CAP, _BASE * 2.0**attempt)


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
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
