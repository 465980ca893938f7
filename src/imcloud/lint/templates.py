"""The rules of templates: each compiles, and reads only what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from imcloud.findings import Finding
from imcloud.lint.book import Book
from imcloud.lint.reads import Parsed, Read, missing_step, reads, templates
from imcloud.lint.rules import remark
from imcloud.lint.spots import Spot, action_spots, manifest_spots, schema_spots
from imcloud.rendering import RenderProblem

OURS = ("inputs", "item", "connection")


def check_templates(book: Book) -> Iterator[Finding]:
    """IM030, IM035 and IM036 over every template of the pack."""
    if book.sources.manifest is not None and book.manifest:
        for spot in manifest_spots(book, book.sources.manifest):
            yield from _spot(book, spot)
    for entry in book.entries.values():
        for spot in action_spots(book, entry):
            yield from _spot(book, spot)
    for spot in schema_spots(book):
        yield from _spot(book, spot)


def _spot(book: Book, spot: Spot) -> Iterator[Finding]:
    for found in templates(book.renderer, spot.value, spot.roots.keys(), spot.at):
        if isinstance(found, RenderProblem):
            yield remark("IM030", spot.source, found.where or spot.at, found.message)
        else:
            yield from _reads(spot, found)


def _reads(spot: Spot, parsed: Parsed) -> Iterator[Finding]:
    told: set[str] = set()
    for read in reads(parsed.tree):
        schema = spot.roots.get(read.root)
        gone = missing_step(schema, read.steps) if schema else None
        if schema is None or gone is None or f"{read}" in told:
            continue
        told.add(f"{read}")
        ours = read.root in OURS
        near = get_close_matches(gone, list(_around(schema, read, gone)), n=1)
        what = f"there is no {read}" if ours else f"the answer's schema has no {read}"
        hint = f"did you mean {near[0]!r}?" if near else ""
        yield remark("IM035" if ours else "IM036", spot.source, parsed.at, what, hint)


def _around(schema: Mapping[str, Any], read: Read, gone: str) -> Mapping[str, Any]:
    """The fields beside the one that is not there."""
    for step in read.steps:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if step == gone:
            return properties
        child = schema.get("items") if isinstance(step, int) else properties.get(step)
        schema = child if isinstance(child, Mapping) else {}
    return {}
