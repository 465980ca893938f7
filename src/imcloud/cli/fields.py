"""A schema as a flat list of fields, each under the key that a person types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_DEPTH = 8
_PARTS = re.compile(r"(?:[^.\\]|\\.)+")


@dataclass(frozen=True)
class Field:
    """One field: `key` shows items as `lines[].code`; `typed_key` has the first index, `lines[0].code`."""

    key: str
    type: str
    required: bool
    allowed: tuple[Any, ...]
    reference: str | None
    description: str
    group: str
    notes: tuple[str, ...]
    dispute: str | None
    has_fields: bool

    @property
    def name(self) -> str:
        """The last part of the key."""
        return str(_PARTS.findall(self.key)[-1])

    @property
    def top(self) -> str:
        """The first part of the key, without indexes."""
        return str(_PARTS.findall(self.key)[0]).rstrip("[]")

    @property
    def depth(self) -> int:
        """How many fields stand above it."""
        return len(_PARTS.findall(self.key)) - 1

    @property
    def typed_key(self) -> str:
        """The key as typed for the first item."""
        return self.key.replace("[]", "[0]")

    def to_dict(self) -> dict[str, Any]:
        """The field as JSON-ready data."""
        return {
            "key": self.key,
            "type": self.type,
            "required": self.required,
            "allowed": list(self.allowed),
            "reference": self.reference,
            "description": self.description,
            "group": self.group,
            "notes": list(self.notes),
            "dispute": self.dispute,
        }


def fields(schema: Mapping[str, Any]) -> list[Field]:
    """Every field of an object schema, parents before children, in the sequence its author wants."""
    return list(_walk(schema, "", "basic", 0))


def _walk(schema: Mapping[str, Any], at: str, group: str, depth: int) -> Iterator[Field]:
    if depth > MOST_DEPTH:
        return
    required = set(schema.get("required", ()))
    entries = list(schema.get("properties", {}).items())
    places = {name: _ui(spec).get("order", 10_000) for name, spec in entries}
    for name, spec in sorted(entries, key=lambda entry: places[entry[0]]):
        own = str(_ui(spec).get("group", group))
        key = f"{at}.{_quoted(name)}" if at else _quoted(name)
        yield _field(spec, key, name in required, own)
        below, key = _below(spec, key)
        if below is not None:
            yield from _walk(below, key, own, depth + 1)


def _below(spec: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any] | None, str]:
    while isinstance(spec.get("items"), Mapping):
        spec, key = spec["items"], f"{key}[]"
    return (spec, key) if spec.get("properties") else (None, key)


def _field(spec: Mapping[str, Any], key: str, required: bool, group: str) -> Field:
    source = spec.get("x-source") if isinstance(spec.get("x-source"), Mapping) else {}
    assert isinstance(source, Mapping)
    inner = spec.get("items") if isinstance(spec.get("items"), Mapping) else {}
    assert isinstance(inner, Mapping)
    allowed = spec.get("enum") or inner.get("enum") or ()
    return Field(
        key=key,
        type=_type(spec),
        required=required,
        allowed=tuple(allowed),
        reference=_reference(spec) or _reference(inner),
        description=str(spec.get("description") or spec.get("title", "")),
        group=group,
        notes=tuple(_notes(spec, source)),
        dispute=source.get("dispute"),
        has_fields=_below(spec, "")[0] is not None,
    )


def _ui(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    found = spec.get("x-ui")
    return found if isinstance(found, Mapping) else {}


def _type(spec: Mapping[str, Any]) -> str:
    kinds = spec.get("type", "any")
    text = "/".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "array" in text and isinstance(spec.get("items"), Mapping):
        text = f"list of {_type(spec['items'])}"
    shape = spec.get("x-format")
    return f"{text}, {shape}" if shape else text


def _reference(spec: Mapping[str, Any]) -> str | None:
    found = spec.get("x-reference")
    return str(found.get("kind")) if isinstance(found, Mapping) else None if found is None else str(found)


def _notes(spec: Mapping[str, Any], source: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("x-secret"):
        yield "secret"
    if spec.get("default") not in (None, "", [], {}):
        yield f"default {spec['default']}"
    if "const" in spec:
        yield f"always {spec['const']}"
    if "minimum" in spec or "maximum" in spec:
        yield f"{spec.get('minimum', '…')} to {spec.get('maximum', '…')}"
    if source.get("read_only"):
        yield "documented as read-only"


def _quoted(name: str) -> str:
    from imcloud.cli.assign import show

    return show((name,))
