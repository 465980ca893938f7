"""Two pages from the program's own data: every key of a pack's files, from the meta-schemas, and every lint rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imcloud.lint import RULES, WARNINGS
from imcloud.packs import meta_schema
from imcloud.runbooks.check import RULES as RUNBOOK_RULES
from imcloud.runbooks.check import WARNINGS as RUNBOOK_WARNINGS
from tools.markdown import code, codes, page, plain, table

DOCS = Path(__file__).resolve().parents[1] / "docs"
TITLES = {"manifest": "`manifest.yaml`", "action": "`actions/<resource>/<action>.yaml`"}
WORDS = {"object": "mapping", "array": "list", "string": "text", "integer": "whole number", "boolean": "true or false"}
Schema = Mapping[str, Any]


def outputs() -> dict[Path, str]:
    """The two pages with the text they should have."""
    return {DOCS / "format.md": format_page(), DOCS / "lint.md": lint_page()}


def format_page() -> str:
    """Every key of the manifest of a pack, of an action, and of a schema."""
    lines = ["# Every key of a pack's files", ""]
    lines += ["An unknown key is an error, with the nearest known one. [Writing packs](authoring.md) has examples.", ""]
    for name, title in TITLES.items():
        schema = meta_schema(name)
        lines += [f"## {title}", "", _text(schema["description"]), "", *_table(schema, schema)]
        for path, part in _parts(schema, schema, ""):
            lines += [f"### {code(path)}", "", *([_text(part["description"]), ""] if "description" in part else [])]
            lines += _table(schema, part)
    schema = meta_schema("input_schema")
    part = schema["$defs"]["schema"]
    lines += ["## `schemas/**/*.json`", "", _text(part["description"]), "", *_table(schema, part)]
    for key in ("x-reference", "x-ui", "x-source"):
        found = next(item for item in _forms(schema, part["properties"][key]) if "properties" in item)
        lines += [f"### {code(key)}", "", *_table(schema, found)]
    return page(lines)


def lint_page() -> str:
    """Every rule of the linter, with its severity."""
    lines = [
        "# Lint rules",
        "",
        "What `imcloud lint` looks for. An error ends it with exit code 1, a warning does not.",
        "",
    ]
    lines += ["## Packs", "", *_rules(RULES, WARNINGS), "## Runbooks", "", *_rules(RUNBOOK_RULES, RUNBOOK_WARNINGS)]
    return page(lines)


def _rules(rules: Mapping[str, str], warnings: frozenset[str]) -> list[str]:
    rows = ([code(rule), "warning" if rule in warnings else "error", _text(words)] for rule, words in rules.items())
    return table(["Rule", "Severity", "What is wrong"], rows)


def _text(words: str) -> str:
    """A text with pieces of code in it, on one line, everything else shown as it is."""
    parts = " ".join(words.split()).split("`")
    return "".join(code(part) if place % 2 else _spaced(part) for place, part in enumerate(parts))


def _spaced(part: str) -> str:
    before = " " if part.startswith(" ") else ""
    return f"{before}{plain(part)}{' ' if part.endswith(' ') and part.strip() else ''}"


def _table(root: Schema, schema: Schema) -> list[str]:
    required = schema.get("required", ())
    rows = []
    for key, child in schema.get("properties", {}).items():
        what = _resolved(root, child)
        about = str(child.get("description") or what.get("description", ""))
        rows.append([code(key), "yes" if key in required else "", _kind(root, child), _text(about)])
    return table(["Key", "Required", "Value", "What it is"], rows)


def _kind(root: Schema, schema: Schema) -> str:
    found: list[str] = []
    for form in _forms(root, schema):
        if "const" in form:
            found.append(code(str(form["const"]).lower() if isinstance(form["const"], bool) else str(form["const"])))
        elif "enum" in form:
            found.append(codes(form["enum"]))
        elif "{{" in str(form.get("pattern", "")).replace("\\", ""):
            found.append("expression" if str(form["pattern"]).startswith("^") else "template")
        else:
            kinds = form.get("type", [])
            found += [WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)] or ["any"]
    return " or ".join(dict.fromkeys(found))


def _forms(root: Schema, schema: Schema) -> Iterator[Schema]:
    schema = _resolved(root, schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            for form in schema[key]:
                yield from _forms(root, form)
            return
    yield schema


def _resolved(root: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        found: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _parts(root: Schema, schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every mapping inside a file that has keys of its own, with its place."""
    for key, child in schema.get("properties", {}).items():
        for form in _forms(root, child):
            place = f"{path}{key}"
            for inner, where in ((form, place), *_inside(root, form, place)):
                if inner.get("properties"):
                    yield where, inner
                    yield from _parts(root, inner, f"{where}.")


def _inside(root: Schema, form: Schema, place: str) -> Iterator[tuple[Schema, str]]:
    for key, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(form.get(key), Mapping):
            for item in _forms(root, form[key]):
                yield item, f"{place}{suffix}"
