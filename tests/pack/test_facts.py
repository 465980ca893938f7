"""The pack has everything that is documented, and is nowhere stricter than the documents.

`tests/facts/documented.json` holds the names of the guide, `vendor_fields.json` the request fields of the vendor file.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from pack.schema_walk import chain, facts, fields, marked, pack

GUIDE: dict[str, Any] = facts("documented")
VENDOR: dict[str, dict[str, Any]] = facts("vendor_fields")["operations"]
BY_ACTION = {entry["action"]: entry for entry in VENDOR.values() if "action" in entry}
# What only the guide has in an update is judged by the vendor file's body of the create operation.
CREATES = {
    "update_customer": "create_customer",
    "update_order": "create_order",
    "update_reseller": "create_reseller",
}
FORMATS = {"date", "date-time", "uuid"}


def test_the_numbers_of_the_documents() -> None:
    """27 operations, 157 parameters and 25 objects; 700 request fields, one of them the sign-in's."""
    operations = GUIDE["operations"]
    assert len(operations) == 27
    assert sum(len(operation["parameters"]) for operation in operations) == 157
    assert len(GUIDE["objects"]) == 25
    assert sum(len(item["keys"]) for item in GUIDE["objects"]) == 77
    assert sum(len(entry["fields"]) for entry in BY_ACTION.values()) == 699
    assert sum(len(entry["fields"]) for entry in VENDOR.values()) == 700


def test_the_pack_has_the_documented_actions_and_one_more() -> None:
    names = {operation["action"] for operation in GUIDE["operations"]}
    assert set(pack().actions) == names | {"api_request"}
    assert set(BY_ACTION) == names


@pytest.mark.parametrize("operation", GUIDE["operations"], ids=lambda operation: str(operation["action"]))
def test_an_operation_is_an_action(operation: dict[str, Any]) -> None:
    action = pack().actions[operation["action"]]
    assert action.resource == operation["resource"]
    assert action.method == operation["method"]
    assert re.sub(r"\{\{ *inputs\.(\w+) *\}\}", r"{\1}", action.path) == operation["path"]
    assert action.raw["source"]["line"] == operation["line"]


@pytest.mark.parametrize("operation", GUIDE["operations"], ids=lambda operation: str(operation["action"]))
def test_every_parameter_of_the_guide_is_an_input(operation: dict[str, Any]) -> None:
    schema = pack().actions[operation["action"]].inputs
    keys = [parameter["key"] for parameter in operation["parameters"]]
    assert not [key for key in keys if key not in schema["properties"]]
    places = [schema["properties"][key]["x-ui"]["order"] for key in keys]
    assert places == sorted(places), "inputs stand in the guide's sequence"
    starred = {parameter["key"] for parameter in operation["parameters"] if parameter.get("starred")}
    assert starred <= set(schema.get("required", ()))
    for parameter in operation["parameters"]:
        if "kind" in parameter:
            assert _kind(schema["properties"][parameter["key"]]) == parameter["kind"], parameter["key"]


@pytest.mark.parametrize("item", GUIDE["objects"], ids=lambda item: str(item["object"]))
def test_every_object_of_the_guide_is_reached(item: dict[str, Any]) -> None:
    assert item["inputs"] or item["outputs"]
    for side in ("inputs", "outputs"):
        for name in item[side]:
            action = pack().actions[name]
            found = chain(action.inputs if side == "inputs" else action.output, item["path"])
            assert found, f"{name} has no {item['path']} among its {side}"
            assert not [key["key"] for key in item["keys"] if key["key"] not in found[-1]["properties"]], name
            for key in item["keys"]:
                if side == "inputs" and "kind" in key:
                    # Where the guide says product MPN it means the catalogue id: see docs/discrepancies.md.
                    expected = "product" if key["kind"] == "product_mpn" else key["kind"]
                    assert _kind(found[-1]["properties"][key["key"]]) == expected


