"""What has just been made, in real time: the ledger only knows the sandbox's clock."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

from ..context import Context

Effect = tuple[float, str, str, str]
_KEPT = 10_000


class Recent:
    """The ids of what this server made, with the moment. Used under the state's lock."""

    def __init__(self) -> None:
        self._made: deque[tuple[float, str]] = deque(maxlen=_KEPT)

    def remember(self, effects: Iterable[Effect]) -> None:
        """Note the effects of a request that is being applied."""
        now = time.monotonic()
        self._made.extend((now, entity) for _, _, entity, what in effects if what == "created")

    def within(self, seconds: float) -> set[str]:
        """Ids of what was made in the last real seconds."""
        since = time.monotonic() - seconds
        return {entity for moment, entity in self._made if moment > since}


def made_since(ctx: Context, seconds: float) -> set[str]:
    """Ids of what was made in the last seconds of the sandbox's clock."""
    sql = "SELECT id FROM effects WHERE what = 'created' AND time > ?"
    return {row["id"] for row in ctx.all(sql, ctx.now - seconds)}
