"""The rules of schemas: each file is looked at by itself, so that a finding has its line."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from imcloud.findings import Finding
from imcloud.inputs.formats import FORMATS
from imcloud.lint.book import Book
from imcloud.lint.patterns import pattern_faults
from imcloud.lint.rules import remark
from imcloud.lint.sources import Source
from imcloud.strict_json import pointer

BANNED = ("format", "multipleOf")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRETS = {
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "credentials",
    "sig",
    "signature",
}
_HARMLESS_KEYS = {"cache", "external", "foreign", "idempotency", "lookup", "partition", "primary", "public", "sort"}
_SINGLE = {
    "items": "shape",
    "additionalProperties": "shape",
    "propertyNames": "condition",
    "not": "condition",
    "if": "condition",
    "then": "condition",
    "else": "condition",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


@dataclass(frozen=True)
class Node:
    """A part of a schema file. `name` is the property it describes; `use` holds what the file is used for.

    `part` says what it is a part of: a `shape` of its own, one `branch` of several, or a `condition`.
    """

    source: Source
    at: str
    schema: Mapping[str, Any]
    use: frozenset[str]
    name: str = ""
    part: str = "shape"

    def remark(self, code: str, message: str, key: str = "", hint: str = "") -> Finding:
        """A finding at one of the node's keys."""
        shown = self.name or "the schema"
        return remark(code, self.source, f"{self.at}/{key}" if key else self.at, f"{shown}: {message}", hint)

    def kinds(self) -> list[str]:
        """The types it allows; empty when it does not say."""
        kinds = self.schema.get("type", [])
        return [kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds]


