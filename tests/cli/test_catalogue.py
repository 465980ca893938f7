"""`actions`, `describe` and `find`."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from cli.conftest import Command

from imcloud.cli.assign import parse
from imcloud.cli.fields import fields
from imcloud.packs import load_pack

PACK = load_pack(Path(__file__).parents[2])


def test_actions(run: Command) -> None:
    entries = run("actions").json
    assert [entry["action"] for entry in entries] == list(PACK.actions)
    assert {"action", "ref", "title", "resource", "effect", "method", "path", "description", "deprecated"} == set(
        entries[0]
    )
    text = run("actions", "--table").out
    assert all(f"  {name} " in text for name in PACK.actions) and "GET /customers/{id}" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_actions_of_one_resource(run: Command) -> None:
    assert {entry["resource"] for entry in run("actions", "--resource", "plans").json} == {"plans"}
    ran = run("actions", "--resource", "plan")
    assert ran.code == 2 and "did you mean 'plans'" in ran.err


@pytest.mark.parametrize("name", PACK.actions)
def test_every_action_is_described(run: Command, name: str) -> None:
    action = PACK.actions[name]
    ran = run("describe", name, "--table")
    assert ran.code == 0 and ran.out.startswith(f"{name}  {action.effect_class}")
    data = run("describe", name).json
    assert [field["key"] for field in data["inputs"]] == [field.key for field in fields(action.inputs)]
    for field in fields(action.inputs):
        assert field.name in ran.out
    for example in data["examples"]:
        words = shlex.split(example["command"])
        assert words[:3] == ["imcloud", "run", name]
        assert parse(words[3:], str) == example["inputs"]


def test_a_description_shows_enums_pickers_and_disputes(run: Command) -> None:
    text = run("describe", "create_order", "--table").out
    assert (
        "customerId*" in text and "picker: customer" in text.replace("\n", " ").replace("  ", " ")
    ) or "[picker:" in text
    assert "Where the documents disagree" in text and "Examples" in text and "Outputs" in text
    assert "sales | change" in " ".join(text.split())


def test_a_list_has_its_paging_inputs_last(run: Command) -> None:
    lines = [line.split()[0] for line in run("describe", "list_orders", "--table").out.splitlines() if line.strip()]
    assert lines.index("paging") < lines.index("offset") < lines.index("limit")


def test_an_action_by_its_whole_name_and_by_a_wrong_one(run: Command) -> None:
    assert run("describe", "im_cloud.get_order").json["action"] == "get_order"
    ran = run("describe", "get_ordr")
    assert ran.code == 2 and "did you mean 'get_order'" in ran.err


def test_find_actions_and_runbooks(run: Command) -> None:
    hits = run("find", "turn off auto renew").json
    assert hits[0]["name"] == "update_subscription" and set(hits[0]) == {"name", "kind", "title", "score", "matched"}
    assert {"kind": "runbook", "name": "onboard_customer"}.items() <= run("find", "onboarding").json[0].items()
    assert "update_subscription" in run("find", "turn", "off auto renew", "--table", "--limit", "1").out


def test_nothing_found(run: Command) -> None:
    ran = run("find", "qqqq", "--table")
    assert ran.code == 1 and ran.out == "" and "nothing was found" in ran.err
    assert run("find", "qqqq").json == []
