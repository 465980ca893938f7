"""One request that a fault happens to, and what a fault can do with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..context import Context
from ..errors import RefusalError
from ..routes import Route
from ..web import Answer, Request
from .arguments import Reader
from .line import Line
from .recent import Recent

Make = Callable[[Context], Answer]
Inside = Callable[[Context, Request, Route, dict[str, str], Answer], Answer]


class Backend(Protocol):
    """What the application offers to faults."""

    def operation_of(self, request: Request) -> str | None:
        """The operation's name; None when no such operation is served."""

    def carry_out(self, request: Request, fault: str | None, inside: Inside | None) -> tuple[Answer, int]:
        """Apply the request; the answer and the number of its ledger entry. `inside` changes the answer before."""

    def stand_in(self, request: Request, operation: str | None, fault: str | None, make: Make) -> tuple[Answer, int]:
        """Record the request without applying it; `make` builds the answer or raises the refusal."""

    def refused(self, request: Request, refusal: RefusalError) -> Answer:
        """A refusal as an answer; nothing is recorded."""


@dataclass(frozen=True)
class Kind:
    """A fault of the vocabulary. `form` is how it is written; `applies` whether the operation is carried out."""

    form: str
    run: Callable[..., Answer]
    readers: tuple[Reader, ...] = ()
    optional: int = 0
    applies: str = "no"  # no, yes or late
    only: str | None = None  # "lists" or "sign-in"

    @property
    def name(self) -> str:
        """The name without arguments."""
        return self.form.partition(":")[0].removesuffix("[")


@dataclass(frozen=True)
class Fault:
    """A fault of a plan; `times` is None when it goes on for ever."""

    text: str
    kind: Kind
    values: tuple[Any, ...]
    times: int | None = 1


class Call:
    """A request with the fault it has met. `entry` is its line in the plan's report."""

    def __init__(
        self,
        backend: Backend,
        request: Request,
        fault: Fault,
        entry: dict[str, Any],
        recent: Recent,
        ending: threading.Event,
    ) -> None:
        self.request = request
        self.fault = fault
        self.recent = recent
        self.ending = ending
        self.line = Line(request.environ["werkzeug.socket"], ending)
        self._noted = None if fault.text == "none" else fault.text
        self._backend = backend
        self._entry = entry

    def apply(self, inside: Inside | None = None) -> Answer:
        """Carry the operation out and return its answer."""
        answer, self._entry["request"] = self._backend.carry_out(self.request, self._noted, inside)
        return answer

    def instead(self, make: Make) -> Answer:
        """Do not carry it out; the answer is made, or the refusal raised, by `make`."""
        operation = self._entry["operation"]
        answer, self._entry["request"] = self._backend.stand_in(self.request, operation, self._noted, make)
        return answer

    def drop(self) -> None:
        """Do not carry it out, and note that there was no answer: status 0."""
        self.instead(lambda _: Answer(0, b""))

    def refused(self, refusal: RefusalError) -> Answer:
        """A refusal as an answer, for an operation that was carried out all the same."""
        return self._backend.refused(self.request, refusal)

    def run(self) -> Answer:
        """Let the fault happen. Raises ConnectionError when the connection has been dealt with."""
        return self.fault.kind.run(self, *self.fault.values)
