"""Whatever the files hold, linting answers with findings and never with an exception."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from imcloud.lint import lint_pack
from imcloud.lint.json_lines import json_lines
from imcloud.lint.patterns import pattern_faults
from imcloud.manager import get_plugin_manager

TOY = Path(__file__).parents[1] / "runner" / "toy"
PLUGINS = get_plugin_manager(installed=False)
ODD: list[Any] = [None, True, 7, -1.5, "", "{{ inputs.", "{{ inputs }}", [], ["a", 1], {}, {"a": {}}, [[]], "a/b"]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [path, *(place for key in keys for place in places(node[key], (*path, key)))]


def mutate(value: Any, dice: random.Random) -> Any:
    *parents, last = dice.choice(places(value)[1:])
    node = value
    for key in parents:
        node = node[key]
    if dice.random() < 0.3:
        del node[last]
    else:
        node[last] = dice.choice(ODD)
    return value


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_pack_never_raises(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    folder = tmp_path / "pack"
    shutil.copytree(TOY, folder)
    files = sorted([*folder.rglob("*.yaml"), *folder.rglob("*.json")])
    for file in dice.sample(files, 2):
        text = file.read_text("utf-8")
        if file.suffix == ".json":
            file.write_text(json.dumps(mutate(json.loads(text), dice), indent=1), "utf-8")
        else:
            file.write_text(yaml.safe_dump(mutate(yaml.safe_load(text), dice)), "utf-8")
    for finding in lint_pack(folder, plugins=PLUGINS):
        assert finding.path
        assert finding.line >= 0


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"[1, 2]", b"null", b"{", b"{" * 5000, b'{"a": 1e999}', b"NaN", b'"x"']
)
@pytest.mark.parametrize("name", ["manifest.yaml", "actions/widgets/get_widget.yaml", "schemas/objects/line.json"])
def test_a_file_of_anything_is_a_finding(raw: bytes, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(TOY, folder)
    (folder / name).write_bytes(raw)
    assert any(finding.path == name for finding in lint_pack(folder, plugins=PLUGINS))


def test_a_folder_that_is_no_pack_is_a_finding(tmp_path: Path) -> None:
    assert [str(finding) for finding in lint_pack(tmp_path, plugins=PLUGINS)] == [
        "manifest.yaml:0: IM001 error: the file does not exist"
    ]


def test_lines_of_a_json_text() -> None:
    text = '{\n  "a/b": [\n    1,\n    {"c~": "x\\n}"}\n  ],\n  "d": {}\n}\n'
    assert json_lines(text) == {"": 1, "/a~1b": 2, "/a~1b/0": 3, "/a~1b/1": 4, "/a~1b/1/c~0": 4, "/d": 6}


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ("^[A-Za-z0-9_-]+$", []),
        ("^(/[a-z.]+)+/?$", []),
        ("^[a-z]+(,[a-z]+)*$", []),
        ("^(ab|cd){1,9}$", []),
        ("^[^/]*(/[^/]*)*$", []),
        ("^(a+)+$", ["IM044"]),
        ("^(a*b?)*$", ["IM044"]),
        ("^([a-z]+[0-9]*)+$", ["IM044"]),
        ("^(.+,)*$", ["IM044"]),
        ("^(ab|a)*$", ["IM044"]),
        ("^(?i:a)$", ["IM045"]),
        ("(?i)^a$", ["IM045"]),
        ("^a\\b$", ["IM045"]),
        ("\\Aa\\Z", ["IM042", "IM045"]),
        ("^(a)\\1$", ["IM045"]),
        ("^(?<=a)b$", ["IM045"]),
        ("^[$", ["IM045"]),
        ("a$", ["IM042"]),
        ("^a\\$", ["IM042"]),
        ("", ["IM042"]),
    ],
)
def test_patterns(pattern: str, codes: list[str]) -> None:
    assert sorted({code for code, _ in pattern_faults(pattern)}) == codes
