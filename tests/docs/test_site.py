"""The pages hang together: all are in the navigation, every link leads somewhere, nothing comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.pages.blocks import PROJECT, pages

DOCS = PROJECT / "docs"
MARKDOWN = [*pages(), PROJECT / "CHANGELOG.md"]
_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r'^--8<-- "([^":]+):([\w-]+)"$', re.MULTILINE)


def _config() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))
    return loaded


def _named(nav: Any) -> Iterator[str]:
    for entry in nav if isinstance(nav, list) else nav.values():
        if isinstance(entry, str):
            yield entry
        else:
            yield from _named(entry)


def test_every_page_is_in_the_navigation_and_no_other() -> None:
    named = list(_named(_config()["nav"]))
    assert sorted(named) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, fragment = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_file(), f"{path.name}: {link}"
        if fragment:
            assert fragment in _anchors(target), f"{path.name}: {link}"


def _anchors(path: Path) -> set[str]:
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading) for heading in headings]
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in plain}


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_sections_taken_from_elsewhere_exist(path: Path) -> None:
    for name, section in _SECTION.findall(path.read_text(encoding="utf-8")):
        source = (PROJECT / name).read_text(encoding="utf-8")
        assert f"[start:{section}]" in source
        assert f"[end:{section}]" in source
        inner = source.partition(f"[start:{section}]")[2].partition(f"[end:{section}]")[0]
        assert not _LINK.findall(_FENCED.sub("", inner)), "a link is right in one place only"


def test_the_site_loads_nothing_from_elsewhere() -> None:
    theme = _config()["theme"]
    assert theme["font"] is False
    text = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8") + (DOCS / "extra.css").read_text(encoding="utf-8")
    assert not re.search(r"https?://", text)


def test_the_project_speaks_of_itself_alone() -> None:
    """No path of a machine, and nothing that only its makers understand."""
    banned = re.compile(r"/(?:work|home|root|tmp)/\w|issue #?\d|(?<!`)\bTODO\b|\bFIXME\b")
    found = [
        f"{path.name}: {match.group()}"
        for path in MARKDOWN
        for match in banned.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found
