"""What a caller may say about one call, beside its inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Confirmation:
    """What a person is asked before a write: the connection, the redacted request and the price, if one is known."""

    action: str
    title: str
    connection: dict[str, Any]
    request: dict[str, Any]
    price: dict[str, Any] | None


@dataclass(frozen=True)
class CallOptions:
    """Options of one call.

    `context` renders templates in the inputs; without it inputs are taken literally. `max_items` bounds the rows of a
    list. `deadline` is the seconds one request may take in all. `yes` and `confirm` answer a connection whose writes
    need confirmation. `interactive` says whether a person is there; unset, the terminal decides. `on_page` is
    called with (rows so far, total or None) after each page. `explain` lets a not-found answer be explained by further
    reads. `key` is the caller's own name for a write: the same key and inputs give the stored result, never a second
    effect. `identity` (run, task path, item index, visit) names a write inside a run. `on_unknown` says what happens
    when a doubtful write cannot be found: `halt` (the default), or `resubmit_once`.
    """

    context: Mapping[str, Any] | None = None
    dry_run: bool = False
    max_items: int | None = None
    deadline: float | None = None
    yes: bool = False
    confirm: Callable[[Confirmation], bool] | None = None
    interactive: bool | None = None
    on_page: Callable[[int, int | None], None] | None = None
    explain: bool = True
    key: str | None = None
    identity: tuple[str, str, int, int] | None = None
    on_unknown: Literal["halt", "resubmit_once"] | None = None

    @property
    def person_present(self) -> bool:
        """Whether a person can see and answer."""
        if self.interactive is not None:
            return self.interactive
        return bool(sys.stdin and sys.stdin.isatty() and sys.stderr and sys.stderr.isatty())
