"""The repository's own pack is clean, and linting it is quick."""

from __future__ import annotations

import time
from pathlib import Path

from imcloud.lint import lint_pack

ROOT = Path(__file__).resolve().parents[2]


def test_the_own_pack_has_no_finding_at_all() -> None:
    assert [str(finding) for finding in lint_pack(ROOT)] == []


def test_linting_takes_less_than_a_second_and_a_half() -> None:
    # CPU time, the best of three: other processes of a busy machine must not fail it.
    spent = []
    for _ in range(3):
        before = time.process_time()
        lint_pack(ROOT)
        spent.append(time.process_time() - before)
    assert min(spent) < 1.5
