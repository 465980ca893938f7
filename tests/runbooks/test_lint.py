"""Every file in cases/lint is a test: a runbook, and the findings that it must have, no more and no fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imcloud.findings import Finding
from imcloud.packs import load_pack
from imcloud.runbooks.check import RULES, WARNINGS, check, check_file
from imcloud.runbooks.loading import RunbookInvalid, find_runbook, list_runbooks, parse_runbook, runbook_files
from imcloud.strict_yaml import load_yaml

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases" / "lint").glob("*.yaml"))
PACKS = {"im_cloud": load_pack(HERE.parents[1])}


def read(file: Path) -> Any:
    return load_yaml(file.read_text("utf-8"), file.name).value


def lint(text: str) -> list[Finding]:
    try:
        return check(parse_runbook(text, "case.yaml"), PACKS)
    except RunbookInvalid as invalid:
        return list(invalid.findings)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_findings(file: Path) -> None:
    case = read(file)
    found = lint(case["runbook"])
    expected = case["expect"]
    assert sorted((f.code, f.line) for f in found) == sorted((e["code"], e["line"]) for e in expected), found
    for entry in expected:
        texts = [f"{f.message} {f.hint}" for f in found if (f.code, f.line) == (entry["code"], entry["line"])]
        assert any(entry["says"] in text for text in texts), texts


def test_every_rule_has_a_case() -> None:
    covered = {entry["code"] for file in CASES for entry in read(file)["expect"]}
    # No action of the pack is deprecated yet: RB014 has a test of its own below.
    assert covered | {"RB014"} == set(RULES)


def test_warnings_are_warnings_and_all_else_is_an_error() -> None:
    for file in CASES:
        for finding in lint(read(file)["runbook"]):
            assert (finding.severity == "warning") == (finding.code in WARNINGS)


def test_deprecated_action_names_its_replacement() -> None:
    pack = PACKS["im_cloud"]
    action = pack.actions["list_orders"]
    old = type(action)(**{**vars_of(action), "raw": {**action.raw, "deprecated": {"replacement": "list_customers"}}})
    changed = type(pack)(**{**vars_of(pack), "actions": {**pack.actions, "list_orders": old}})
    book = parse_runbook("format: 1\nrunbook: a\ntitle: A\ntasks: {a: {action: list_orders}}")
    (finding,) = check(book, {"im_cloud": changed})
    assert (finding.code, finding.line, finding.hint) == ("RB014", 4, "use list_customers")


def vars_of(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}


@pytest.mark.parametrize("file", [file for _, file in runbook_files(PACKS.values())], ids=lambda file: file.stem)
def test_shipped_runbooks_lint_clean(file: Path) -> None:
    assert check_file(file, PACKS) == []


def test_runbooks_are_found_by_name_and_path() -> None:
    names = [name for name, _ in list_runbooks(PACKS)]
    assert {"im_cloud.every_action", "im_cloud.onboard_customer"} <= set(names)
    by_name, by_ref = find_runbook("every_action", PACKS), find_runbook("im_cloud.every_action", PACKS)
    assert by_name == by_ref == find_runbook(by_name.path, PACKS)


def test_an_unknown_name_has_its_nearest() -> None:
    with pytest.raises(Exception, match="did you mean 'onboard_customer'"):
        find_runbook("onboard_custmer", PACKS)


def test_files_that_cannot_be_read_are_findings(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe")
    assert [f.code for f in check_file(tmp_path / "bad.yaml", PACKS)] == ["RB001"]
    assert [f.code for f in check_file(tmp_path / "none.yaml", PACKS)] == ["RB001"]


def test_every_action_names_every_documented_operation_once() -> None:
    book = find_runbook("every_action", PACKS)
    called = [task.action for task in book.tasks.values()]
    wanted = [a.name for a in PACKS["im_cloud"].actions.values() if a.effect_class != "by_method"]
    assert sorted(called) == sorted(wanted)
    assert len(called) == 27


def test_the_page_lists_every_rule_and_every_filter() -> None:
    from imcloud.runbooks.filters import FILTERS

    page = (HERE.parents[1] / "docs" / "runbooks.md").read_text("utf-8")
    assert [code for code, text in RULES.items() if f"| {code} | {text} |" not in page] == []
    stock = {"join", "tojson"}
    assert [name for name in FILTERS if f"`{name}`" not in page and name not in stock] == []
