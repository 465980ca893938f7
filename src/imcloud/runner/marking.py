"""Puts the marker of an intent into the request, where the action has a place for it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imcloud.runner.shape import at

if TYPE_CHECKING:
    from imcloud.runner.execution import Call

NONE = "none"


def marker_path(call: Call) -> str | None:
    """Where the marker goes, as a dotted path: the connection's choice, else the action's; null for nowhere."""
    declared = call.prepared.action.raw["effect"].get("marker")
    if declared is None:
        return None
    chosen = str(call.connection.settings.fields.get("marker") or declared)
    return None if chosen == NONE else chosen


def own_value(call: Call) -> str | None:
    """What the caller has put there already: it travels unchanged."""
    path = marker_path(call)
    value = None if path is None else at(call.checked.clean, path)
    return value if isinstance(value, str) and value else None


def marked(call: Call) -> Call:
    """The call with its marker in the body, unless there is no place for it or the caller's own value stands there."""
    path = marker_path(call)
    if call.intent is None or path is None or own_value(call) is not None or not isinstance(call.wire.body, dict):
        return call
    body = _with(call.wire.body, path, call.intent.marker)
    shown = {**call.shown, "body": _with(call.shown["body"], path, call.intent.marker)}
    return replace(call, wire=replace(call.wire, body=body), shown=shown)


def _with(body: dict[str, Any], path: str, marker: str) -> dict[str, Any]:
    changed = deepcopy(body)
    *parents, last = path.split(".")
    target = changed
    for name in parents:
        if not isinstance(target.get(name), dict):
            target[name] = {}
        target = target[name]
    target[last] = marker
    return changed
