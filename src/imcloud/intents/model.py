"""One intent as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from imcloud.errors import ImcloudError

# open: nothing was sent yet. sent: a request left and its outcome was not recorded. unknown: it was, as unknown.
State = Literal["open", "sent", "done", "not_applied", "unknown"]


@dataclass(frozen=True)
class Pinned:
    """The account an intent belongs to; resuming it over another one is refused."""

    pack: str
    kind: str
    where: str
    account: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The account as JSON-ready data."""
        return {"pack": self.pack, "kind": self.kind, "where": self.where, "account": dict(self.account)}


@dataclass(frozen=True)
class Intent:
    """One wanted effect. `inputs` are masked; `sends` counts requests, raised before each; times are UTC seconds."""

    marker: str
    action: str
    fingerprint: str
    pinned: dict[str, Any]
    connection: str
    inputs: Any
    key: str | None = None
    run: str = ""
    epoch: int = 0
    sends: int = 0
    state: State = "open"
    created: float = 0.0
    sent: float | None = None
    result: dict[str, Any] | None = None

    @property
    def doubtful(self) -> bool:
        """Whether something was sent and nobody knows what became of it."""
        return self.sends > 0 and self.state in ("open", "sent", "unknown")

    def to_dict(self) -> dict[str, Any]:
        """What an envelope shows of it."""
        return {"marker": self.marker, "key": self.key, "sends": self.sends, "state": self.state}


class IntentRefused(ImcloudError):
    """An intent exists under this key or marker and is not the same call, or belongs to another account."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule
