"""Reads the `x-` annotations of a schema beside the data they describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imcloud.secrets import MASK, Secret
from imcloud.strict_json import pointer


@dataclass(frozen=True)
class Place:
    """A value in data, with the schema that describes it."""

    path: tuple[str | int, ...]
    schema: Mapping[str, Any]
    value: Any

    @property
    def pointer(self) -> str:
        """The JSON pointer of the value."""
        return pointer(self.path)


def places(schema: Mapping[str, Any], data: Any, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every value of `data` that the schema describes, from the outside in."""
    yield Place(path, schema, data)
    if isinstance(data, Mapping):
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in data.items():
            child = properties.get(key, extra)
            if isinstance(child, Mapping):
                yield from places(child, item, (*path, key))
    elif isinstance(data, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(data):
            yield from places(schema["items"], item, (*path, index))


def mask(schema: Mapping[str, Any], data: Any) -> Any:
    """A copy of `data` in which what the schema marks `x-secret` is masked. Absent and null values stay as they are."""
    if data is not None and schema.get("x-secret"):
        return MASK
    if isinstance(data, Mapping):
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        return {key: mask(_schema(properties.get(key, extra)), item) for key, item in data.items()}
    if isinstance(data, list):
        items = _schema(schema.get("items"))
        return [mask(items, item) for item in data]
    return data


def secret_texts(schema: Mapping[str, Any], data: Any) -> tuple[Secret, ...]:
    """Every text in `data` that the schema marks `x-secret`, to be masked where somebody else repeats it."""
    found = {place.value for place in places(schema, data) if place.schema.get("x-secret") and place.value}
    return tuple(Secret(value) for value in found if isinstance(value, str))


def _schema(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
