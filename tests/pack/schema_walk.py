"""Reads the facts kept as data and finds their paths in the schemas of the pack as the runner loads it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imcloud.pack import Pack
from imcloud.packs.loading import load_pack

PROJECT = Path(__file__).parents[2]
Schema = dict[str, Any]


@functools.cache
def pack() -> Pack:
    """The pack of this repository, loaded once."""
    return load_pack(PROJECT)


@functools.cache
def facts(name: str) -> dict[str, Any]:
    """One of the data files in `tests/facts`."""
    loaded: dict[str, Any] = json.loads((PROJECT / "tests" / "facts" / f"{name}.json").read_text("utf-8"))
    return loaded


def chain(schema: Schema, path: str) -> list[Schema]:
    """The schemas from `schema` to `path` (`products[].mpn`), its own last; empty if it is not there."""
    met = [schema]
    for part in path.split("."):
        name = part.removesuffix("[]")
        if name not in schema.get("properties", {}):
            return []
        schema = schema["properties"][name]
        met.append(schema)
        if part.endswith("[]"):
            schema = schema["items"]
    return [*met[:-1], schema]


def fields(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
    """Every field below `schema`: its path, its schema and whether it is required."""
    for name, child in schema.get("properties", {}).items():
        yield prefix + name, child, name in schema.get("required", ())
        if "items" in child:
            yield from fields(child["items"], f"{prefix}{name}[].")
        else:
            yield from fields(child, f"{prefix}{name}.")


def marked(schemas: list[Schema], mark: str) -> bool:
    """Whether one of the schemas says `mark` in its `x-source`: a mark holds for all that is inside."""
    return any(schema.get("x-source", {}).get(mark, False) for schema in schemas)
