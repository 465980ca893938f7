"""All faults by name, and how one is read from its text. Raises ValueError that names the nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ..routes import ROUTES
from . import bodies, lists, network, sign_in, standins
from .call import Fault, Kind

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*network.KINDS, *standins.KINDS, *bodies.KINDS, *lists.KINDS, *sign_in.KINDS)
}
OPERATIONS = tuple(dict.fromkeys(route.operation for route in ROUTES))
# requests that serve others: a default list is not spent on them
APART = ("token", "download")
_TIMES = re.compile(r"(?P<fault>\S+)(?: \*(?: ?(?P<times>[0-9]{1,6}))?)?", re.ASCII)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the nearest known word, or all of them."""
    names = list(known)
    close = get_close_matches(word, names, 1, 0.5)
    return f"nearest: {close[0]}" if close else f"known: {', '.join(sorted(names))}"


def check_operation(name: str) -> None:
    """Raise ValueError for an operation that there is not."""
    if name not in OPERATIONS:
        raise ValueError(f"unknown operation {name!r}; {nearest(name, OPERATIONS)}")


def parse_fault(text: Any, operation: str | None) -> Fault:
    """Read `name[:argument]`, with ` * N` for N times or ` *` for ever; no operation stands for the default list."""
    found = _TIMES.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"a fault is a text such as 'return:503' or 'return:503 * 3', not {str(text)[:60]!r}")
    name, colon, rest = found["fault"].partition(":")
    if name not in KINDS:
        raise ValueError(f"unknown fault {name[:60]!r}; {nearest(name, KINDS)}")
    kind = KINDS[name]
    _check_place(kind, operation)
    if found["times"] and int(found["times"]) == 0:
        raise ValueError(f"fault {text!r}: 0 times is never")
    times = 1 if " " not in text else int(found["times"]) if found["times"] else None
    return Fault(found["fault"], kind, _values(kind, rest if colon else None), times)


def _check_place(kind: Kind, operation: str | None) -> None:
    if kind.only == "lists" and not (operation or "").startswith("list_"):
        raise ValueError(
            f"fault {kind.name!r} belongs under an operation that lists, not under {operation or 'default'}"
        )
    if kind.only == "sign-in" and operation != "token":
        raise ValueError(f"fault {kind.name!r} belongs under token, not under {operation or 'default'}")


def _values(kind: Kind, rest: str | None) -> tuple[Any, ...]:
    # the last argument keeps its colons: it may be an address
    parts = [] if rest is None else rest.split(":", max(0, len(kind.readers) - 1))
    if not len(kind.readers) - kind.optional <= len(parts) <= len(kind.readers):
        raise ValueError(f"fault {kind.name!r} is written {kind.form}")
    return tuple(_value(kind, read, part) for read, part in zip(kind.readers, parts, strict=False))


def _value(kind: Kind, read: Any, part: str) -> Any:
    try:
        return read(part)
    except ValueError as error:
        raise ValueError(f"fault {kind.form}: {part[:60]!r} is not {error}") from None
