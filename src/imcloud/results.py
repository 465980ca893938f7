"""The envelope that every action returns: plain JSON data, made for chaining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imcloud.errors import ActionFailed, ErrorItem, Outcome, OutcomeUnknown


@dataclass(frozen=True)
class Page:
    """How much of a list came back.

    `complete` is false whenever rows may be missing; `drift` is true when the list changed while it was read.
    """

    total: int | None
    returned: int
    complete: bool
    next_offset: int | None
    drift: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The page as JSON-ready data."""
        return {
            "total": self.total,
            "returned": self.returned,
            "complete": self.complete,
            "next_offset": self.next_offset,
            "drift": self.drift,
        }


@dataclass(frozen=True)
class Result:
    """What one call of an action came to.

    `ok` is true when the action did what was asked. `outcome` says what is known about its effect: `done`,
    `not_applied` or `unknown`. `data` is the object that came back, or for a list all rows. `dry_run` is null, or what
    a dry run found. `pending` is true when the effect was accepted and is still going on. `intent` is
    `{marker, key, sends, state}` of a write that was sent.
    """

    action: str
    ok: bool
    outcome: Outcome
    connection: dict[str, Any]
    status_code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    data: Any = None
    page: Page | None = None
    errors: tuple[ErrorItem, ...] = ()
    correlation_id: str | None = None
    attempts: int = 0
    warnings: tuple[str, ...] = ()
    coerced: tuple[dict[str, Any], ...] = ()
    dry_run: dict[str, Any] | None = None
    request: dict[str, Any] | None = None
    elapsed_ms: int = 0
    pending: bool = False
    intent: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The envelope as JSON-ready data, keys always present and in one sequence."""
        return {
            "action": self.action,
            "ok": self.ok,
            "outcome": self.outcome,
            "status_code": self.status_code,
            "headers": dict(self.headers),
            "data": self.data,
            "page": None if self.page is None else self.page.to_dict(),
            "errors": [error.to_dict() for error in self.errors],
            "connection": dict(self.connection),
            "correlation_id": self.correlation_id,
            "attempts": self.attempts,
            "warnings": list(self.warnings),
            "coerced": [dict(change) for change in self.coerced],
            "dry_run": self.dry_run,
            "request": self.request,
            "intent": self.intent,
            "elapsed_ms": self.elapsed_ms,
        }

    @property
    def exit_code(self) -> int:
        """0 done, 1 nothing applied, 2 bad input or configuration, 3 outcome unknown, 5 accepted and still going."""
        if self.ok:
            return 5 if self.pending else 0
        if self.outcome == "unknown":
            return 3
        kinds = {error.kind for error in self.errors}
        return 2 if kinds and kinds <= {"input", "template", "config"} else 1

    def raise_for_outcome(self) -> Result:
        """Return the result itself when it is ok.

        Raises `OutcomeUnknown` when the effect is not known, else `ActionFailed`.
        """
        if self.ok:
            return self
        text = "; ".join(error.message for error in self.errors) or "the action failed"
        failure = OutcomeUnknown if self.outcome == "unknown" else ActionFailed
        raise failure(f"{self.action}: {text}", self)
