"""What the client hands out, and the one shape in which an exchange is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from imcloud.errors import ErrorItem, Outcome
from imcloud.results import Page

# connect: nothing left this machine; tls: the same, the server is not who it should be; timeout: the deadline;
# broken: the connection ended early; too_large, unreadable, empty: an answer of no use; budget: not sent, the
# connection's budget leaves no time for it; input: the request is refused.
Failure = Literal[
    "connect", "tls", "timeout", "broken", "too_large", "unreadable", "empty", "budget", "input", "config"
]


@dataclass(frozen=True)
class Answer:
    """One exchange. `sent`: a byte of the request may have reached the server; `parsed`: `body` is JSON."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    parsed: bool = False
    failure: Failure | None = None
    detail: str = ""
    sent: bool = False

    @property
    def is_success(self) -> bool:
        """A 2xx whose body arrived whole and is a JSON object or array; a bare 2xx proves nothing."""
        good = self.status is not None and 200 <= self.status < 300 and self.failure is None
        return good and self.parsed and isinstance(self.body, dict | list)


@dataclass(frozen=True)
class Reply:
    """What a request came to. Never raised for: everything the world does is in here.

    `body` is parsed JSON with fractions as `Decimal`; with an error, the connection's own secrets are masked in it.
    `headers` only those that the pack keeps; `attempts` counts the requests that were sent; `method` is the verb that
    was used last. `waited` seconds went by until the budget let them go; `budget` tells what is left of it:
    `{remaining_minute, remaining_day}`, each null where there is no limit, and null when there is none at all.
    """

    status: int | None
    headers: dict[str, str]
    body: Any
    error: ErrorItem | None
    outcome: Outcome
    correlation_id: str | None
    attempts: int
    warnings: tuple[str, ...]
    method: str
    waited: float = 0.0
    budget: dict[str, int | None] | None = None


@dataclass(frozen=True)
class PageReply:
    """One page of a list. `rows` are those not seen before; `page` tells how things stand, finally on the last page.

    `warnings` are those of the list so far, the replies' own included.
    """

    reply: Reply
    rows: list[Any]
    page: Page
    warnings: tuple[str, ...] = ()
