"""What can go wrong: exceptions for misuse, data for everything that the world or an input does.

`ErrorItem` is the one shape of an error inside a result. `ImcloudError` and its few subclasses are raised for misuse
only (a broken pack, an unknown name, a configuration that cannot be read) and by `Result.raise_for_outcome()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

ErrorKind = Literal[
    "input", "template", "auth", "not_found", "conflict", "rate", "remote", "network", "outcome_unknown", "config"
]
Outcome = Literal["done", "not_applied", "unknown"]


@dataclass(frozen=True)
class ErrorItem:
    """One error as plain data.

    `pointer` is an RFC 6901 JSON pointer into the inputs (`""` is the whole); `rule` names the rule that was broken
    (`required`, `unknown`, `enum`, `type`, ...); `allowed` lists allowed values; `nearest` is the closest valid one.
    """

    kind: ErrorKind
    message: str
    pointer: str | None = None
    hint: str | None = None
    retryable: bool = False
    outcome: Outcome = "not_applied"
    status_code: int | None = None
    correlation_id: str | None = None
    rule: str | None = None
    allowed: Sequence[Any] | None = None
    nearest: Any = None

    def to_dict(self) -> dict[str, Any]:
        """The item as JSON-ready data, all keys always present."""
        data = asdict(self)
        data["allowed"] = None if self.allowed is None else list(self.allowed)
        return data


class ImcloudError(Exception):
    """Base of everything this package raises on purpose."""

    exit_code = 2


def bare(error: ImcloudError) -> ImcloudError:
    """The error without the frames that it came through, and without what it was raised for: they hold raw values."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class ConfigError(ImcloudError):
    """A connection or a setting cannot be used: missing, partial, unreadable or contradictory."""


class PackError(ImcloudError):
    """A pack's file is broken. The message starts with `path:line`."""

    def __init__(self, message: str, *, path: str | None = None, line: int | None = None) -> None:
        where = "" if path is None else path if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {message}" if where else message)
        self.path, self.line, self.reason = path, line, message


class UnknownName(ImcloudError):
    """No action, runbook or field has this name; `nearest` lists the closest ones."""

    def __init__(self, what: str, name: str, nearest: Sequence[str]) -> None:
        hint = f"; did you mean {' or '.join(repr(n) for n in nearest)}?" if nearest else ""
        super().__init__(f"no {what} is called {name!r}{hint}")
        self.what, self.name, self.nearest = what, name, tuple(nearest)


class ActionFailed(ImcloudError):
    """Raised by `Result.raise_for_outcome()`; carries the whole result as `result`."""

    exit_code = 1

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result


class OutcomeUnknown(ActionFailed):
    """The call may or may not have been applied: a person must look."""

    exit_code = 3
