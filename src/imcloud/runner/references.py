"""Pickers: the options of a field that holds a typed id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from imcloud.errors import UnknownName
from imcloud.pack import Action
from imcloud.rendering import MISSING
from imcloud.runner.shape import at

if TYPE_CHECKING:
    from imcloud.runner.connection import Connection
    from imcloud.runner.runner import Runner


@dataclass(frozen=True)
class Option:
    """One choice: `value` goes into the field, `fills` into its neighbours, `label` is for people."""

    value: str
    label: str
    fills: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The option as JSON-ready data."""
        return {"value": self.value, "label": self.label, "fills": dict(self.fills)}


def options(
    runner: Runner,
    action: Action,
    name: str,
    inputs: Mapping[str, Any],
    *,
    search: str | None,
    connection: Connection,
    limit: int,
) -> list[Option]:
    """The options of the field `name` (dotted, for example `lines[0].id`), given the inputs chosen so far.

    Raises `UnknownName` when there is no such field or it has no picker, `ActionFailed` when the list cannot be read.
    """
    spec = reference_of(runner.packs[action.pack].references, field_schema(action, name), name)
    query = runner.renderer.render(spec.get("inputs", {}), {"inputs": inputs})
    query = {} if query is MISSING else dict(query)
    asked = search if search and spec.get("search") else None
    if asked:
        query[spec["search"]] = asked
    bound = None if search and not asked else limit
    rows = runner.run_action(spec["list"], query, connection=connection, max_items=bound).raise_for_outcome().data
    found = [option for row in rows if (option := _option(runner, spec, row)) is not None]
    wanted = [item for item in found if asked or not search or search.lower() in f"{item.label} {item.value}".lower()]
    return wanted[:limit]


def _option(runner: Runner, spec: Mapping[str, Any], row: Mapping[str, Any]) -> Option | None:
    value = at(row, spec["value"])
    if value is None:
        return None
    label = runner.renderer.render(spec.get("label", str(value)), {"row": row})
    fills = runner.renderer.render(spec.get("fills", {}), {"row": row})
    text = re.sub(r"\s+", " ", str(value if label is MISSING else label)).strip()
    return Option(str(value), text, {} if fills is MISSING else fills)


def reference_of(kinds: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The picker of a field: its kind's definition with the field's own changes. Raises `UnknownName`."""
    declared = schema.get("x-reference")
    own = dict(declared) if isinstance(declared, Mapping) else {"kind": declared}
    kind = own.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise UnknownName("field with options", name, ())
    return {**kinds[kind], **own}


def field_schema(action: Action, name: str) -> Mapping[str, Any]:
    """The schema of a field by its dotted name. Raises `UnknownName` with the nearest names."""
    schema: Mapping[str, Any] = action.inputs
    for part in re.findall(r"[^.\[\]]+", name):
        if part.isdigit() and "items" in schema:
            schema = schema["items"]
            continue
        if "properties" not in schema and "items" in schema:
            schema = schema["items"]
        properties = schema.get("properties", {})
        if part not in properties:
            raise UnknownName(f"field of {action.ref}", name, get_close_matches(part, list(properties), n=2))
        schema = properties[part]
    return schema
