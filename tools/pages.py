"""Every page, or part of one, that is generated from the pack and the program."""

from __future__ import annotations

import re
from pathlib import Path

from imcloud.pack import Pack
from imcloud.packs import load_pack
from tools import action_pages, command_pages, discrepancies
from tools.markdown import plain

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def outputs() -> dict[Path, str]:
    """Files with the text that they should have."""
    pack = load_pack(ROOT)
    found = {DOCS / "actions" / name: text for name, text in action_pages.pages(pack).items()}
    found[DOCS / "discrepancies.md"] = discrepancies.text(pack)
    found[DOCS / "commands.md"] = command_pages.text()
    found[ROOT / "README.md"] = _with_parts(ROOT / "README.md", {"setup": _setup(pack), "unknowns": _unknowns(pack)})
    return found


def leftovers(wanted: dict[Path, str]) -> list[Path]:
    """Generated pages that nothing generates any more."""
    return [path for path in sorted((DOCS / "actions").glob("*.md")) if path not in wanted]


def _setup(pack: Pack) -> list[str]:
    steps = pack.manifest["setup"]
    return [f"{place}. **{plain(step['title'])}.** {_marked(step['text'])}" for place, step in enumerate(steps, 1)]


def _unknowns(pack: Pack) -> list[str]:
    return [f"- {plain(line)}" for line in pack.manifest["unknowns"]]


def _marked(text: str) -> str:
    # What stands in quotation marks and is a command reads better as code.
    return re.sub(r'"(imcloud [^"]+)"', r"`\1`", " ".join(text.split()))


def _with_parts(path: Path, parts: dict[str, list[str]]) -> str:
    text = path.read_text(encoding="utf-8")
    for name, lines in parts.items():
        begin, end = f"<!-- {name}: generated from manifest.yaml -->", f"<!-- /{name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        block = "\n".join([begin, "", *lines, "", end])
        text, count = pattern.subn(lambda _, block=block: block, text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"{path.name} needs exactly one part between {begin} and {end}")
    return text