@pytest.mark.parametrize("operation", sorted(VENDOR))
def test_every_request_field_of_the_vendor_file_is_reachable(operation: str) -> None:
    entry = VENDOR[operation]
    schema = pack().actions[entry["action"]].inputs if "action" in entry else pack().connection_form
    in_path = {field["path"] for field in entry["fields"] if field["in"] == "path"}
    problems: list[str] = []
    for field in entry["fields"]:
        found = chain(schema, field["path"])
        if not found:
            problems.append(f"{field['path']}: not there")
        elif field["in"] == "path" or field["path"] not in in_path:
            problems += [f"{field['path']}: {problem}" for problem in _disagreements(field, found)]
    assert problems == []


@pytest.mark.parametrize("name", sorted(BY_ACTION))
def test_no_input_is_stricter_than_the_vendor_file(name: str) -> None:
    entries = BY_ACTION[CREATES.get(name, name)]["fields"] + BY_ACTION[name]["fields"]
    known = {field["path"]: field for field in sorted(entries, key=lambda field: bool(field["in"] == "path"))}
    for path, schema, required in fields(pack().actions[name].inputs):
        field = known[path]
        assert not required or field.get("required"), f"{path} is required here only"
        assert schema.get("items", schema).get("enum") == field.get("enum"), f"{path}: enum"
        if schema.get("x-format") in FORMATS:
            assert schema["x-format"] == field.get("format"), f"{path}: format"
        if "default" in schema:
            assert schema["default"] == field.get("default"), f"{path}: default"


@pytest.mark.parametrize("name", sorted(BY_ACTION))
def test_the_sources_of_inputs_are_true(name: str) -> None:
    """`x-source` says which document has an input."""
    operation = next(item for item in GUIDE["operations"] if item["action"] == name)
    guide = {parameter["key"] for parameter in operation["parameters"]}
    guide |= {re.split(r"[.\[]", item["path"])[0] for item in GUIDE["objects"] if name in item["inputs"]}
    vendor = {field["path"] for field in BY_ACTION[name]["fields"]}
    for key, schema in pack().actions[name].inputs["properties"].items():
        assert schema["x-source"]["guide"] == (key in guide), key
        assert schema["x-source"]["vendor"] == (key in vendor), key
        if not schema["x-source"]["vendor"] or schema["x-source"].get("read_only"):
            assert schema["x-ui"]["group"] == "advanced", key


@pytest.mark.parametrize("name", [*sorted(BY_ACTION), "api_request"])
def test_inputs_are_closed_and_bounded(name: str) -> None:
    """Unknown keys are refused everywhere but in maps and free JSON; everything has a bound, a title and a text."""
    schema = pack().actions[name].inputs
    assert schema["additionalProperties"] is False
    for path, child, _ in fields(schema):
        inner = child.get("items", child)
        assert child["title"], path
        assert child["description"], path
        if "properties" in inner:
            assert inner["additionalProperties"] is False, path
        if child.get("type") == "array":
            assert child["maxItems"] > 0, path
        if inner.get("type") == "string" and "enum" not in inner:
            assert inner["maxLength"] > 0, path


def _kind(schema: dict[str, Any]) -> str:
    reference = schema.get("x-reference", "")
    return str(reference["kind"] if isinstance(reference, dict) else reference)


def _disagreements(field: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    """What the pack's schema says otherwise than the vendor file about one field."""
    schema = found[-1]
    free = "type" not in schema and field["type"] == "object"  # any JSON, as the vendor's text says
    pairs = [
        ("type", field["type"] if free else schema.get("type"), field["type"]),
        ("items", schema.get("items", {}).get("type"), field.get("items")),
        ("enum", schema.get("items", schema).get("enum"), field.get("enum")),
        ("minimum", schema.get("minimum"), field.get("minimum")),
        ("read-only", marked(found, "read_only"), field.get("read_only", False)),
        ("write-only", marked(found, "write_only"), field.get("write_only", False)),
    ]
    if "map" in field:
        pairs.append(("values", schema["additionalProperties"]["type"], field["map"]))
    if field.get("format") in FORMATS:
        pairs.append(("format", schema.get("x-format"), field["format"]))
    problems = [f"{what} is {ours!r}, not {theirs!r}" for what, ours, theirs in pairs if ours != theirs]
    return problems + _not_required(field, found)


def _not_required(field: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    if not field.get("required"):
        return []
    parent = found[-2].get("items", found[-2])
    name = field["path"].rpartition(".")[2]
    return [] if name in parent.get("required", ()) else ["not required here"]
