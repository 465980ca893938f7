"""The validator: JSON Schema 2020-12 with our own keywords, strict types, and nothing fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from imcloud.inputs.formats import FORMATS

SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+[0-9]+")  # what a spreadsheet makes of a long number
NOTHING = re.compile(r"None|null|NULL|nil|undefined|NaN|nan")  # what other languages make of a missing id
_ODD_ID = re.compile(rf"\A(?:{NOTHING.pattern})\Z|\A\s|\s\Z|[\r\n\t]|\A{SHORTENED.pattern}\Z")


def schema_faults(schema: Mapping[str, Any], data: Any) -> Iterator[Any]:
    """The library's own errors for `data`, lazily. Their texts are never shown: they print values."""
    yield from _validator(_ById(schema)).iter_errors(_without_nulls(schema, data))


def _without_nulls(schema: Mapping[str, Any], data: Any) -> Any:
    """A view in which nulls that may be left out are left out: null travels as null and breaks no rule."""
    if isinstance(data, Mapping):
        properties, needed = schema.get("properties", {}), schema.get("required", ())
        extra = schema.get("additionalProperties")
        kept: dict[str, Any] = {}
        for key, item in data.items():
            known = key in properties or isinstance(extra, Mapping)
            if item is not None or key in needed or not known:
                kept[key] = _without_nulls(_schema(properties.get(key, extra)), item)
        return kept
    if isinstance(data, list):
        return [_without_nulls(_schema(schema.get("items")), item) for item in data]
    return data


def _schema(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


class _ById:
    """Makes a schema a key by its identity; the cache keeps it alive, so that the identity stays its own."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.schema is self.schema


@lru_cache(maxsize=256)
def _validator(key: _ById) -> Any:
    registry: Registry[Any] = Registry()
    return _Validator(key.schema, registry=registry)


def _x_format(_: Any, name: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and name in FORMATS and not FORMATS[name].check(instance):
        yield ValidationError("x-format")


def _x_reference(_: Any, __: Any, instance: Any, ___: Any) -> Iterator[ValidationError]:
    # Typed ids are opaque, yet no id has blanks around it, a line break in it, or a spreadsheet's exponent.
    if isinstance(instance, str) and instance and _ODD_ID.search(instance):
        yield ValidationError("x-reference")


def _pattern(_: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # `$` means the end of the text; Python's own `$` would let a final line break through.
    if not isinstance(instance, str) or len(instance) > schema.get("maxLength", len(instance)):
        return  # too long is told by its own rule, and no pattern is run over it
    if not re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), instance):
        yield ValidationError("pattern")


def _required(_: Any, names: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    # One error for all names; who reads it looks up which ones are missing.
    if isinstance(instance, Mapping) and any(name not in instance for name in names):
        yield ValidationError("required")


def _dependent(_: Any, needs: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    if any(name not in instance for given, names in needs.items() if given in instance for name in names):
        yield ValidationError("dependentRequired")


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # A list that is too long is one fault, not a hundred thousand.
    if isinstance(instance, list) and len(instance) <= schema.get("maxItems", len(instance)):
        for index, item in enumerate(instance):
            yield from validator.descend(item, items, path=index)


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(_: Any, value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # untyped in the library
    Draft202012Validator,
    validators={
        "x-format": _x_format,
        "x-reference": _x_reference,
        "pattern": _pattern,
        "required": _required,
        "dependentRequired": _dependent,
        "items": _items,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer).redefine("number", _is_number),
)
