"""The pages about extending imcloud name everything there is: each hook with its arguments, each rule, each key."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from imcloud import hookspecs
from imcloud.lint import RULES
from imcloud.runbooks.check import RULES as RUNBOOK_RULES

DOCS = Path(__file__).resolve().parents[2] / "docs"
HOOKS = {name: found for name, found in vars(hookspecs).items() if hasattr(found, "imcloud_spec")}


def test_there_are_hooks() -> None:
    assert len(HOOKS) == 5


@pytest.mark.parametrize("name", sorted(HOOKS))
def test_a_hook_has_a_heading_with_its_exact_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[name]).parameters)
    headings = [line for line in (DOCS / "hooks.md").read_text("utf-8").splitlines() if line.startswith("## `")]
    assert f"## `{name}({arguments})`" in headings
    assert len(headings) == len(HOOKS)


def test_every_argument_is_explained() -> None:
    parts = (DOCS / "hooks.md").read_text("utf-8").split("\n## ")
    for name, hook in HOOKS.items():
        (part,) = [text for text in parts if text.startswith(f"`{name}(")]
        body = part.partition("\n")[2]
        assert [argument for argument in inspect.signature(hook).parameters if argument not in body] == []


def test_every_rule_is_on_the_page_of_rules() -> None:
    text = (DOCS / "lint.md").read_text("utf-8")
    assert [code for code in [*RULES, *RUNBOOK_RULES] if f"| `{code}` |" not in text] == []


def test_the_pages_about_formats_are_up_to_date() -> None:
    from tools import format_pages

    for path, text in format_pages.outputs().items():
        assert path.read_text("utf-8") == text, "stale: run python -m tools.generate"
