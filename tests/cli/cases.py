"""Loads the cases that stand as files beside the tests: adding an entry adds a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imcloud.strict_yaml import load_yaml

CASES = Path(__file__).parent / "cases"


def load_cases(name: str) -> list[Any]:
    """The cases of one file, each under its title."""
    entries = load_yaml((CASES / f"{name}.yaml").read_text(encoding="utf-8"), name).value
    return [pytest.param(entry, id=entry["title"]) for entry in entries]
