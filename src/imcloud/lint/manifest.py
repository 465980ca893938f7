"""The rules of a pack's manifest: what it names exists, and its connection can work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imcloud.findings import Finding
from imcloud.lint.book import Book
from imcloud.lint.effects import fields, named
from imcloud.lint.names import schema_faults
from imcloud.lint.reads import missing_step
from imcloud.lint.rules import remark
from imcloud.lint.sources import Source


def check_manifest(book: Book) -> Iterator[Finding]:
    """IM005, IM016, IM017, IM080, IM081 and IM082; nothing where the manifest is not sound."""
    source = book.sources.manifest
    if source is None or not book.manifest:
        return
    yield from _connection(book, source)
    for kind, spec in book.kinds.items():
        yield from _kind(book, source, f"/references/{kind}", spec)
    for name, spec in book.manifest.get("downloads", {}).items():
        yield from _download(book, source, f"/downloads/{name}", spec)
    for index, run in enumerate(book.manifest.get("demo", ())):
        folder = book.sources.folder / "runbooks"
        if not any((folder / f"{run['runbook']}{end}").is_file() for end in (".yaml", ".yml")):
            message = f"there is no runbook {run['runbook']!r}"
            yield remark("IM082", source, f"/demo/{index}/runbook", message)


def _connection(book: Book, source: Source) -> Iterator[Finding]:
    connection = book.manifest["connection"]
    yield from schema_faults(book, source, "/connection/form", connection["form"], bool(book.form))
    test = connection["test"]
    yield from named(book, source, "/connection/test/action", test["action"], "read")
    entry = book.entries.get(test["action"])
    if entry is not None:
        where = f"the inputs of {test['action']}"
        yield from fields(source, "/connection/test/inputs", entry.inputs, test.get("inputs", {}), where)
    properties: Mapping[str, Any] = book.form.get("properties", {})
    if book.form and "base_url" not in properties:
        yield remark("IM080", source, "/connection/form", "the connection form needs the field base_url")
    for index, name in enumerate(connection.get("show", ())):
        at = f"/connection/show/{index}"
        yield from fields(source, at, book.form, [name], "the connection's fields")
        if properties.get(name, {}).get("x-secret"):
            yield remark("IM080", source, at, f"{name!r} is a secret and would be shown in every result")


def _kind(book: Book, source: Source, at: str, spec: Mapping[str, Any]) -> Iterator[Finding]:
    yield from named(book, source, f"{at}/list", spec["list"], "list")
    rows = book.entries.get(spec["list"])
    if rows is not None:
        yield from fields(source, f"{at}/value", rows.output, [spec["value"]], f"the rows of {spec['list']}")
        if "search" in spec:
            where = f"the inputs of {spec['list']}"
            yield from fields(source, f"{at}/search", rows.inputs, [spec["search"]], where)
    if "get" in spec:
        yield from named(book, source, f"{at}/get", spec["get"], "read")
        one = book.entries.get(spec["get"])
        if one is not None:
            where = f"the inputs of {spec['get']}"
            yield from fields(source, f"{at}/get_input", one.inputs, [spec["get_input"]], where)


def _download(book: Book, source: Source, at: str, spec: Mapping[str, Any]) -> Iterator[Finding]:
    yield from named(book, source, f"{at}/get", spec["get"], "read")
    entry = book.entries.get(spec["get"])
    if entry is None:
        return
    yield from fields(source, f"{at}/input", entry.inputs, [spec["input"]], f"the inputs of {spec['get']}")
    yield from fields(source, f"{at}/url", entry.output, [spec["url"]], f"the answers of {spec['get']}")
    if entry.output and not missing_step(entry.output, (spec["url"],)) and not _secret(entry.output, spec["url"]):
        message = f"whoever has {spec['url']!r} has the file: mark it x-secret in {entry.raw['outputs']['schema']}"
        yield remark("IM081", source, f"{at}/url", message)


def _secret(schema: Mapping[str, Any], path: str) -> bool:
    for part in path.split("."):
        schema = schema.get("properties", {}).get(part.removesuffix("[]"), {})
        if schema.get("x-secret"):
            return True
    return False
