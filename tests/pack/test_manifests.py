"""The pack's files hold together: valid, complete, consistent with each other and with what the guide calls things."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from imcloud.packs import check_meta, load_pack, meta_schema
from imcloud.packs.loading import read_document
from imcloud.rendering import Renderer, build_environment

ROOT = Path(__file__).resolve().parents[2]
PACK = load_pack(ROOT)
ACTIONS = sorted(PACK.actions)
DOCUMENTED = [name for name in ACTIONS if "source" in PACK.actions[name].raw]
SCHEMAS = sorted(file for file in (ROOT / "schemas").rglob("*.json") if file.parent.name != "meta")
METHODS = {
    "read": {"GET"},
    "check": {"POST"},
    "create": {"POST"},
    "order": {"POST"},
    "update": {"PATCH", "POST"},
    "by_method": {"{{ inputs.method }}"},
}


def raw(name: str) -> dict[str, Any]:
    return PACK.actions[name].raw


def fields(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = PACK.actions[name].inputs["properties"]
    return properties


def has_path(schema: dict[str, Any], path: str) -> bool:
    """Whether `a.b[].c` names a field of the schema."""
    for key in path.split("."):
        node = schema.get("properties", {}).get(key.removesuffix("[]"))
        if node is None:
            return False
        schema = node["items"] if key.endswith("[]") else node
    return True


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every object inside plain data."""
    if isinstance(node, dict):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(item)


# --- valid files


