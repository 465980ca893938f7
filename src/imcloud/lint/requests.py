"""The rules of requests: what goes where, and whether the effect fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imcloud.findings import Finding
from imcloud.lint.book import Book, Entry
from imcloud.lint.reads import Parsed, carried, reads, templates
from imcloud.lint.rules import remark

METHODS = {
    "read": {"GET"},
    "check": {"GET", "POST"},
    "create": {"POST", "PUT"},
    "order": {"POST", "PUT"},
    "update": {"POST", "PUT", "PATCH", "DELETE"},
}
_UNSAFE = ("", ".", "..", "a/b", "a b", "a%2fb", "a?b", "a#b", "a\n", "é")
MAX_SEGMENT = 64


def check_requests(book: Book) -> Iterator[Finding]:
    """IM014, IM020 to IM023 and IM031 to IM034 over every sound action."""
    yield from _same(book)
    for entry in book.entries.values():
        yield from _effect(entry)
        yield from _verbs(entry)
        yield from _paging(book, entry)
        if entry.inputs:
            yield from _flow(book, entry)


def _same(book: Book) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for entry in book.entries.values():
        request = entry.raw["request"]
        if request.get("raw_path"):
            continue
        path = re.sub(r"\{\{.*?\}\}", "{}", request["path"]).lower()
        for key in ("method", "alternate_method"):
            if key not in request:
                continue
            other = seen.setdefault((request[key], path), entry.name)
            if other != entry.name:
                message = f"{request[key]} {request['path']} is what the action {other!r} sends, too"
                yield remark("IM014", entry.source, f"/request/{key}", message)


def _effect(entry: Entry) -> Iterator[Finding]:
    request = entry.raw["request"]
    if entry.effect == "by_method":
        return
    for key in ("method", "alternate_method"):
        method = request.get(key)
        if method is None or method in METHODS[entry.effect]:
            continue
        message = f"an action of class {entry.effect!r} is not called with {method}"
        hint = {"read": "what reads with another method is of class 'check'"}.get(entry.effect, "")
        if method == "GET":
            hint = "what is called with GET is of class 'read'"
        yield remark("IM020", entry.source, f"/request/{key}", message, hint)


def _verbs(entry: Entry) -> Iterator[Finding]:
    request = entry.raw["request"]
    if "body" in request and request["method"] in ("GET", "DELETE"):
        yield remark("IM023", entry.source, "/request/body", f"a {request['method']} has no body", "use query")
    if request.get("alternate_method") == request["method"]:
        yield remark("IM023", entry.source, "/request/alternate_method", "the other verb is the same verb")


def _paging(book: Book, entry: Entry) -> Iterator[Finding]:
    name, schemes = entry.raw.get("paging"), book.manifest.get("paging", {})
    offset = schemes.get("offset", {})
    wanted = {offset[key] for key in ("offset", "limit") if key in offset}
    if name is None:
        if wanted and wanted <= entry.fields.keys() and entry.effect == "read":
            yield remark(
                "IM022", entry.source, "/request", f"it takes {' and '.join(sorted(wanted))} but has no paging"
            )
        return
    if book.manifest and name not in schemes:
        yield remark("IM022", entry.source, "/paging", f"the manifest does not say how lists are paged by {name!r}")
    elif name == "offset" and entry.inputs:
        for key in sorted(wanted - entry.fields.keys()):
            yield remark("IM022", entry.source, "/inputs", f"a list that is paged by offset needs the input {key!r}")


def _flow(book: Book, entry: Entry) -> Iterator[Finding]:
    request, known = entry.raw["request"], set(entry.fields)
    parsed = {key: list(_parsed(book, request.get(key), key)) for key in ("method", "path", "query", "body")}
    flows = {key: set().union(*(carried(item.tree, known) for item in found)) for key, found in parsed.items()}
    if not request.get("raw_path"):
        for item in parsed["path"]:
            yield from _path_inputs(entry, item)
        for key in ("query", "body"):
            for name in sorted(flows["path"] & flows[key]):
                message = f"the path uses {name!r}, and the {key} carries it again"
                yield remark("IM033", entry.source, f"/request/{key}", message, f"inputs | except({name!r})")
    for name in sorted(known - set().union(*flows.values())):
        yield remark("IM034", entry.source, "/request", f"the input {name!r} reaches neither path, query nor body")


def _parsed(book: Book, value: Any, key: str) -> Iterator[Parsed]:
    for found in templates(book.renderer, value, ("inputs",), f"/request/{key}"):
        if isinstance(found, Parsed):
            yield found


def _path_inputs(entry: Entry, parsed: Parsed) -> Iterator[Finding]:
    names = sorted({str(read.steps[0]) for read in reads(parsed.tree) if read.root == "inputs" and read.steps})
    for name in names:
        schema = entry.fields.get(name)
        if schema is None:
            continue  # IM035 says so
        if name not in entry.inputs.get("required", ()):
            yield remark("IM031", entry.source, parsed.at, f"the path uses {name!r}, which is not required")
        yield from _segment(entry, parsed.at, name, schema)


def _segment(entry: Entry, at: str, name: str, schema: Mapping[str, Any]) -> Iterator[Finding]:
    if schema.get("type") != "string":
        yield remark("IM031", entry.source, at, f"the path uses {name!r}, which is not of type string alone")
        return
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    lets = [
        text
        for text in values or _UNSAFE
        if _accepts(schema, str(text)) and not re.fullmatch(r"[A-Za-z0-9_-]+", str(text))
    ]
    if lets:
        message = f"{name!r} is a segment of the path and lets {lets[0]!r} through"
        hint = "minLength 1, maxLength 64 and the pattern ^[A-Za-z0-9_-]+$ keep it to one safe segment"
        yield remark("IM032", entry.source, at, message, hint)
    elif values is None and schema.get("maxLength", MAX_SEGMENT + 1) > MAX_SEGMENT:
        yield remark("IM032", entry.source, at, f"{name!r} is a segment of the path and needs maxLength {MAX_SEGMENT}")


def _accepts(schema: Mapping[str, Any], text: str) -> bool:
    if len(text) < schema.get("minLength", 0):
        return False
    pattern = str(schema.get("pattern", ""))
    try:
        return re.search(re.sub(r"(?<!\\)\$$", r"\\Z", pattern), text) is not None
    except re.error:
        return False
