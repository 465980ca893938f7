"""Every place of a pack where a template may stand, with the roots that it has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imcloud.lint.book import Book, Entry
from imcloud.lint.schemas import nodes_of
from imcloud.lint.sources import Source

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Spot:
    """A value with templates in it. `roots` gives for each root its schema, null where it is not known."""

    source: Source
    at: str
    value: Any
    roots: Mapping[str, Schema | None] = field(default_factory=dict)


def action_spots(book: Book, entry: Entry) -> Iterator[Spot]:
    """The templates of an action's manifest."""
    raw, source, inputs = entry.raw, entry.source, {"inputs": entry.inputs or None}
    for key in ("method", "path", "query", "body"):
        if key in raw["request"]:
            yield Spot(source, f"/request/{key}", raw["request"][key], inputs)
    data = {"data": None if entry.is_list else entry.output or None}
    for key in ("pending", "failed"):
        if key in raw["outputs"]:
            yield Spot(source, f"/outputs/{key}", raw["outputs"][key], data)
    yield Spot(source, "/outputs/derived", raw["outputs"].get("derived"), {"row": entry.output or None})
    yield from _checks(entry)
    yield from _effect(book, entry)


def _checks(entry: Entry) -> Iterator[Spot]:
    inputs: dict[str, Schema | None] = {"inputs": entry.inputs or None}
    for index, check in enumerate(entry.raw.get("checks", ())):
        at = f"/checks/{index}"
        item = entry.fields.get(check["each"], {}).get("items") if check["each"] else entry.inputs
        yield Spot(entry.source, f"{at}/when", check.get("when"), inputs)
        for key in ("by", "fallback"):
            yield Spot(entry.source, f"{at}/{key}", check.get(key), {**inputs, "item": item or None})


def _effect(book: Book, entry: Entry) -> Iterator[Spot]:
    inputs: dict[str, Schema | None] = {"inputs": entry.inputs or None}
    effect = entry.raw["effect"]
    for index, step in enumerate(effect.get("preflight", ())):
        if isinstance(step, dict):
            at, other = f"/effect/preflight/{index}", book.entries.get(step["action"])
            answer = None if other is None or other.is_list else other.output or None
            for key in ("when", "inputs"):
                yield Spot(entry.source, f"{at}/{key}", step.get(key), inputs)
            yield Spot(entry.source, f"{at}/passes", step.get("passes"), {"data": answer})
    for key in ("lookup", "verify"):
        for index, item in enumerate(effect.get(key, {}).get("compare", ())):
            if isinstance(item, dict):
                yield Spot(entry.source, f"/effect/{key}/compare/{index}/when", item.get("when"), inputs)


def manifest_spots(book: Book, source: Source) -> Iterator[Spot]:
    """The templates of the pack's manifest."""
    connection: dict[str, Any] = book.manifest.get("connection", {})
    form: dict[str, Schema | None] = {"connection": book.form or None}
    yield Spot(source, "/connection/headers", connection.get("headers"), form)
    sign_in = connection.get("sign_in", {})
    for key in ("basic", "body"):
        yield Spot(source, f"/connection/sign_in/request/{key}", sign_in.get("request", {}).get(key), form)
    yield Spot(source, "/connection/sign_in/header", sign_in.get("header"), {"token": None})
    for kind, spec in book.kinds.items():
        row = {"row": _answer(book, spec["list"])}
        for key in ("label", "fills"):
            yield Spot(source, f"/references/{kind}/{key}", spec.get(key), row)
    for name, spec in book.manifest.get("downloads", {}).items():
        data = {"data": _answer(book, spec["get"])}
        for key in ("ready", "failed", "name"):
            yield Spot(source, f"/downloads/{name}/{key}", spec.get(key), data)


def schema_spots(book: Book) -> Iterator[Spot]:
    """The templates in the annotations of schemas. A shared file's `inputs` are those of whoever uses it."""
    for path, source in book.sources.schemas.items():
        if path not in book.sound:
            continue
        own = source.value if path.startswith("schemas/inputs/") else None
        for node in nodes_of(source):
            reference, form = node.schema.get("x-reference"), node.schema.get("x-ui")
            if isinstance(reference, dict):
                row = _answer(book, str(book.kinds.get(str(reference.get("kind")), {}).get("list", "")))
                yield Spot(source, f"{node.at}/x-reference/inputs", reference.get("inputs"), {"inputs": own})
                yield Spot(source, f"{node.at}/x-reference/fills", reference.get("fills"), {"row": row})
            if isinstance(form, dict):
                yield Spot(source, f"{node.at}/x-ui/visible_when", form.get("visible_when"), {"inputs": own})


def _answer(book: Book, action: str) -> Schema | None:
    entry = book.entries.get(action)
    return None if entry is None else entry.output or None
