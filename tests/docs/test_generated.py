"""Generated pages, stubs and pictures are what the tools would write today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.pages.blocks import PROJECT

from imcloud.packs import load_pack

PICTURE = PROJECT / "docs" / "pictures" / "demo.svg"


def _check(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.generate", "--check"], cwd=project, capture_output=True, text=True, check=False
    )


def test_nothing_generated_is_stale() -> None:
    done = _check(PROJECT)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nwrite them anew: make generate"
    assert not done.stdout


def test_the_picture_shows_every_action() -> None:
    drawn = PICTURE.read_text(encoding="utf-8").replace("&#160;", " ")
    missing = [a.name for a in load_pack(PROJECT).actions.values() if a.resource != "api" and a.name not in drawn]
    assert not missing, "draw it anew: python -m tools.picture"
    assert "27 of 27 actions done" in drawn


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"' ]+", drawn)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in drawn
    assert "@font-face" not in drawn


@pytest.mark.parametrize("arguments", [["--chekc"], ["--check", "now"]])
def test_unknown_arguments_are_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.generate", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage" in done.stderr