def check_schemas(book: Book, uses: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Every rule over every schema. `uses` says for each file whether it is reached as input, output or form."""
    whole = bool(book.manifest) and not book.sources.broken
    for path, source in book.sources.schemas.items():
        use = uses.get(path, frozenset())
        if whole and not use:
            yield remark("IM019", source, "", "no action, form or other schema of the pack uses this file")
        if path in book.sound:
            yield from _identity(book, source) if book.manifest else ()
            for node in _nodes(Node(source, "", source.value, use)):
                yield from _node(book, node)


def target(path: str, ref: str) -> str:
    """The file that a `$ref` in a file names, relative to the pack's folder."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), ref))


def safe_patterns(source: Source) -> bool:
    """Whether every pattern of a schema file compiles and is quick."""
    patterns = (node.schema.get("pattern") for node in nodes_of(source))
    faults = (fault for pattern in patterns if isinstance(pattern, str) for fault in pattern_faults(pattern))
    return not any(code in ("IM044", "IM045") for code, _ in faults)


def nodes_of(source: Source) -> Iterator[Node]:
    """Every part of a schema file."""
    if isinstance(source.value, dict):
        yield from _nodes(Node(source, "", source.value, frozenset()))


def _identity(book: Book, source: Source) -> Iterator[Finding]:
    place = source.path.removeprefix("schemas/").removesuffix(".json")
    wanted = f"urn:imcloud:{book.manifest.get('pack', '')}:{place}"
    if isinstance(source.value.get("$id"), str) and source.value["$id"] != wanted:
        yield remark("IM018", source, "/$id", f"$id must be {wanted!r}: the pack, the folder and the file's name")


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for key, child, part, name in _children(node.schema):
        yield from _nodes(Node(node.source, f"{node.at}/{key}", child, node.use, name or node.name, part))


def _children(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """(key, schema, part, property's name) of every schema inside a schema."""
    properties = schema.get("properties")
    for name, child in properties.items() if isinstance(properties, dict) else ():
        if isinstance(child, dict):
            yield f"properties{pointer([name])}", child, "shape", name
    for key, part in _SINGLE.items():
        if isinstance(schema.get(key), dict):
            yield key, schema[key], part, ""
    for key in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(key)
        for index, child in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(child, dict):
                yield f"{key}/{index}", child, "branch", ""


def _node(book: Book, node: Node) -> Iterator[Finding]:
    yield from _reference(book, node)
    yield from _required(node)
    yield from _values(node)
    yield from _pattern(node)
    yield from _keywords(node)
    yield from _annotations(book, node)
    if node.use & {"input", "form"} and node.part != "condition":
        yield from _limits(node)
    if "output" in node.use and "enum" in node.schema:
        yield node.remark("IM052", "an answer's values are never enforced", "enum", "name them in x-known-values")


def _reference(book: Book, node: Node) -> Iterator[Finding]:
    ref = node.schema.get("$ref")
    if isinstance(ref, str) and target(node.source.path, ref) not in book.sources.schemas:
        yield node.remark("IM005", f"there is no schema {target(node.source.path, ref)}", "$ref")


def _required(node: Node) -> Iterator[Finding]:
    properties, required = node.schema.get("properties"), node.schema.get("required")
    alone = isinstance(properties, dict) or node.part == "shape"
    if node.part == "condition" or not isinstance(required, list) or not alone:
        return
    known = properties if isinstance(properties, dict) else {}
    for index, key in enumerate(required):
        if key not in known and not isinstance(node.schema.get("additionalProperties"), dict):
            near = get_close_matches(str(key), list(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            yield node.remark("IM040", f"{key!r} is required and is no property", f"required/{index}", hint)


def _values(node: Node) -> Iterator[Finding]:
    kinds, enum = node.kinds(), node.schema.get("enum")
    lists = {"enum": enum, "examples": node.schema.get("examples")}
    for key, values in lists.items():
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if not _is(value, kinds):
                yield node.remark("IM041", f"{value!r} is not of type {' or '.join(kinds)}", f"{key}/{index}")
            elif key == "examples" and isinstance(enum, list) and value not in enum:
                yield node.remark("IM041", f"the example {value!r} is not in the enum", f"{key}/{index}")
    if "default" in node.schema:
        default = node.schema["default"]
        if not _is(default, kinds) or (isinstance(enum, list) and default not in enum):
            yield node.remark("IM041", f"the default {default!r} is not a value that it allows", "default")


def _is(value: Any, kinds: list[str]) -> bool:
    if not kinds:
        return True
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _TYPES.get(kind, ())) for kind in kinds)


def _pattern(node: Node) -> Iterator[Finding]:
    pattern = node.schema.get("pattern")
    if not isinstance(pattern, str):
        return
    for code, words in pattern_faults(pattern):
        yield node.remark(code, words, "pattern")
    if node.part == "condition":
        return
    if node.kinds() != ["string"]:
        yield node.remark("IM043", "a pattern needs the type string, and no other beside it", "pattern")
    elif "maxLength" not in node.schema:
        yield node.remark("IM043", "a pattern needs a maxLength beside it", "pattern")


def _keywords(node: Node) -> Iterator[Finding]:
    for key in BANNED:
        if key in node.schema:
            hint = "x-format is checked by functions of our own" if key == "format" else "use minimum and maximum"
            yield node.remark("IM046", f"validators disagree about {key}", key, hint)
    if unique_objects(node.schema):
        yield node.remark("IM046", "validators disagree about uniqueItems on anything but plain values", "uniqueItems")


def unique_objects(schema: Mapping[str, Any]) -> bool:
    """Whether `uniqueItems` stands on a list of more than texts, numbers and booleans."""
    items = schema.get("items")
    plain = isinstance(items, dict) and items.get("type") in ("string", "integer", "number", "boolean")
    return "uniqueItems" in schema and not plain


def _annotations(book: Book, node: Node) -> Iterator[Finding]:
    reference = node.schema.get("x-reference")
    kind = reference.get("kind") if isinstance(reference, dict) else reference
    if kind is not None and book.manifest and kind not in book.kinds:
        yield node.remark("IM050", f"the manifest has no kind {kind!r}", "x-reference", kind_hint(book, str(kind)))
    name = node.schema.get("x-format")
    if name is not None and not (isinstance(name, str) and name in FORMATS):
        near = get_close_matches(str(name), list(FORMATS), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"formats: {', '.join(FORMATS)}"
        yield node.remark("IM051", f"nothing checks the format {name!r}", "x-format", hint)
    if (
        "x-secret" not in node.schema
        and looks_secret(node.name)
        and _is("", node.kinds())
        and "$ref" not in node.schema
    ):
        hint = "add x-secret: true, or x-secret: false where it is none"
        yield node.remark("IM049", "this looks like a secret by its name", hint=hint)


def kind_hint(book: Book, kind: str) -> str:
    """The kind that was meant, or those that there are."""
    near = get_close_matches(kind, list(book.kinds), n=1)
    return f"did you mean {near[0]!r}?" if near else f"kinds: {', '.join(book.kinds) or 'none'}"


def looks_secret(name: str) -> bool:
    """Whether a field's name is one that secrets have, such as `apiKey`, `sasUrl` or `accessToken`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in ("count", "type", "id", "name", "length", "date", "policy", "expiry"):
        return False
    if _SECRETS & set(words):
        return True
    if words[-1] == "key":
        return len(words) > 1 and words[-2] not in _HARMLESS_KEYS
    return words[-1] in ("url", "uri") and bool({"download", "signed", "presigned", "sas"} & set(words))


def _limits(node: Node) -> Iterator[Finding]:
    schema, kinds = node.schema, node.kinds()
    fixed = "enum" in schema or "const" in schema
    if "array" in kinds and "maxItems" not in schema:
        yield node.remark("IM047", "a list needs maxItems")
    if "string" in kinds and "maxLength" not in schema and not fixed:
        yield node.remark("IM048", "a text needs maxLength")
    if node.part == "shape" and "properties" in schema and schema.get("additionalProperties") is not False:
        yield node.remark("IM053", "the object needs additionalProperties: false", "additionalProperties")
    if node.at.rpartition("/")[0].endswith("/properties") and "$ref" not in schema:
        lacking = [key for key in ("title", "description") if not schema.get(key)]
        if lacking:
            yield node.remark("IM054", f"an input needs a {' and a '.join(lacking)}: forms show them")
