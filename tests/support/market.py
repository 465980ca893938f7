"""The sandbox as tests use it: one server for a module, its admin endpoints, and connections to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from imcloud.runner import Connection, Runner
from imcloud.sandbox import start
from imcloud.sandbox.ledger import PAGE as LEDGER_PAGE


class Market:
    """A running sandbox with its oracle: the ledger and the full truth about every object."""

    def __init__(self, server: Any) -> None:
        self.server = server
        parts = urlsplit(server.base_url)
        self.admin = f"{parts.scheme}://{parts.netloc}/_sandbox"

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a connection to it."""
        return dict(self.server.fields)

    def ledger(self, after: int = 0, **query: Any) -> list[dict[str, Any]]:
        """The rows of the ledger, oldest first, page after page."""
        rows: list[dict[str, Any]] = []
        while True:
            params = {**query, "after": rows[-1]["seq"] if rows else after}
            page = requests.get(f"{self.admin}/ledger", params=params, timeout=10).json()["data"]
            rows += page
            if len(page) < LEDGER_PAGE:
                return rows

    def truth(self, kind: str, id: str) -> dict[str, Any]:
        """Everything the marketplace knows about one object."""
        found: dict[str, Any] = requests.get(f"{self.admin}/state/{kind}/{id}", timeout=10).json()
        return found

    def advance(self, seconds: float) -> None:
        """Move the marketplace's clock."""
        requests.post(f"{self.admin}/clock", json={"advance_seconds": seconds}, timeout=10).raise_for_status()

    def set(self, **settings: Any) -> None:
        """Change settings."""
        requests.patch(f"{self.admin}/settings", json=settings, timeout=10).raise_for_status()

    def last(self) -> int:
        """The number of the newest ledger row."""
        with self.server._state.transaction() as base:
            return int(base.execute("SELECT coalesce(max(seq), 0) FROM ledger").fetchone()[0])

    def since(self, mark: int, *, sign_in: bool = False) -> list[dict[str, Any]]:
        """The calls since a number, without sign-ins unless asked."""
        return [row for row in self.ledger(after=mark) if sign_in or not row["path"].endswith("/token")]


@contextmanager
def market(**options: Any) -> Iterator[Market]:
    """A sandbox in memory."""
    server = start(**options)
    try:
        yield Market(server)
    finally:
        server.stop()


@contextmanager
def connected(shop: Market, **settings: Any) -> Iterator[tuple[Runner, Connection]]:
    """A runner with a connection to a sandbox; `settings` such as `writes` or `kind` on top."""
    explicit = {**shop.fields, "kind": "sandbox", **settings}
    with Runner() as runner, runner.open_connection(explicit=explicit) as connection:
        yield runner, connection
