"""One broken rule of a schema, in words. No word is taken from the value: values may be secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs.formats import FORMATS
from imcloud.inputs.naming import Path, fault, listed, printable
from imcloud.inputs.rules import NOTHING, SHORTENED
from imcloud.inputs.suggestions import boolean_meant, elsewhere, nearest, number_hint, shape_hint, text_hint

ID_PATTERN = "^[A-Za-z0-9_-]+$"
_LIMITS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "minItems": "must have at least {} item(s)",
    "minProperties": "must have at least {} field(s)",
    "const": "must be {}",
    "anyOf": "has none of the forms that are possible here",
    "oneOf": "must have exactly one of the forms that are possible here",
    "not": "has a form that is not possible here",
}
_TYPE_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def items_of(error: Any) -> Iterator[ErrorItem]:
    """Our own errors for one of the library's: one for each missing or unknown field."""
    path: Path = tuple(error.absolute_path)
    rule = str(error.validator)
    if rule == "required":
        yield from _missing(error, path)
    elif rule == "additionalProperties" and isinstance(error.instance, Mapping):
        yield from _unknown(error, path)
    elif rule == "dependentRequired":
        yield from _dependent(error, path)
    else:
        yield _broken(error, path, rule)


def _missing(error: Any, path: Path) -> Iterator[ErrorItem]:
    for name in error.validator_value:
        if name not in error.instance:
            schema = error.schema.get("properties", {}).get(name, {})
            yield fault((*path, name), "required", "is required", hint=shape_hint(schema), allowed=schema.get("enum"))


def _dependent(error: Any, path: Path) -> Iterator[ErrorItem]:
    for given, needed in error.validator_value.items():
        for name in needed if given in error.instance else ():
            if name not in error.instance:
                yield fault((*path, name), "required", f"is required when {given} is given")


def _unknown(error: Any, path: Path) -> Iterator[ErrorItem]:
    known = list(error.schema.get("properties", {}))
    for name in error.instance:
        if name not in known:
            yield _unknown_name(error.schema, path, name, known)


def _unknown_name(schema: Mapping[str, Any], path: Path, name: str, known: list[str]) -> ErrorItem:
    place = elsewhere(schema, name)
    close = None if place == name or "[" in name else nearest(name, known)
    if place is not None and (close is None or close.lower() != name.lower()):
        hint = f"it belongs deeper: {place}"
        if place == name or "." in name:
            hint = (
                f"a name with a dot is not split: give {place.split('.')[0].removesuffix('[]')} as {_container(place)}"
            )
        item = fault((*path, name), "unknown", "is not an input here", hint=hint, allowed=known, nearest=place)
    else:
        item = fault((*path, name), "unknown", "is not an input here", allowed=known, nearest=close)
    return item


def _container(place: str) -> str:
    first, _, rest = place.partition(".")
    return f"{'a list of objects' if first.endswith('[]') else 'an object'} with {printable(rest)} in it"


def _broken(error: Any, path: Path, rule: str) -> ErrorItem:
    words = _WORDS.get(rule)
    if words is not None:
        return words(error, path, error.instance)
    return fault(path, rule, _LIMITS.get(rule, "breaks a rule of its schema").format(error.validator_value))


def _not_listed(error: Any, path: Path, value: Any) -> ErrorItem:
    allowed = list(error.validator_value)
    close = nearest(value, allowed) if isinstance(value, str) and value.strip() else None
    message = f"must be one of {', '.join(map(str, allowed))}"
    hint = text_hint(value) if isinstance(value, str) and close is None else None
    return fault(path, "enum", message, allowed=allowed, nearest=close, hint=hint)


def _wrong_type(error: Any, path: Path, value: Any) -> ErrorItem:
    wanted = error.validator_value
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    message = f"must be {' or '.join(_TYPE_WORDS.get(kind, kind) for kind in kinds)}, not {_kind_of(value)}"
    if error.schema.get("x-format") == "decimal" and isinstance(value, float | Decimal):
        hint = "write the amount as text, in quotation marks: a number may lose cents"
        return fault(path, "type", message, hint=hint)
    if "boolean" in kinds and isinstance(value, str | int) and (meant := boolean_meant(str(value))) is not None:
        return fault(path, "type", message, nearest=meant)
    return fault(path, "type", message, hint=_type_hint(kinds, value))


def _type_hint(kinds: Sequence[str], value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and {"integer", "number"} & set(kinds):
        return number_hint(value, whole="number" not in kinds)
    signs = (
        (isinstance(value, str) and value.strip()[:1] == "[", "its JSON text holds a list"),
        (isinstance(value, str) and value.strip()[:1] == "{", "its JSON text holds an object"),
        ("array" in kinds, "put it into a list, also when it is only one"),
        ("object" in kinds and isinstance(value, list), "give the object itself, without the list around it"),
        ("string" in kinds and isinstance(value, float | Decimal), "write it as text, in quotation marks"),
    )
    return next((words for shows, words in signs if shows), None)


def _misshapen(error: Any, path: Path, value: str) -> ErrorItem:
    named = FORMATS[error.validator_value]
    return fault(path, "x-format", named.words, hint=named.hint(value) or text_hint(value))


def _unmatched(error: Any, path: Path, value: str) -> ErrorItem:
    return fault(path, "pattern", _pattern_words(error), hint=text_hint(value))


def _odd_id(_: Any, path: Path, value: str) -> ErrorItem:
    if NOTHING.fullmatch(value):
        return fault(
            path, "id", "is not an id but a word for a missing one", hint="find out why its source gave nothing"
        )
    if SHORTENED.fullmatch(value):
        return fault(path, "id", "is not an id but a shortened number", hint=text_hint(value))
    return fault(path, "id", "may not have blanks or line breaks around it or in it", hint=text_hint(value))


def _size(error: Any, path: Path, value: Any) -> ErrorItem:
    rule, limit, secret = str(error.validator), error.validator_value, bool(error.schema.get("x-secret"))
    noun = "field" if rule == "maxProperties" else "item" if rule == "maxItems" else "character"
    nouns = noun if limit == 1 else f"{noun}s"
    if rule == "minLength":
        return fault(path, rule, f"must have at least {limit} {nouns}" if value else "is empty")
    count = "" if secret else f", not {len(value)}"
    return fault(path, rule, f"must have at most {limit} {nouns}{count}")


def _pattern_words(error: Any) -> str:
    if error.validator_value == ID_PATTERN:
        return "may consist of letters A to Z, digits 0 to 9, '_' and '-' only"
    examples = error.schema.get("examples")
    if examples:
        return f"must look like {listed(examples[:2])}"
    return f"must match {error.validator_value}"


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float | Decimal):
        return "a number with a fraction" if value % 1 else "a number written with a point"
    return "a text" if isinstance(value, str) else "an object" if isinstance(value, Mapping) else "a list"


_WORDS: dict[str, Callable[[Any, Path, Any], ErrorItem]] = {
    "enum": _not_listed,
    "type": _wrong_type,
    "x-format": _misshapen,
    "x-reference": _odd_id,
    "pattern": _unmatched,
    "minLength": _size,
    "maxLength": _size,
    "maxItems": _size,
    "maxProperties": _size,
}
