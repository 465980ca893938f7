"""Between the pipeline and the application: gives each request the fault that a plan has for it."""

from __future__ import annotations

import threading
from typing import Any

from ..context import Context
from ..errors import bad_request
from ..web import Answer, Request
from .call import Backend, Call
from .plans import Plans
from .recent import Recent

HEADER = "X-Sandbox-Faults"


class Faults:
    """The fault plans of one server. `add`, `report` and `remove` do what the endpoints do, without HTTP."""

    def __init__(self, backend: Backend) -> None:
        self.plans = Plans()
        self.recent = Recent()
        self._backend = backend
        self._ending = threading.Event()

    def __call__(self, request: Request) -> Answer:
        """Apply the request, with a fault if a plan has one for it."""
        chosen = request.headers.get(HEADER.lower())
        if not self.plans and chosen is None:
            return self._straight(request)
        operation = self._backend.operation_of(request)
        if chosen is not None and chosen not in self.plans:
            return self._no_plan(request, operation, chosen)
        found = operation and self.plans.take(chosen, operation, request.correlation_id)
        if not found:
            return self._straight(request)
        fault, entry = found
        return Call(self._backend, request, fault, entry, self.recent, self._ending).run()

    def _straight(self, request: Request) -> Answer:
        return self._backend.carry_out(request, None, None)[0]

    def _no_plan(self, request: Request, operation: str | None, name: str) -> Answer:
        # a test that names a plan which is not there would otherwise pass without its faults
        def make(_: Context) -> Answer:
            raise bad_request(f"{HEADER}: there is no fault plan '{name[:60]}'.")

        return self._backend.stand_in(request, operation, None, make)[0]

    def add(self, document: Any) -> str:
        """Take a plan in and return its id. Raises ValueError."""
        return self.plans.add(document)

    def report(self, name: str) -> dict[str, Any]:
        """What was consumed of a plan and what is left. Raises KeyError."""
        return self.plans.report(name)

    def remove(self, name: str) -> None:
        """Forget a plan. Raises KeyError."""
        self.plans.remove(name)

    def forget(self) -> None:
        """Forget all plans, and commits that are still to come."""
        self.plans.clear()
        self.recent = Recent()
        ending, self._ending = self._ending, threading.Event()
        ending.set()

    def stop(self) -> None:
        """End all waits; what was to be applied later is not."""
        self._ending.set()
