"""The shape of a runbook's file: its meta-schema, with messages for people.

Two things that other engines allow are explained rather than merely refused: several targets, and joins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from imcloud.findings import Finding
from imcloud.packs.meta import meta_schema
from imcloud.runbooks.model import escape

ONE_WAY = (
    "one task leads to exactly one other: the first transition that is true is taken, and no other "
    "(Rewst and Orquesta follow all). Put the tasks one below the other, or use `with` for one action over many items"
)
_FORKS = {"join", "transition_mode", "transitionMode", "follow", "follow_all"}


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    return Draft202012Validator(meta_schema("runbook"), registry=registry)


def shape_findings(value: Any, path: str, lines: Mapping[str, int]) -> list[Finding]:
    """What the meta-schema has to say: RB001 wrong shape, RB002 unknown key, RB033 several ways at once."""
    found: list[Finding] = []
    for error in _validator().iter_errors(value):
        pointer = "".join(f"/{escape(str(part))}" for part in error.absolute_path)
        for code, where, message, hint in _explain(error, pointer):
            found.append(Finding(path, _line(lines, where), code, "error", message, hint))
    return sorted(set(found))


def _line(lines: Mapping[str, int], pointer: str) -> int:
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer, 1)


def _explain(error: Any, pointer: str) -> Iterator[tuple[str, str, str, str]]:
    where = pointer or "the file"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        yield from _unknown_keys(error, pointer)
    elif error.validator == "required":
        missing = next(
            key for key in error.validator_value if key not in error.instance and f"'{key}'" in error.message
        )
        yield "RB001", pointer, f"{where}: the key {missing!r} is missing", _what(error.schema, missing)
    elif pointer.endswith("/do") and isinstance(error.instance, list):
        yield "RB033", pointer, f"{where}: several targets; {ONE_WAY}", "write one task name"
    elif error.validator == "const":
        yield "RB001", pointer, f"{where}: this version understands {error.validator_value!r} only", ""
    else:
        yield "RB001", pointer, f"{where}: {_rule(error)}", str(error.schema.get("description", ""))


def _unknown_keys(error: Any, pointer: str) -> Iterator[tuple[str, str, str, str]]:
    known = sorted(error.schema.get("properties", ()))
    for key in error.instance:
        if key in known:
            continue
        child = f"{pointer}/{escape(str(key))}"
        if key in _FORKS:
            yield "RB033", child, f"{child}: {ONE_WAY}", "take the key out"
            continue
        near = get_close_matches(str(key), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        yield "RB002", child, f"{child}: unknown key {str(key)!r}", hint


def _what(schema: Mapping[str, Any], key: str) -> str:
    properties = schema.get("properties")
    return str(properties.get(key, {}).get("description", "")) if isinstance(properties, Mapping) else ""


_TYPES = {"object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number", "null": "nothing"}


def _rule(error: Any) -> str:
    value, rule = error.validator_value, error.validator
    if rule == "type":
        wanted = [value] if isinstance(value, str) else list(value)
        return "must be " + " or ".join(_TYPES.get(name, f"a {name}") for name in wanted)
    if rule == "enum":
        return "must be one of " + ", ".join(map(repr, value))
    if rule == "pattern":
        return f"{error.instance!r} is not a name that may stand here ({value})"
    if rule == "not":
        return f"{error.instance!r} is a reserved word"
    if rule == "anyOf":
        return "must be a number of seconds or an expression"
    return {
        "minLength": "must not be empty",
        "minItems": "must not be empty",
        "minProperties": "must not be empty",
        "minimum": f"must be at least {value}",
        "exclusiveMinimum": f"must be more than {value}",
    }.get(rule, f"is beyond its limit ({rule} {value})")
