"""Write every generated file anew: `python -m tools.generate`; with `--check`, only say which are stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("tools.pages", "tools.format_pages", "tools.stubs")


def outputs() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    found: dict[Path, str] = {}
    for source in SOURCES:
        found |= import_module(source).outputs()
    return found


def stale(wanted: dict[Path, str]) -> list[Path]:
    """The files whose text is not what it should be, missing ones included."""
    return [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all is well, 1 when `--check` finds something stale, 2 for unknown arguments."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given not in ([], ["--check"]):
        print("usage: python -m tools.generate [--check]", file=sys.stderr)
        return 2
    wanted = outputs()
    old, left = stale(wanted), import_module("tools.pages").leftovers(wanted)
    for path in [*old, *left]:
        print(f"{'stale' if given else 'wrote' if path in wanted else 'removed'}: {path.relative_to(ROOT).as_posix()}")
    if given:
        return 1 if old or left else 0
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8", newline="\n")
    for path in left:
        path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
