"""Typed ids: tells when an id is of another kind than the input wants.

An id can only be told wrong by asking: the same digits may name things of several kinds. So a suspicion (the id has
been seen as another kind only, or the platform does not know it) is confirmed by reads before anybody hears of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from imcloud.errors import ErrorItem
from imcloud.inputs import places

if TYPE_CHECKING:
    from imcloud.runner.execution import Call

MAX_QUESTIONS = 12


def before_sending(call: Call) -> tuple[ErrorItem, ...]:
    """Errors for ids that have been seen as another kind only and that their own kind does not know."""
    found = []
    for where, kind, value in references(call):
        seen = call.connection.seen.kinds(value)
        if seen and kind not in seen and _exists(call, kind, value) is False:
            found.append(_error(call, where, kind, sorted(seen)[0]))
    return tuple(found)


def after_not_found(call: Call) -> tuple[ErrorItem, ...]:
    """An error for an id that turns out to be of another kind, after the platform did not find something."""
    questions = 0
    for where, kind, value in references(call):
        if _exists(call, kind, value) is not False:
            continue
        for other in _kinds(call):
            questions += 1
            if questions > MAX_QUESTIONS:
                return ()
            if other != kind and _exists(call, other, value):
                return (_error(call, where, kind, other),)
    return ()


def references(call: Call) -> Iterator[tuple[str, str, str]]:
    """(pointer, kind, value) of every input that is a typed id which can be looked up by itself."""
    known = _kinds(call)
    for place in places(call.prepared.action.inputs, call.checked.clean):
        declared = place.schema.get("x-reference")
        kind = declared.get("kind") if isinstance(declared, Mapping) else declared
        if kind in known and isinstance(place.value, str) and place.value:
            yield place.pointer, str(kind), place.value


def _kinds(call: Call) -> Mapping[str, Mapping[str, Any]]:
    pack = call.prepared.pack
    return {
        kind: spec
        for kind, spec in pack.references.items()
        if spec.get("get") in pack.actions and not pack.actions[spec["get"]].is_list
    }


def _exists(call: Call, kind: str, value: str) -> bool | None:
    """Whether the platform knows `value` as `kind`; null when it would not say."""
    spec = _kinds(call)[kind]
    if call.prepared.action.name == spec["get"] and not call.writes:
        return False
    result = call.nested(spec["get"], {spec["get_input"]: value}, explain=False)
    if result.ok:
        return True
    return False if result.errors and result.errors[0].kind in ("not_found", "input") else None


def _error(call: Call, where: str, wanted: str, actual: str) -> ErrorItem:
    titles = {kind: str(spec.get("title", kind)).lower() for kind, spec in call.prepared.pack.references.items()}
    message = f"{where.lstrip('/').replace('/', '.')} is the id of a {titles[actual]}, not of a {titles[wanted]}"
    return ErrorItem("input", message, pointer=where, rule="reference", hint=f"give the id of a {titles[wanted]}")
