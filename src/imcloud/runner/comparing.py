"""Compares what was sent with what is there, path by path."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from imcloud.rendering import MISSING, Renderer, RenderProblem
from imcloud.secrets import MASK


def agree(entry: str | Mapping[str, Any], sent: Mapping[str, Any], there: Any, renderer: Renderer) -> bool:
    """Whether one `compare` entry holds. What was not sent, and what is masked, is not compared.

    The platform may add to lists and objects what nobody sent: everything sent must be there, not the other way round.
    """
    spec = {"path": entry} if isinstance(entry, str) else entry
    if "when" in spec and not _holds(renderer, spec["when"], sent):
        return True
    wanted = values(sent, spec["path"])
    if not wanted:
        return True
    found = values(there, spec["path"])
    key = spec.get("key")
    if key is None and "[]" not in spec["path"]:
        return len(found) == 1 and _fits(wanted[0], found[0])
    rest = list(_flat(found, key))
    for value in _flat(wanted, key):
        match = next((item for item in rest if _paired(value, item, key)), MISSING)
        if match is MISSING:
            return False
        rest.remove(match)
    return True


def _flat(found: list[Any], key: Any) -> list[Any]:
    return found if key is None else [item for rows in found if isinstance(rows, list) for item in rows]


def _paired(sent: Any, there: Any, key: Any) -> bool:
    names = [key] if isinstance(key, str) else list(key or ())
    if isinstance(sent, Mapping) and isinstance(there, Mapping):
        given = next((name for name in names if sent.get(name) is not None), None)
        if given is not None and there.get(given) != sent[given]:
            return False
    return _fits(sent, there)


def values(data: Any, path: str) -> list[Any]:
    """Every value at a dotted path, `[]` standing for each item of a list; nulls are left out."""
    found = [data]
    for name in path.split("."):
        each = name.endswith("[]")
        found = [item.get(name.removesuffix("[]")) for item in found if isinstance(item, Mapping)]
        if each:
            found = [item for rows in found if isinstance(rows, list) for item in rows]
    return [item for item in found if item is not None]


def _fits(sent: Any, there: Any) -> bool:
    if sent is None or sent == MASK:
        return True
    if isinstance(sent, Mapping):
        return isinstance(there, Mapping) and all(_fits(item, there.get(name)) for name, item in sent.items())
    if isinstance(sent, list):
        return isinstance(there, list) and all(any(_fits(item, other) for other in there) for item in sent)
    if isinstance(sent, bool) or isinstance(there, bool):
        return sent is there
    return bool(sent == there) or (_number(sent) is not None and _number(sent) == _number(there))


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _holds(renderer: Renderer, condition: Any, sent: Mapping[str, Any]) -> bool:
    try:
        return bool(renderer.render(condition, {"inputs": sent}))
    except RenderProblem:
        return True
