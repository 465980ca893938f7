"""An open connection: settings, a client with its token, and perhaps the sandbox behind it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imcloud.client import Client
from imcloud.connections import Settings

MAX_SEEN = 10_000


def nothing_to_stop() -> None:
    """A connection that started nothing has nothing to stop."""


class SeenIds:
    """Remembers of which kinds an id has been seen in answers, the newest ten thousand of them."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, kind: str, rows: list[Any], key: str) -> None:
        """Note `row[key]` of each row as an id of `kind`."""
        with self._lock:
            for row in rows:
                if isinstance(row, Mapping) and isinstance(row.get(key), str):
                    self._kinds[row[key]] = self._kinds.pop(row[key], frozenset()) | {kind}
            while len(self._kinds) > MAX_SEEN:
                self._kinds.popitem(last=False)

    def kinds(self, value: str) -> frozenset[str]:
        """The kinds that `value` has been seen as; empty when it has not been seen."""
        with self._lock:
            return self._kinds.get(value, frozenset())


@dataclass(frozen=True)
class Connection:
    """Shared safely by any number of threads. Session, token and budget belong to it and to nothing else."""

    settings: Settings
    client: Client
    on_close: Callable[[], None] = field(default=nothing_to_stop, repr=False)
    seen: SeenIds = field(default_factory=SeenIds, repr=False)

    @property
    def name(self) -> str:
        """The name it was opened by."""
        return self.settings.name

    def describe(self) -> dict[str, Any]:
        """`{name, kind, host, marketplace, ...}` as every envelope carries it."""
        return self.settings.describe()

    def close(self) -> None:
        """Close the session, and stop the sandbox if this connection started it."""
        self.client.close()
        self.on_close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
