"""The one way inputs take: plain data, then text to types, then the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs.coercion import coerce
from imcloud.inputs.plain import plain_data
from imcloud.inputs.validation import input_errors, one_for_each_place


@dataclass(frozen=True)
class Checked:
    """`clean` is what may be sent, a copy; `coerced` lists `{pointer, from, to}`; with `errors` nothing may be sent."""

    clean: dict[str, Any]
    coerced: tuple[dict[str, Any], ...]
    errors: tuple[ErrorItem, ...]


def validate_inputs(schema: Mapping[str, Any], data: Mapping[str, Any] | None) -> Checked:
    """Check `data` against an input schema (references inlined). Never raises for what `data` holds."""
    plain, faults = plain_data({} if data is None else data)
    if not isinstance(plain, dict):
        what = ErrorItem("input", "the inputs must be an object of names and values", pointer="", rule="type")
        return Checked({}, (), tuple(faults) or (what,))
    clean, changes, unreadable = coerce(schema, plain)
    errors = one_for_each_place(input_errors(schema, clean), first=[*faults, *unreadable])
    return Checked(clean, tuple(changes), errors)
