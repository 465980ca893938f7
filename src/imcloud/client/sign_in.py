"""The token of a connection: asked for once however many threads want it, renewed early, dropped when refused."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from imcloud.client.deadline import Deadline
from imcloud.client.models import Answer
from imcloud.errors import ErrorItem

TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
LONGEST = 24 * 3600.0
_UNSTATED = 300.0  # seconds that a token is used for when its answer does not say how long it lasts
_EARLY, _LATEST = 0.80, 0.95  # shares of a token's life: from the first on it is renewed, from the second on not used
_FAILURE_LASTS = 1.0  # seconds for which a failed sign-in answers for those who come a moment too late to share it


@dataclass(frozen=True)
class Token:
    """A token, the moment before it was asked for (monotonic seconds), and the seconds that it lives."""

    text: str = field(repr=False)
    asked_at: float
    seconds: float

    @property
    def renew_at(self) -> float:
        """From this moment on it should be renewed."""
        return self.asked_at + self.seconds * _EARLY

    @property
    def ends_at(self) -> float:
        """From this moment on it may not be used."""
        return self.asked_at + self.seconds * _LATEST


# Does the exchange: gets a deadline and the token that was refused, if any, and returns a token or an error.
Ask = Callable[[Deadline, str | None], Token | ErrorItem]


@dataclass
class _Flight:
    done: threading.Event = field(default_factory=threading.Event)
    result: Token | ErrorItem | None = None
    waited: float = 0.0


class SignIn:
    """Holds one connection's token."""

    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refused: str | None = None
        self._flight: _Flight | None = None
        self._failed: tuple[float, ErrorItem] | None = None

    def token(self, deadline: Deadline) -> Token | ErrorItem:
        """A token that can be used now, or why there is none; a failed sign-in is shared by all who waited for it."""
        with self._lock:
            held, now = self._token, self._clock()
            if held is not None and now < held.renew_at:
                return held
            usable = held is not None and now < held.ends_at
            failure = self._recent_failure(now)
            if held is not None and usable and (self._flight is not None or failure is not None):
                return held  # somebody is renewing it already or has just tried in vain, and it still serves
            if failure is not None:
                return failure
            flight, leads = self._join()
        result = self._fly(flight, deadline) if leads else _wait(flight, deadline)
        if not isinstance(result, ErrorItem):
            return result
        if held is not None and usable:
            return held
        # Whoever asked ran out of time, which says nothing about those who have more of it.
        hurried = not leads and result.rule == "timeout" and not deadline.passed
        return self.token(deadline) if hurried else result

    def renew(self, refused: Token, deadline: Deadline) -> Token | ErrorItem:
        """A token other than the one that was refused; asked for once, whoever finds out first."""
        with self._lock:
            if self._token is not None and self._token.text != refused.text:
                return self._token
            self._token, self._refused = None, refused.text
            failure = self._recent_failure(self._clock())
            if failure is not None:
                return failure
            flight, leads = self._join()
        return self._fly(flight, deadline) if leads else _wait(flight, deadline)

    def _recent_failure(self, now: float) -> ErrorItem | None:
        return self._failed[1] if self._failed is not None and now < self._failed[0] else None

    def _join(self) -> tuple[_Flight, bool]:
        if self._flight is not None:
            return self._flight, False
        self._flight = _Flight()
        return self._flight, True

    def _fly(self, flight: _Flight, deadline: Deadline) -> Token | ErrorItem:
        before = deadline.waited
        try:
            result = self._ask(deadline, self._refused)
        except BaseException:
            self._land(flight, ErrorItem("network", "signing in was interrupted", retryable=True, rule="timeout"))
            raise
        flight.waited = deadline.waited - before
        self._land(flight, result)
        return result

    def _land(self, flight: _Flight, result: Token | ErrorItem) -> None:
        with self._lock:
            flight.result = result
            self._flight = self._failed = None
            if isinstance(result, Token):
                self._token = result
            elif result.rule not in ("timeout", "budget"):
                self._failed = (self._clock() + _FAILURE_LASTS, result)
        flight.done.set()


def _wait(flight: _Flight, deadline: Deadline) -> Token | ErrorItem:
    # Without a deadline of the caller's own, the one who asks has the limit: it always lands.
    flight.done.wait(deadline.remaining() if deadline.strict else None)
    deadline.excuse(flight.waited)
    return flight.result or ErrorItem("network", "the time for this call ran out while signing in", retryable=True)


def read_token(answer: Answer, declared: Mapping[str, Any], now: float) -> Token | ErrorItem:
    """The token in a sign-in's answer; `declared` is the manifest's `sign_in`, `now` the moment before it was asked."""
    body = answer.body if isinstance(answer.body, dict) else {}
    text = body.get(str(declared["token"]))
    if not isinstance(text, str) or not TOKEN.fullmatch(text):
        return _unusable(answer, "signing in was answered without a usable token")
    seconds = _seconds(body.get(str(declared.get("expires_in", ""))))
    if seconds is None:
        return _unusable(answer, "signing in was answered with a token that has no life")
    return Token(text, now, seconds)


def refused(item: ErrorItem) -> ErrorItem:
    """The error of a failed sign-in, told as such. Nothing of the actual request was sent."""
    rule = "gateway_refused" if item.rule == "gateway_refused" else "sign_in_refused"
    hint = item.hint if rule == "gateway_refused" else "check the connection's account, secret and region"
    if item.kind == "auth":
        return replace(
            item, message=f"signing in was refused: {item.message}", rule=rule, hint=hint, outcome="not_applied"
        )
    return replace(item, message=f"signing in failed: {item.message}", outcome="not_applied")


def _seconds(value: Any) -> float | None:
    if value is None:
        return _UNSTATED
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
        return None
    return min(LONGEST, float(value))


def _unusable(answer: Answer, message: str) -> ErrorItem:
    return ErrorItem("remote", message, status_code=answer.status, rule="sign_in_answer")
