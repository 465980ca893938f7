"""Checks files against the meta-schemas, with the line of every fault and words for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import imcloud
from imcloud.errors import PackError
from imcloud.findings import Finding
from imcloud.strict_json import pointer
from imcloud.strict_yaml import Document


@dataclass(frozen=True)
class Fault:
    """One fault of a file: `at` is the JSON pointer of its place, `rule` the keyword of the meta-schema it breaks."""

    at: str
    rule: str
    message: str
    hint: str = ""


@cache
def meta_schema(name: str) -> dict[str, Any]:
    """The meta-schema `name` (`manifest`, `action`, `input_schema`, `runbook`), which ships with this package.

    `schema` is the part of `input_schema` that every other schema of a pack follows.
    """
    if name == "schema":
        return {"$ref": "#/$defs/schema", "$defs": meta_schema("input_schema")["$defs"]}
    for folder in imcloud.__path__:
        file = Path(folder) / "schemas" / "meta" / f"{name}.json"
        if file.is_file():
            loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return loaded
    raise PackError(f"the meta-schema {name!r} is missing: the installation is damaged")


def check_meta(name: str, document: Document, path: str, code: str = "IM002") -> list[Finding]:
    """All faults of a parsed file against the meta-schema `name`, in the sequence of their lines."""
    return sorted(
        {
            Finding(path, line_of(document.lines, fault.at), code, "error", fault.message, fault.hint)
            for fault in meta_faults(name, document.value)
        }
    )


def meta_faults(name: str, value: Any) -> Iterator[Fault]:
    """All faults of plain data against the meta-schema `name`. An unknown key has the rule `unknown`."""
    for error in _validator(name).iter_errors(value):
        yield from [_forbidden(name, error, value)] if error.validator is None else _faults(name, error)


def line_of(lines: Mapping[str, int], at: str) -> int:
    """The 1-based line of a pointer, or of the nearest place around it that is in the file."""
    while at and at not in lines:
        at = at.rpartition("/")[0]
    return lines.get(at, 1)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    return Draft202012Validator(meta_schema(name), registry=registry)


def _faults(name: str, error: Any) -> Iterator[Fault]:
    at, rule = pointer(error.absolute_path), str(error.validator)
    if rule == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                yield _unknown(at, key, known)
        return
    triggers = _trigger(name, error).get("required", ())
    if rule == "enum" and triggers and at.endswith("/class"):
        yield _wrong_class(at.removesuffix("/class"), triggers[0], error)
        return
    message, hint = _words(rule, error)
    yield Fault(at, rule, f"{at or 'the file'}: {message}", hint)


def _unknown(at: str, key: str, known: Sequence[str]) -> Fault:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}" if known else ""
    return Fault(f"{at}{pointer([key])}", "unknown", f"{at or 'the file'}: unknown key {key!r}", hint)


def _wrong_class(effect: str, key: str, error: Any) -> Fault:
    allowed = " and ".join(f"class {value!r}" for value in error.validator_value)
    message = f"{effect}: {key!r} goes with {allowed}, not with class {error.instance!r}"
    return Fault(f"{effect}/{key}", "enum", message, f"take {key!r} out, or change the class")


def _forbidden(name: str, error: Any, value: Any) -> Fault:
    """A key that may not stand beside what else is there. The validator's paths end at the mapping around it."""
    around = pointer(error.absolute_path)
    for part in error.absolute_path:
        value = value[part]
    rules = _node(name, list(error.absolute_schema_path))
    key = next((key for key, rule in rules.items() if rule is False and value.get(key) is error.instance), "")
    triggers = " and ".join(map(repr, _trigger(name, error).get("required", ())))
    beside = f" beside {triggers}" if triggers and "then" in error.absolute_schema_path else " here"
    return Fault(f"{around}{pointer([key])}", "forbidden", f"{around or 'the file'}: {key!r} may not stand{beside}")


def _trigger(name: str, error: Any) -> Mapping[str, Any]:
    """The condition of the innermost `if` that an error comes from; empty when there is none."""
    parts = list(error.absolute_schema_path)
    branches = [index for index, part in enumerate(parts) if part in ("then", "else")]
    condition = _node(name, parts[: branches[-1]]).get("if", {}) if branches else {}
    return condition if isinstance(condition, Mapping) else {}


def _node(name: str, parts: Sequence[str | int]) -> Mapping[str, Any]:
    node: Any = meta_schema(name)
    for part in parts:
        # The validator leaves `$ref` and `if` out of its paths.
        while isinstance(node, dict) and part not in node and "$ref" in node:
            node = meta_schema(name)["$defs"][node["$ref"].rpartition("/")[2]]
        node = node.get(part, {}) if isinstance(node, dict) else node[part]
    return node if isinstance(node, Mapping) else {}


def _words(rule: str, error: Any) -> tuple[str, str]:
    """The message and the hint for a fault."""
    limit, purpose = error.validator_value, str(error.schema.get("description", ""))
    if rule == "enum":
        allowed = [str(value) for value in limit]
        close = get_close_matches(str(error.instance), allowed, n=1)
        return f"must be one of {', '.join(allowed)}", f"did you mean {close[0]!r}?" if close else ""
    if rule in ("anyOf", "oneOf"):
        return "is none of the forms that may stand here", _choices(error) or purpose
    return _message(rule, limit, error.instance), "" if rule == "required" else purpose


def _message(rule: str, limit: Any, value: Any) -> str:
    match rule:
        case "required":
            return f"missing {', '.join(key for key in limit if key not in value)}"
        case "dependentRequired":
            needs = {key for name, keys in limit.items() if name in value for key in keys}
            return f"missing {', '.join(sorted(needs - value.keys()))}"
        case "type":
            return f"must be {_types(limit)}, not {_type_of(value)}"
        case "const":
            return f"must be {json.dumps(limit)}"
    return f"{_LIMITS.get(rule, 'breaks a rule of the format').format(limit)} ({rule})"


_LIMITS = {
    "pattern": "does not look like what may stand here",
    "minLength": "must have at least {} character(s)",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} item(s)",
    "maxItems": "must have at most {} items",
    "minProperties": "must have at least {} key(s)",
    "maxProperties": "must have at most {} key(s)",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "uniqueItems": "must not name anything twice",
}
_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _types(wanted: str | Sequence[str]) -> str:
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    return " or ".join(_TYPES.get(kind, kind) for kind in kinds)


def _type_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _choices(error: Any) -> str:
    """What may stand in the place, from the descriptions of the alternatives."""
    told = [str(item.schema.get("description", "")) for item in error.context if isinstance(item.schema, dict)]
    unique = list(dict.fromkeys(text.rstrip(".") for text in told if text))
    return "; or ".join(unique)
