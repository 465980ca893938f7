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

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_LONGEST = 24 * 3600.0
_UNSTATED = 300.0  # seconds that a token is used for when its answer does not say how long it lasts
_EARLY, _LATEST = 0.80, 0.95  # shares of a token's life: from the first on it is renewed, from the second on not used


@dataclass(frozen=True)
class Token:
    """A token with the moments (monotonic seconds) from which it should be renewed and may no longer be used."""

    text: str = field(repr=False)
    renew_at: float
    ends_at: float


@dataclass
class _Flight:
    done: threading.Event = field(default_factory=threading.Event)
    result: Token | ErrorItem | None = None


class SignIn:
    """Holds one connection's token. `ask` does the exchange: it gets a deadline and returns a token or an error."""

    def __init__(self, ask: Callable[[Deadline], Token | ErrorItem], clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._flight: _Flight | None = None

    def token(self, deadline: Deadline) -> Token | ErrorItem:
        """A token that can be used now, or why there is none; a failed sign-in is shared by all who waited for it."""
        with self._lock:
            held, now = self._token, self._clock()
            if held is not None and now < held.renew_at:
                return held
            usable = held is not None and now < held.ends_at
            if held is not None and usable and self._flight is not None:
                return held  # somebody is renewing it already, and it still serves
            flight, leads = self._join()
        result = self._fly(flight, deadline) if leads else _wait(flight, deadline)
        if isinstance(result, ErrorItem) and held is not None and usable:
            return held
        return result

    def renew(self, refused: Token, deadline: Deadline) -> Token | ErrorItem:
        """A token other than the one that was refused; asked for once, whoever finds out first."""
        with self._lock:
            if self._token is not None and self._token.text != refused.text:
                return self._token
            self._token = None
            flight, leads = self._join()
        return self._fly(flight, deadline) if leads else _wait(flight, deadline)

    def _join(self) -> tuple[_Flight, bool]:
        if self._flight is not None:
            return self._flight, False
        self._flight = _Flight()
        return self._flight, True

    def _fly(self, flight: _Flight, deadline: Deadline) -> Token | ErrorItem:
        try:
            result = self._ask(deadline)
        except BaseException:
            self._land(flight, ErrorItem("network", "signing in was interrupted", retryable=True))
            raise
        self._land(flight, result)
        return result

    def _land(self, flight: _Flight, result: Token | ErrorItem) -> None:
        with self._lock:
            flight.result = result
            self._flight = None
            if isinstance(result, Token):
                self._token = result
        flight.done.set()


def _wait(flight: _Flight, deadline: Deadline) -> Token | ErrorItem:
    flight.done.wait(deadline.remaining())
    return flight.result or ErrorItem("network", "the time for this call ran out while signing in", retryable=True)


def read_token(answer: Answer, declared: Mapping[str, Any], now: float) -> Token | ErrorItem:
    """The token in a sign-in's answer; `declared` is the manifest's `sign_in`, `now` the moment before it was asked."""
    body = answer.body if isinstance(answer.body, dict) else {}
    text = body.get(str(declared["token"]))
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        return _unusable(answer, "signing in was answered without a usable token")
    seconds = _seconds(body.get(str(declared.get("expires_in", ""))))
    if seconds is None:
        return _unusable(answer, "signing in was answered with a token that has no life")
    return Token(text, now + seconds * _EARLY, now + seconds * _LATEST)


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
    return min(_LONGEST, float(value))


def _unusable(answer: Answer, message: str) -> ErrorItem:
    return ErrorItem("remote", message, status_code=answer.status, rule="sign_in_answer")
