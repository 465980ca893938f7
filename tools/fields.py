"""A schema as the flat list of fields that a reference page shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
MOST_DEPTH = 8
_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}


@dataclass(frozen=True)
class Field:
    """One field; `path` is dotted, with `[]` after a list: `products[].mpn`."""

    path: str
    type: str
    required: bool
    description: str
    allowed: tuple[Any, ...]
    known: tuple[Any, ...]
    reference: str | None
    group: str
    source: Schema
    secret: bool
    default: Any
    bounds: tuple[Any, Any]

    @property
    def read_only(self) -> bool:
        """Whether one of the documents calls it read-only."""
        return bool(self.source.get("read_only"))

    @property
    def dispute(self) -> str | None:
        """What the documents disagree about."""
        return self.source.get("dispute")

    @property
    def documented(self) -> str:
        """Which of the two documents has it."""
        guide, vendor = self.source.get("guide"), self.source.get("vendor")
        return "both" if guide and vendor else "guide" if guide else "vendor" if vendor else ""


def fields(schema: Schema) -> list[Field]:
    """Every field of an object schema, parents before children, in the sequence their author gave."""
    return list(_walk(schema, "", "basic", 0))


def _walk(schema: Schema, at: str, group: str, depth: int) -> Iterator[Field]:
    if depth > MOST_DEPTH:
        return
    children = sorted(schema.get("properties", {}).items(), key=lambda item: item[1].get("x-ui", {}).get("order", 999))
    for name, child in children:
        own = child.get("x-ui", {}).get("group", group) if not at else group
        path = f"{at}.{name}" if at else name
        yield _field(child, path, name in schema.get("required", ()), own)
        below, path = _inside(child, path)
        yield from _walk(below, path, own, depth + 1)


def _inside(schema: Schema, path: str) -> tuple[Schema, str]:
    while "items" in schema:
        schema, path = schema["items"], f"{path}[]"
    return schema, path


def _field(schema: Schema, path: str, required: bool, group: str) -> Field:
    inner = _inside(schema, path)[0]
    return Field(
        path=path,
        type=_type(schema),
        required=required,
        description=schema.get("description", ""),
        allowed=tuple(schema.get("enum") or inner.get("enum") or ()),
        known=tuple(schema.get("x-known-values") or inner.get("x-known-values") or ()),
        reference=_reference(schema) or _reference(inner),
        group=group,
        source=schema.get("x-source", {}),
        secret=bool(schema.get("x-secret")),
        default=schema.get("default"),
        bounds=(schema.get("minimum"), schema.get("maximum")),
    )


def _type(schema: Schema) -> str:
    kinds = schema.get("type", "any")
    kind = kinds if isinstance(kinds, str) else next(name for name in kinds if name != "null")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and not schema.get("properties") and isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of {_type(schema['additionalProperties'])}"
    named = _TYPES.get(kind, kind)
    return f"{named}, {schema['x-format']}" if "x-format" in schema else named


def _reference(schema: Schema) -> str | None:
    found = schema.get("x-reference")
    return found["kind"] if isinstance(found, Mapping) else found
