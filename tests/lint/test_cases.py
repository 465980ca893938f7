"""Bad packs: each file in `cases/` says what to change in the toy pack, and every finding that this must give.

A case is a YAML file: `change` lists edits of files (`replace`/`by`, `text` for a whole file, `remove`), `expect` lists
the findings as `path:line CODE`, all of them. Adding a file adds a test.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from imcloud.lint import RULES, WARNINGS, lint_pack
from imcloud.manager import get_plugin_manager
from imcloud.scaffold import scaffold
from imcloud.strict_yaml import load_yaml

HERE = Path(__file__).parent
TOY = HERE.parent / "runner" / "toy"
CASES = sorted((HERE / "cases").glob("*.yaml"))
PLUGINS = get_plugin_manager(installed=False)


def case(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = load_yaml(file.read_text("utf-8"), file.name).value
    return loaded


def edit(folder: Path, change: dict[str, Any]) -> None:
    file = folder / change["file"]
    if change.get("remove"):
        file.unlink()
    elif "text" in change:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(change["text"], "utf-8")
    elif "copy" in change:
        shutil.copy(folder / change["copy"], file)
    else:
        before = file.read_text("utf-8")
        assert change["replace"] in before, f"{change['file']} no longer has {change['replace']!r}"
        file.write_text(before.replace(change["replace"], change["by"], 1), "utf-8")


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_bad_pack_gives_exactly_these_findings(file: Path, tmp_path: Path) -> None:
    wanted = case(file)
    folder = tmp_path / "pack"
    shutil.copytree(TOY, folder)
    for change in wanted["change"]:
        edit(folder, change)
    findings = lint_pack(folder, plugins=PLUGINS)
    assert [f"{found.path}:{found.line} {found.code}" for found in findings] == wanted["expect"], findings
    for text in wanted.get("says", ()):
        assert any(text in str(found) for found in findings), findings


def test_the_toy_pack_itself_is_clean() -> None:
    assert lint_pack(TOY, plugins=PLUGINS) == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/gizmos", "/gizmos/{gizmoId}", "/benches/{benchId}/gizmos"])
def test_what_the_scaffold_writes_is_clean(method: str, path: str, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(TOY, folder)
    scaffold(folder, method, path)
    assert lint_pack(folder, plugins=PLUGINS) == []


def test_every_rule_has_a_case_that_is_named_after_it() -> None:
    shown = {line.rpartition(" ")[2] for file in CASES for line in case(file)["expect"]}
    assert shown >= set(RULES)
    for file in CASES:
        code = file.stem.partition("_")[0].upper()
        assert any(line.endswith(code) for line in case(file)["expect"]), f"{file.name} does not show {code}"


def test_a_rule_is_one_line_and_the_warnings_are_rules() -> None:
    assert set(RULES) >= WARNINGS
    for code, text in RULES.items():
        assert code.startswith("IM")
        assert text and "\n" not in text and not text.endswith(".")
