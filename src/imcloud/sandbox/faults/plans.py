"""Plans in memory: which fault the next request of an operation gets, and the report of those that happened."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .call import Fault
from .vocabulary import APART, check_operation, nearest, parse_fault

_KEYS = ("plan", "default", "always")
_MAX_FAULTS = 100_000
_REPORTED = 10_000


@dataclass
class _Turn:
    """A fault and how many times it is still to come; None is for ever."""

    fault: Fault
    times: int | None
    met: bool = False

    def written(self) -> str:
        """As in a plan."""
        if self.times == 1:
            return self.fault.text
        return f"{self.fault.text} *" if self.times is None else f"{self.fault.text} * {self.times}"


class Queue:
    """The faults of one operation, in sequence."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._turns = deque(_Turn(fault, fault.times) for fault in faults)

    def take(self) -> Fault | None:
        """The next fault, consumed; None when none is left."""
        if not self._turns:
            return None
        turn = self._turns[0]
        turn.met = True
        if turn.times is not None:
            turn.times -= 1
            if turn.times == 0:
                self._turns.popleft()
        return turn.fault

    def left(self) -> list[str]:
        """The faults that did not happen yet; one that goes on for ever must have happened once."""
        return [turn.written() for turn in self._turns if turn.times is not None or not turn.met]


class Plan:
    """One plan. `always`: it is met by every request, not only by those that name it."""

    def __init__(self, name: str, document: Any) -> None:
        parts = _checked(document)
        self.name = name
        self.always = bool(parts.get("always", False))
        self._written: dict[str, Any] = {"plan": parts.get("plan") or {}, "default": parts.get("default") or []}
        self._queues = {operation: _queue(faults, operation) for operation, faults in self._written["plan"].items()}
        self._default = _queue(self._written["default"], None)
        self._consumed: deque[dict[str, Any]] = deque(maxlen=_REPORTED)
        self._count = 0

    def take(self, operation: str, correlation_id: str) -> tuple[Fault, dict[str, Any]] | None:
        """The fault for a request of that operation and the line about it in the report."""
        queue = self._queues.get(operation)
        if queue is None and operation not in APART:
            queue = self._default
        fault = queue.take() if queue else None
        if fault is None:
            return None
        entry = {"operation": operation, "fault": fault.text, "request": None, "correlation_id": correlation_id}
        self._consumed.append(entry)
        self._count += 1
        return fault, entry

    def report(self) -> dict[str, Any]:
        """The plan, what of it has happened and what has not."""
        lists = {**self._queues, "default": self._default}
        left = {name: faults for name, queue in lists.items() if (faults := queue.left())}
        consumed = [dict(entry) for entry in self._consumed]
        state = {"consumed": consumed, "consumed_count": self._count, "left": left, "complete": not left}
        return {"id": self.name, **self._written, "always": self.always, **state}


def _checked(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError('a fault plan is an object such as {"plan": {"create_order": ["reset-after-apply"]}}')
    for key in document:
        if key not in _KEYS:
            raise ValueError(f"unknown key {str(key)[:60]!r} in the fault plan; {nearest(str(key), _KEYS)}")
    if not isinstance(document.get("plan") or {}, dict) or not isinstance(document.get("always", False), bool):
        raise ValueError("in a fault plan, plan is an object of lists and always is true or false")
    if not document.get("plan") and not document.get("default"):
        raise ValueError("the fault plan has no faults: neither plan nor default names one")
    return document


def _queue(faults: Any, operation: str | None) -> Queue:
    if operation is not None:
        check_operation(operation)
    if not isinstance(faults, list) or len(faults) > _MAX_FAULTS:
        raise ValueError(f"the faults of {operation or 'default'} are a list of at most {_MAX_FAULTS} texts")
    return Queue(parse_fault(text, operation) for text in faults)


class Plans:
    """All plans of a server, safe for threads."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._number = 0
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._plans)

    def __contains__(self, name: str) -> bool:
        return name in self._plans

    def add(self, document: Any) -> str:
        """Take a plan in and return its id. Raises ValueError that names what is wrong and what is nearest."""
        with self._lock:
            plan = Plan(f"f{self._number + 1}", document)
            self._number += 1
            self._plans[plan.name] = plan
            return plan.name

    def take(self, chosen: str | None, operation: str, correlation_id: str) -> tuple[Fault, dict[str, Any]] | None:
        """The fault of the chosen plan, else of the first plan for all calls that has one."""
        with self._lock:
            plans = [plan for name, plan in self._plans.items() if name == chosen]
            plans += [plan for name, plan in self._plans.items() if plan.always and name != chosen]
            return next((found for plan in plans if (found := plan.take(operation, correlation_id))), None)

    def report(self, name: str) -> dict[str, Any]:
        """What has become of a plan. Raises KeyError."""
        with self._lock:
            return self._plans[name].report()

    def reports(self) -> list[dict[str, Any]]:
        """What has become of all plans."""
        with self._lock:
            return [plan.report() for plan in self._plans.values()]

    def remove(self, name: str) -> None:
        """Forget a plan. Raises KeyError."""
        with self._lock:
            del self._plans[name]

    def clear(self) -> None:
        """Forget all plans; their ids are not used again."""
        with self._lock:
            self._plans.clear()
