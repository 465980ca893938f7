"""The generated types are up to date, say what the schemas say, and hold for real uses."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from imcloud.packs import load_pack

ROOT = Path(__file__).resolve().parents[2]


def test_the_stub_is_up_to_date() -> None:
    from tools import stubs

    for path, text in stubs.outputs().items():
        assert path.read_text("utf-8") == text, "stale: run python -m tools.generate"


def test_every_action_has_its_types() -> None:
    text = (ROOT / "src" / "imcloud" / "typed.pyi").read_text("utf-8")
    for action in load_pack(ROOT).actions.values():
        assert f'action: Literal["{action.name}", "{action.ref}"], inputs: ' in text
        for field in action.inputs["properties"]:
            assert f"    {field}: " in text or f'"{field}": ' in text


def test_the_names_of_the_types_are_there_at_run_time() -> None:
    from imcloud import api, typed

    assert typed.run_action is api.run_action
    assert typed.CreateOrderInputs(customerId="1") == {"customerId": "1"}
    assert typed.ListReportsInputs is dict
    with pytest.raises(AttributeError, match="CreateOderInputs"):
        typed.CreateOderInputs  # noqa: B018


def test_the_public_names_are_the_same_for_type_checkers() -> None:
    import imcloud

    tree = ast.parse((ROOT / "src" / "imcloud" / "__init__.py").read_text("utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for node in ast.walk(blocks[0]) if isinstance(node, ast.ImportFrom)]
    imported = {(str(item.asname), str(node.module)) for node in imports for item in node.names}
    assert imported == set(imcloud._PUBLIC.items())


def test_typed_uses_are_checked_by_mypy() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typing/uses.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
