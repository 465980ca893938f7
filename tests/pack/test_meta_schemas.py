"""The meta-schemas are closed and described, so that a wrong key in a pack's file is refused and explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from imcloud.packs import check_meta, meta_schema
from imcloud.strict_yaml import load_yaml

ROOT = Path(__file__).resolve().parents[2]
METAS = ["action", "input_schema", "manifest"]


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every object inside plain data."""
    if isinstance(node, dict):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(item)


@pytest.mark.parametrize("name", METAS)
def test_a_meta_schema_is_closed_and_describes_every_key(name: str) -> None:
    meta = meta_schema(name)
    Draft202012Validator.check_schema(meta)
    closed = [node for node in walk(meta) if isinstance(node.get("properties"), dict) and node.get("type") == "object"]
    for node in closed:
        assert node.get("additionalProperties") is False or name == "input_schema"
        for key, value in node["properties"].items():
            described = value.get("description") or "$ref" in value or "const" in value or "enum" in value
            assert described or name == "input_schema", f"{key} is not described"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("output:\n  schema: schemas/outputs/a.json\n", "unknown key 'output'"),
        ("efect: {class: read}\n", "unknown key 'efect'"),
        ("paging: pages\n", "must be one of offset, single"),
        ("checks: []\n", "minItems"),
    ],
)
def test_an_unknown_key_or_value_is_refused(change: str, message: str) -> None:
    text = (ROOT / "actions/customers/get_customer.yaml").read_text("utf-8")
    found = check_meta("action", load_yaml(text + change), "x.yaml")
    assert any(message in str(finding) for finding in found)


@pytest.mark.parametrize(
    ("effect", "allowed"),
    [
        ("{class: read}", True),
        ("{class: read, lookup: {list: list_customers, by: [id]}}", False),
        ("{class: create, marker: id}", False),
        ("{class: update, verify: {get: get_customer, id: id}}", True),
        ("{class: by_method, covered: refuse}", False),  # the method and the path are written out in this file
        ("{class: delete}", False),
    ],
)
def test_an_effect_has_only_what_its_class_knows(effect: str, allowed: bool) -> None:
    text = (ROOT / "actions/customers/get_customer.yaml").read_text("utf-8")
    changed = text.replace("effect: {class: read}", f"effect: {effect}")
    assert (check_meta("action", load_yaml(changed), "x.yaml") == []) is allowed
