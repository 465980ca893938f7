"""The one layer that decides when something is sent: within the budget, and again only where that is safe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from imcloud import logs
from imcloud.client import retry
from imcloud.client.budget import Budget, Denied
from imcloud.client.deadline import Deadline, Timing
from imcloud.client.models import Answer
from imcloud.client.transport import Encoded, Transport
from imcloud.errors import ErrorItem
from imcloud.secrets import Masker

_log = logging.getLogger("imcloud.client")
_TIRED = "too many calls of this connection fail: it was not tried again"


@dataclass
class Trip:
    """One call on its way: its limit, how a log may call it, what must not be shown, and what has happened."""

    limit: Deadline
    path: str
    masker: Masker
    attempts: int = 0
    throttles: int = 0
    free: bool = False
    left: dict[str, int | None] | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sender:
    """Sends for one connection; safe to share between threads. `tell` gives an answer's correlation id."""

    connection: str
    transport: Transport
    budget: Budget
    policy: retry.Policy
    rules: Mapping[str, Mapping[str, list[str]]]
    timing: Timing
    tell: Callable[[Answer], str | None]
    quota: retry.Quota = field(default_factory=retry.Quota)

    def exchange(self, request: Encoded, headers: Mapping[str, str], trip: Trip, *, fresh: bool = False) -> Answer:
        """Send once, as soon as the budget lets it. A refusal for sending too much pauses the whole connection."""
        grant = self.budget.acquire(trip.limit)
        if isinstance(grant, Denied):
            self._log(logging.WARNING, "no budget", request, trip, wait=grant.wait)
            return Answer(failure="budget", detail=f"the budget of calls is used up for {grant.wait:.0f} seconds")
        trip.left = grant.left
        trip.attempts += 1
        started = self.timing.clock()
        answer = self.transport.exchange(request, headers, trip.limit, fresh=fresh)
        elapsed = self.timing.clock() - started
        self._log(logging.DEBUG, "attempt", request, trip, answer, elapsed=elapsed)
        if answer.status == 429:
            wait = retry.pause(answer, trip.throttles + 1, self.timing)
            trip.free = self.budget.throttled(grant, wait)
            self._log(logging.WARNING, "too many calls: the connection pauses", request, trip, answer, wait=wait)
        elif answer.status is not None:
            self.budget.passed()
        return answer

    def persist(self, once: Callable[[], Answer | ErrorItem], trip: Trip, *, changes: bool) -> Answer | ErrorItem:
        """Do it until it is final. An `ErrorItem` says that it could not even begin."""
        tries, price, before = 0, 0, None
        while True:
            answer = once()
            if isinstance(answer, ErrorItem):
                return answer
            if answer.failure == "budget" and before is not None:
                self.quota.give(price)
                return before
            throttled = answer.status == 429
            trip.throttles, tries = trip.throttles + throttled, tries + (not throttled)
            step = self.policy.step(answer, tries, trip.throttles, changes=changes, rules=self.rules)
            if step == "final":
                if answer.is_success:
                    self.quota.give(price or 1)
                return answer
            price = self._price(step, trip)
            if price and not self.quota.take(step):
                trip.warnings.append(_TIRED)
                _log.warning(_TIRED)
                return answer
            if step == "retry" and not self._slept(answer, tries, trip):
                self.quota.give(price)
                return answer
            before = answer

    def _price(self, step: retry.Step, trip: Trip) -> int:
        return 0 if step == "throttled" and trip.free else self.quota.COSTS[step]

    def _slept(self, answer: Answer, tries: int, trip: Trip) -> bool:
        wait = retry.delay(answer, tries, self.timing)
        if wait >= trip.limit.remaining():
            return False
        self.timing.sleep(wait)
        return True

    def _log(
        self,
        level: int,
        message: str,
        request: Encoded,
        trip: Trip,
        answer: Answer | None = None,
        *,
        elapsed: float | None = None,
        wait: float | None = None,
    ) -> None:
        if not _log.isEnabledFor(level):
            return
        facts: logs.Facts = {"connection": self.connection, "method": request.method, "path": trip.path}
        facts["attempt"] = trip.attempts
        if answer is not None:
            facts |= {"status": answer.status, "rule": answer.failure, "correlation_id": self.tell(answer)}
        if elapsed is not None:
            facts["elapsed"] = elapsed
        if wait is not None:
            facts["wait"] = wait
        logs.event(_log, level, message, **facts)
