"""Text to types, where the schema wants another type and nothing is lost. A text field never changes.

Automation tools and spreadsheets send everything as text, and ids as numbers; every change is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs.naming import Path, fault
from imcloud.inputs.plain import plain_data
from imcloud.secrets import MASK
from imcloud.strict_json import parse_json, plain, pointer

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_BOOLEANS = {"true": True, "false": False}
_EXACT = 2**53  # from here on a float may stand for another whole number than the one that was meant
Change = dict[str, Any]


def coerce(schema: Mapping[str, Any], data: dict[str, Any]) -> tuple[dict[str, Any], list[Change], list[ErrorItem]]:
    """`data` with coerced values, the changes as `{pointer, from, to}`, secrets masked, and faults of JSON texts."""
    work = _Coercion()
    return work.value(schema, data, ()), work.changes, work.faults


class _Coercion:
    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.faults: list[ErrorItem] = []

    def value(self, schema: Mapping[str, Any], value: Any, path: Path) -> Any:
        kinds = kinds_of(schema)
        changed = self._json(kinds, value, path) if _is_json_text(kinds, value) else _scalar(kinds, value)
        if changed is not value:
            self.changes.append({"pointer": pointer(path), **_shown(schema, value, changed)})
        if isinstance(changed, dict):
            return {key: self.value(_child(schema, key), item, (*path, key)) for key, item in changed.items()}
        if isinstance(changed, list):
            items = schema.get("items")
            known = items if isinstance(items, Mapping) else {}
            return [self.value(known, item, (*path, index)) for index, item in enumerate(changed)]
        return changed

    def _json(self, kinds: tuple[str, ...], text: str, path: Path) -> Any:
        try:
            parsed = parse_json(text.encode("utf-8"))
        except ValueError as error:
            reason = str(error).removeprefix("not JSON: ")
            self.faults.append(fault(path, "json", f"holds JSON text that cannot be read: {reason}"))
            return text
        if not isinstance(parsed, dict if "object" in kinds else list) and not {"object", "array"} <= set(kinds):
            return text
        # What came as text has not been looked at yet: half characters, masks and depth are found only now.
        clean, found = plain_data(parsed, path)
        self.faults += found
        return text if clean is None else clean


def kinds_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types a schema names; empty when it takes anything."""
    wanted = schema.get("type")
    return (wanted,) if isinstance(wanted, str) else tuple(wanted or ())


def holds_secret(schema: Mapping[str, Any]) -> bool:
    """Whether the value that a schema describes is a secret, or has one somewhere in it."""
    if schema.get("x-secret"):
        return True
    inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(holds_secret(child) for child in inner if isinstance(child, Mapping))


def _shown(schema: Mapping[str, Any], before: Any, after: Any) -> Change:
    # A whole JSON text may have the secret under a misspelt name: where one belongs, nothing of it is shown.
    if holds_secret(schema):
        return {"from": MASK, "to": MASK}
    return {"from": plain(before)[0], "to": plain(after)[0]}


def _child(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else {}


def _is_json_text(kinds: tuple[str, ...], value: Any) -> bool:
    return (
        isinstance(value, str)
        and "string" not in kinds
        and bool({"object", "array"} & set(kinds))
        and value.strip()[:1] in ("{", "[")
    )


def _scalar(kinds: tuple[str, ...], value: Any) -> Any:
    if not kinds or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if "string" in kinds else next(_readings(kinds, value.strip()), value)
    if isinstance(value, int):
        return str(value) if "string" in kinds and not {"integer", "number"} & set(kinds) else value
    if isinstance(value, float | Decimal) and "integer" in kinds and "number" not in kinds:
        exact = -_EXACT < value < _EXACT and value == int(value)
        return int(value) if exact else value
    return value


def _readings(kinds: tuple[str, ...], text: str) -> Iterator[Any]:
    if "boolean" in kinds and text.lower() in _BOOLEANS:
        yield _BOOLEANS[text.lower()]
    if {"integer", "number"} & set(kinds) and _INTEGER.fullmatch(text):
        yield int(text)
    if _NUMBER.fullmatch(text):
        number = Decimal(text)
        if number == int(number) and {"integer", "number"} & set(kinds):
            yield int(number)
        elif "number" in kinds:
            yield number
