"""The `unambiguous` check: an item that could mean several things of the catalogue is refused before a write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imcloud.errors import ErrorItem
from imcloud.rendering import MISSING, RenderProblem
from imcloud.runner.shape import at
from imcloud.strict_json import pointer

if TYPE_CHECKING:
    from imcloud.runner.execution import Call


def ambiguities(call: Call) -> tuple[ErrorItem, ...]:
    """One error for each item that several rows fit. A catalogue that cannot be read refuses nothing."""
    found: list[ErrorItem] = []
    for check in call.prepared.action.raw.get("checks", ()):
        if _applies(call, check):
            for path, item in _items(call.checked.clean, check["each"]):
                found += _look(call, check, path, item)
    return tuple(found)


def _applies(call: Call, check: Mapping[str, Any]) -> bool:
    try:
        return bool(call.runner.renderer.render(check.get("when", True), {"inputs": call.checked.clean}))
    except RenderProblem:
        return False


def _items(inputs: Mapping[str, Any], each: str) -> list[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    if not each:
        return [((), inputs)]
    rows = inputs.get(each) or []
    return [((each, index), row) for index, row in enumerate(rows) if isinstance(row, Mapping)]


def _look(
    call: Call, check: Mapping[str, Any], path: tuple[str | int, ...], item: Mapping[str, Any]
) -> list[ErrorItem]:
    needs = check["needs"]
    if not item.get(needs) or item.get(check.get("unless", "")):
        return []
    roots = {"inputs": call.checked.clean, "item": item}
    fallback = call.runner.renderer.render(check.get("fallback", {}), roots)
    named = {**({} if fallback is MISSING else fallback), **item}
    query = call.runner.renderer.render(check["by"], roots)
    rows = call.nested(check["list"], query).data
    fits = [row for row in rows or [] if isinstance(row, Mapping) and _fits(row, named, check["match"])]
    if len(fits) < 2:
        return []
    choices = [{name: at(row, name) for name in ("id", *check["match"])} for row in fits[:20]]
    return [
        ErrorItem(
            "input",
            check["message"],
            pointer=pointer((*path, needs)),
            rule="unambiguous",
            allowed=choices,
            hint=f"{len(fits)} rows of the catalogue fit",
        )
    ]


def _fits(row: Mapping[str, Any], item: Mapping[str, Any], fields: list[str]) -> bool:
    return all(item.get(name) is None or row.get(name) == item[name] for name in fields)
