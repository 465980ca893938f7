"""What of a request may be shown: everything but secrets, decided by schema and by place, not by guessing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from imcloud.secrets import MASK, Secret
from imcloud.strict_json import pointer

Secrets = Collection[str] | Callable[[str], bool]
_ALWAYS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


def secret_pointers(schema: Mapping[str, Any], data: Any) -> set[str]:
    """JSON pointers of the places in `data` that the schema (references inlined) marks `x-secret`."""
    return set(_walk(schema, data, ()))


def mask_at(data: Any, secrets: Secrets, parts: tuple[str | int, ...] = ()) -> Any:
    """A copy of the data with a mask at those pointers, and wherever a `Secret` stands."""
    if isinstance(data, Secret) or (data is not None and _hit(secrets, pointer(parts))):
        return MASK
    if isinstance(data, Mapping):
        return {key: mask_at(item, secrets, (*parts, key)) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [mask_at(item, secrets, (*parts, index)) for index, item in enumerate(data)]
    return data


def mask_headers(headers: Mapping[str, str], *, every: bool = False) -> dict[str, str]:
    """Headers with the credentials of the usual places (or every value) masked; of `Authorization` the scheme stays."""
    return {name: _masked(name.lower(), value, every) for name, value in headers.items()}


def _masked(name: str, value: str, every: bool) -> str:
    if name not in _ALWAYS:
        return MASK if every else value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {MASK}" if blank else MASK


def _hit(secrets: Secrets, where: str) -> bool:
    return secrets(where) if callable(secrets) else where in secrets


def _walk(schema: Any, data: Any, parts: tuple[str | int, ...]) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    if schema.get("x-secret"):
        yield pointer(parts)
    for key in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(key, ()):
            yield from _walk(branch, data, parts)
    for key in ("if", "then", "else"):
        yield from _walk(schema.get(key), data, parts)
    if isinstance(data, Mapping):
        properties = schema.get("properties", {})
        for name, item in data.items():
            yield from _walk(properties.get(name, schema.get("additionalProperties")), item, (*parts, name))
    elif isinstance(data, list | tuple):
        first = schema.get("prefixItems", [])
        for index, item in enumerate(data):
            yield from _walk(first[index] if index < len(first) else schema.get("items"), item, (*parts, index))
