"""A marketplace to rehearse on: the whole API, stateful, over real HTTP on loopback.

Written from the public facts about the API and from nothing of the runner; what it does is never a statement about
what the vendor's servers do. `docs/sandbox.md` lists what is simulated and what is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import StateError

if TYPE_CHECKING:
    from .server import Server

__all__ = ["Server", "StateError", "reset", "start"]


def start(
    state: str | None = None,
    *,
    size: str = "small",
    seed: int = 1,
    settings: dict[str, Any] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: dict[str, Any] | None = None,
) -> Server:
    """Start a sandbox in this process and return it; it serves until `stop()`.

    `state` is the path of a SQLite file that outlives the server (several servers may share it); without it the
    state lives in a temporary folder and goes with the server. `size` ("small" or "large") and `seed` count only when
    the state is new. `settings` are written to the state. `faults` is a fault plan that every call meets. Raises
    `StateError` (a file of another version or program) and `ValueError` (an unknown size, setting or fault).
    """
    from .server import Server

    return Server(state, size=size, seed=seed, settings=settings, host=host, port=port, faults=faults)


def reset(state: str, *, size: str = "small", seed: int = 1) -> None:
    """Throw the content of a state file away, whatever it holds, and seed it anew.

    A file of ours is emptied in place, so that servers that have it open go on with the new content.
    """
    from .state import State

    try:
        opened = State(state, size=size, seed=seed)
    except StateError:
        State.discard(state)
        State(state, size=size, seed=seed).close()
        return
    try:
        opened.refill(size=size, seed=seed)
    finally:
        opened.close()


def __getattr__(name: str) -> Any:
    if name == "Server":
        from .server import Server

        return Server
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
