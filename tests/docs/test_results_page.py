"""`docs/results.md` names every key of the envelope, every kind of error and every exit code."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from support.pages.blocks import PROJECT

from imcloud.errors import ErrorItem, ErrorKind, Outcome
from imcloud.results import Page, Result

PAGE = (PROJECT / "docs" / "results.md").read_text(encoding="utf-8")
KEYS = [
    *Result("a.b", ok=True, outcome="done", connection={}).to_dict(),
    *Page(0, 0, True, None).to_dict(),
    *ErrorItem("input", "").to_dict(),
]


@pytest.mark.parametrize("word", sorted({*KEYS, *get_args(ErrorKind), *get_args(Outcome)}))
def test_the_page_names(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 130])
def test_the_page_explains_the_exit_code(code: int) -> None:
    assert re.search(rf"^\| {code} \| \w", PAGE, re.MULTILINE)
