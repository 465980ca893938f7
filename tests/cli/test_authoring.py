"""`new-action` and `lint`: what is scaffolded lints clean, and what is broken is told with its line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cli.cases import load_cases
from cli.conftest import Command

from imcloud.lint import lint_pack
from imcloud.packs import load_pack
from imcloud.scaffold import scaffold

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the built-in pack."""
    folder = tmp_path / "pack"
    for name in ("actions", "schemas", "runbooks"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "manifest.yaml", folder / "manifest.yaml")
    return folder


@pytest.mark.parametrize("case", load_cases("scaffold"))
def test_scaffold(case: dict[str, Any], pack: Path, run: Command) -> None:
    ran = run("new-action", *case["words"], "--dir", str(pack))
    if "mistake" in case:
        assert ran.code == 2 and case["mistake"] in ran.err
        assert load_pack(pack).actions.keys() == load_pack(ROOT).actions.keys()
        return
    assert ran.code == 0, ran.err
    action = load_pack(pack).actions[case["name"]]
    assert (action.resource, action.effect_class) == (case["resource"], case["effect"])
    assert [str(finding) for finding in lint_pack(pack) if finding.severity == "error"] == []


def test_many_scaffolds_lint_clean_together(pack: Path) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for path in ("/gadgets", "/gadgets/{gadgetId}", "/gadgets/{gadgetId}/parts/{partId}"):
            scaffold(pack, method, path, name=f"{method.lower()}_{path.count('/')}_{path.count('{')}")
    assert [str(finding) for finding in lint_pack(pack) if finding.severity == "error"] == []


def test_a_scaffold_in_a_pack_without_resources_or_paging(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text(
        'format: 1\npack: toys\ntitle: Toys\nversion: "1"\nconnection: {}\n', encoding="utf-8"
    )
    written = scaffold(tmp_path, "get", "/toys")
    assert [file.name for file in written] == ["list_toys.yaml", "list_toys.json", "list_toys.json", "manifest.yaml"]
    assert load_pack(tmp_path).manifest["resources"]["toys"]["title"] == "Toys"


def test_new_action_needs_a_pack(run: Command, tmp_path: Path) -> None:
    ran = run("new-action", "GET", "/x", "--dir", str(tmp_path))
    assert ran.code == 2 and "holds no manifest.yaml" in ran.err


def test_our_own_pack_lints_clean(run: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run("lint", str(ROOT)).json == []
    monkeypatch.chdir(tmp_path)
    ran = run("lint", "--table")
    assert ran.code == 0 and ran.err.endswith("no errors, no warnings\n")
    assert run("lint", str(tmp_path)).code == 2


def test_lint_tells_file_line_code_and_hint(run: Command, pack: Path) -> None:
    file = pack / "actions" / "plans" / "get_service_plan.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("class: read", "class: reed"), encoding="utf-8")
    ran = run("lint", str(pack), "--table")
    assert ran.code == 1 and "actions/plans/get_service_plan.yaml:" in ran.out and "error" in ran.out
    found = run("lint", str(pack)).json
    assert found and set(found[0]) == {"path", "line", "code", "severity", "message", "hint"}


@pytest.mark.parametrize("text", ["", "format: 1", "{", "- a", "format: 2\npack: x", "\x00", "a: &b c"])
def test_lint_of_junk(run: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.yaml").write_text(text, encoding="utf-8")
    assert run("lint", str(tmp_path)).code in (1, 2)