def test_the_manifest_is_valid() -> None:
    document = read_document(ROOT / "manifest.yaml", "manifest.yaml")
    assert check_meta("manifest", document, "manifest.yaml") == []


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_valid(name: str) -> None:
    file = PACK.actions[name].file
    assert check_meta("action", read_document(file, file.name), file.name) == []
    assert file.stem == name
    assert file.parent.name in PACK.manifest["resources"]


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_schema_is_valid(file: Path) -> None:
    schema = json.loads(file.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    meta = meta_schema("input_schema")
    part = meta if file.parent.name == "inputs" else {"$ref": "#/$defs/schema", "$defs": meta["$defs"]}
    registry: Registry[Any] = Registry()
    faults = Draft202012Validator(part, registry=registry).iter_errors(schema)
    assert [f"{fault.json_path}: {fault.validator}" for fault in faults] == []
    place = file.relative_to(ROOT / "schemas").with_suffix("").as_posix()
    assert schema["$id"] == f"urn:imcloud:{PACK.name}:{place}"


# --- names


def test_there_are_27_documented_actions_and_the_generic_one() -> None:
    assert len(DOCUMENTED) == 27
    assert set(ACTIONS) - set(DOCUMENTED) == {"api_request"}
    for key in ("guide", "line", "vendor"):
        assert len({raw(name)["source"][key] for name in DOCUMENTED}) == 27
    assert len({(a.method, a.path) for a in PACK.actions.values()}) == 28


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_name_is_the_guides_anchor_and_the_title_its_heading(name: str) -> None:
    anchor = raw(name)["source"]["guide"]
    assert name == anchor.replace("-", "_")
    assert re.sub(r"[^a-z0-9 ]", "", raw(name)["title"].lower()).replace(" ", "-") == anchor


@pytest.mark.parametrize("name", ACTIONS)
def test_texts_are_there_for_people_and_for_the_search(name: str) -> None:
    assert raw(name)["description"].endswith(".")
    assert len(raw(name)["keywords"]) >= 3


# --- requests and effects


@pytest.mark.parametrize("name", ACTIONS)
def test_the_effect_fits_the_method(name: str) -> None:
    action = PACK.actions[name]
    assert action.method in METHODS[action.effect_class]
    assert ("body" in action.raw["request"]) == (action.effect_class != "read")


def test_the_two_disputed_verbs_carry_the_other_one() -> None:
    pairs = {n: (raw(n)["request"]["method"], raw(n)["request"].get("alternate_method")) for n in ACTIONS}
    assert {name: pair for name, pair in pairs.items() if pair[1]} == {
        "update_subscription": ("POST", "PATCH"),
        "update_subscription_pricing_details": ("PATCH", "POST"),
    }


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_the_path_uses_is_required_and_goes_nowhere_else(name: str) -> None:
    request = raw(name)["request"]
    in_path = re.findall(r"\{\{ inputs\.(\w+) \}\}", request["path"])
    assert request["path"].count("{{") == len(in_path)
    for key in in_path:
        assert key in fields(name)
        assert key in PACK.actions[name].inputs["required"]
    rest = f"{{{{ inputs | except('{in_path[0]}') }}}}" if in_path else "{{ inputs }}"
    carried = {part: request[part] for part in ("query", "body") if part in request}
    only_a_path = set(fields(name)) == set(in_path)
    assert carried == ({} if only_a_path else {"query" if request["method"] == "GET" else "body": rest})


@pytest.mark.parametrize("name", ACTIONS)
def test_lists_take_offset_and_limit(name: str) -> None:
    paging = {"offset", "limit"}
    wanted = paging if raw(name).get("paging") == "offset" else set()
    assert paging & set(fields(name)) == wanted
    assert (raw(name).get("paging") == "offset") == (name.startswith("list_"))


# --- references between files


def _used_actions(node: Any) -> Iterator[str]:
    for part in walk(node):
        yield from (part[key] for key in ("list", "get", "then", "action") if isinstance(part.get(key), str))
        yield from (item for item in part.get("preflight", ()) if isinstance(item, str))


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_named_in_an_effect_or_a_check_exists(name: str) -> None:
    used = set(_used_actions([raw(name)["effect"], raw(name).get("checks", [])]))
    assert used <= set(ACTIONS)


@pytest.mark.parametrize("name", ACTIONS)
def test_every_input_named_in_an_effect_exists(name: str) -> None:
    own, effect = PACK.actions[name].inputs, raw(name)["effect"]
    lookup, verify = effect.get("lookup", {}), effect.get("verify", {})
    for key in lookup.get("by", ()):
        assert has_path(own, key)
        assert key in fields(lookup["list"])
    assert "since" not in lookup or lookup["since"] in fields(lookup["list"])
    assert "id" not in verify or verify["id"] in fields(verify["get"])
    compare = [*lookup.get("compare", ()), *verify.get("compare", ())]
    compared = [item if isinstance(item, str) else item["path"] for item in compare]
    marks = [effect[key] for key in ("marker", "quantity") if key in effect]
    assert [path for path in [*compared, *marks] if not has_path(own, path)] == []


@pytest.mark.parametrize("name", [name for name in ACTIONS if "checks" in raw(name)])
def test_a_check_names_fields_that_exist(name: str) -> None:
    for check in raw(name)["checks"]:
        item = fields(name)[check["each"]]["items"]
        assert has_path(item, check["needs"])
        assert has_path(item, check["unless"])
        assert set(check["by"]) <= set(fields(check["list"]))
        rows = PACK.actions[check["list"]].output
        assert [key for key in check["match"] if not has_path(rows, key)] == []


@pytest.mark.parametrize("name", ACTIONS)
def test_id_and_label_are_fields_of_what_comes_back(name: str) -> None:
    outputs = raw(name)["outputs"]
    named = [outputs[key] for key in ("id", "label") if key in outputs]
    assert [path for path in named if not has_path(PACK.actions[name].output, path)] == []
    assert ("kind" in outputs) == ("id" in outputs)


@pytest.mark.parametrize("kind", sorted(PACK.references))
def test_a_kind_of_reference_has_its_options(kind: str) -> None:
    reference = PACK.references[kind]
    assert raw(reference["list"])["paging"] == "offset"
    assert has_path(PACK.actions[reference["list"]].output, reference["value"])
    assert "get" not in reference or reference["get_input"] in fields(reference["get"])
    assert "search" not in reference or reference["search"] in fields(reference["list"])


def test_every_kind_that_is_named_exists() -> None:
    named = {raw(name)["outputs"]["kind"] for name in ACTIONS if "kind" in raw(name)["outputs"]}
    for file in SCHEMAS:
        for node in walk(json.loads(file.read_text("utf-8"))):
            reference = node.get("x-reference")
            if reference is not None and "type" in node:
                named.add(reference if isinstance(reference, str) else reference["kind"])
    assert named <= set(PACK.references)
    assert len([kind for kind in PACK.references.values() if "guide_types" in kind]) == 8


def test_what_the_manifest_names_exists() -> None:
    assert set(_used_actions(PACK.manifest["downloads"])) <= set(ACTIONS)
    assert PACK.manifest["connection"]["test"]["action"] in ACTIONS
    assert set(PACK.manifest["resources"]) == {action.resource for action in PACK.actions.values()}
    assert [run["runbook"] for run in PACK.manifest["demo"]] == ["onboard_customer", "every_action"]
    assert len(PACK.manifest["setup"]) == 7


# --- templates and examples


def _templates(name: str) -> Iterator[tuple[Any, list[str]]]:
    """Every template of an action with the roots that its place offers."""
    action = raw(name)
    outputs, request = action["outputs"], action["request"]
    yield from ((outputs[key], ["data"]) for key in ("pending", "failed") if key in outputs)
    yield outputs.get("derived"), ["row"]
    yield from ((request.get(key), ["inputs"]) for key in ("method", "path", "query", "body"))
    for check in action.get("checks", ()):
        yield check.get("when"), ["inputs"]
        yield [check["by"], check.get("fallback")], ["inputs", "item"]
    for step in action["effect"].get("preflight", ()):
        yield [step.get("when"), step["inputs"]], ["inputs"]
        yield step.get("passes"), ["data"]


@pytest.mark.parametrize("name", ACTIONS)
def test_every_template_compiles_with_the_names_of_its_place(name: str) -> None:
    for value, roots in _templates(name):
        Renderer(build_environment()).compile(value, roots, name)


@pytest.mark.parametrize("kind", sorted(PACK.references))
def test_labels_and_fills_are_templates_over_a_row(kind: str) -> None:
    reference = PACK.references[kind]
    Renderer(build_environment()).compile([reference["label"], reference.get("fills")], ["row"], kind)


def test_a_product_label_tells_two_offers_with_one_mpn_apart() -> None:
    renderer = Renderer(build_environment())
    month, year = {"type": "month", "duration": 1}, {"type": "year", "duration": 1}
    price = [{"type": "setup", "amount": "1.00"}, {"type": "recurring", "currency": "USD", "amount": "9.50"}]
    row = {"name": "Desk", "vendor": "NWT", "prices": price, "billingPeriod": month, "subscriptionPeriod": year}
    label = PACK.references["product_mpn"]["label"]
    assert renderer.render(label, {"row": row}) == "Desk; term 1 year; billed every 1 month; 9.50 USD; NWT"
    assert "no price" in renderer.render(label, {"row": {}})


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_a_success_and_a_refusal_and_no_secret(name: str) -> None:
    examples = raw(name)["examples"]
    refusals = [e for e in examples if "errors" in e or e["response"]["status"] >= 400]
    assert len(refusals) >= 1
    assert len(examples) - len(refusals) >= 1
    assert all(example["title"].startswith("refused: ") == (example in refusals) for example in examples)
    text = json.dumps(examples)
    assert "password" not in text
    assert all(host.endswith((".com", ".test")) and "example" in host for host in re.findall(r"@([\w.]+)", text))
