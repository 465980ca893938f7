"""Compares what a page shows with what a command printed, volatile parts aside."""

from __future__ import annotations

import re

# A line of three dots stands for any number of lines that the page leaves out.
DOTS = "..."
_VOLATILE = [
    (r"\x1b\[[0-9;?]*[A-Za-z]", ""),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
    (r"\b[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", "<http date>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", "<instant>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<day>"),
    (r"(127\.0\.0\.1|localhost):\d+", r"\1:<port>"),
    (r" *\b[\d,]+(?:\.\d+)? m?s\b", " <time>"),
    (r'("elapsed_ms": )\d+', r"\1<time>"),
    (r"\b\d+ bytes\b", "<bytes>"),
    (r"─{2,}", "──"),
    (r"(?<=\S) {2,}", "  "),
]


def normalised(text: str) -> list[str]:
    """The lines with everything that differs between two runs replaced, blank lines at both ends gone."""
    for pattern, instead in _VOLATILE:
        text = re.sub(pattern, instead, text)
    return [line.rstrip() for line in text.replace("\r", "").strip("\n").split("\n")]


def differs(shown: str, printed: str) -> str | None:
    """Null when the page shows what was printed, else both, for a person to compare."""
    wanted, got = normalised(shown), normalised(printed)
    if _matches(wanted, got):
        return None
    return "the page shows\n  " + "\n  ".join(wanted) + "\nbut the command prints\n  " + "\n  ".join(got)


def _matches(wanted: list[str], got: list[str]) -> bool:
    if DOTS not in wanted:
        return wanted == got
    cut = wanted.index(DOTS)
    if wanted[:cut] != got[:cut]:
        return False
    rest = wanted[cut + 1 :]
    return any(_matches(rest, got[start:]) for start in range(cut, len(got) + 1)) if rest else True
