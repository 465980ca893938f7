"""Runbooks from files: by path, or by name in the `runbooks/` folders of the packs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from imcloud.errors import PackError, UnknownName
from imcloud.findings import Finding
from imcloud.pack import Pack
from imcloud.runbooks.model import Runbook, build
from imcloud.runbooks.shape import shape_findings
from imcloud.strict_yaml import MAX_BYTES, load_yaml

_SUFFIXES = (".yaml", ".yml")


class RunbookInvalid(PackError):
    """The file is not a runbook; `findings` say everything that is wrong with it, each with its line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        hint = f" ({first.hint})" if first.hint else ""
        super().__init__(f"{first.message}{hint}{more}", path=first.path, line=first.line or None)
        self.findings = tuple(findings)


def parse_runbook(text: str, path: str = "<text>") -> Runbook:
    """A runbook from its text. Raises `RunbookInvalid` when it does not fit the meta-schema."""
    try:
        document = load_yaml(text, path)
    except PackError as error:
        raise RunbookInvalid([Finding(path, error.line or 0, "RB001", "error", error.reason)]) from None
    if findings := shape_findings(document.value, path, document.lines):
        raise RunbookInvalid(findings)
    return build(document.value, path, document.lines, text)


def load_runbook(path: str | Path) -> Runbook:
    """A runbook from its file. Raises `RunbookInvalid`, also for a file that cannot be read as text."""
    file = Path(path)
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1).decode()
    except OSError as error:
        raise RunbookInvalid([Finding(str(path), 0, "RB001", "error", error.strerror or "cannot be read")]) from None
    except UnicodeDecodeError:
        raise RunbookInvalid([Finding(str(path), 0, "RB001", "error", "the file is not UTF-8 text")]) from None
    return parse_runbook(text, str(path))


def runbook_files(packs: Iterable[Pack]) -> Iterator[tuple[Pack, Path]]:
    """Every runbook file of the packs, in the sequence of packs and names."""
    for pack in packs:
        folder = pack.folder / "runbooks"
        if folder.is_dir():
            yield from ((pack, file) for file in sorted(folder.iterdir()) if file.suffix in _SUFFIXES)


def list_runbooks(packs: Mapping[str, Pack]) -> list[tuple[str, Runbook]]:
    """All runbooks of the packs as (`pack.name`, runbook). Raises `RunbookInvalid` for a broken one."""
    return [(f"{pack.name}.{file.stem}", load_runbook(file)) for pack, file in runbook_files(packs.values())]


def find_runbook(ref: str | Path, packs: Mapping[str, Pack]) -> Runbook:
    """A runbook by path, by name or by `pack.name`.

    Raises `UnknownName` with the nearest names, or `RunbookInvalid`.
    """
    text = str(ref)
    if isinstance(ref, Path) or text.endswith(_SUFFIXES) or "/" in text or "\\" in text:
        return load_runbook(ref)
    names: dict[str, Path] = {}
    for pack, file in runbook_files(packs.values()):
        names[f"{pack.name}.{file.stem}"] = file
        names.setdefault(file.stem, file)
    if text not in names:
        raise UnknownName("runbook", text, get_close_matches(text, names, 3))
    return load_runbook(names[text])


def plain_inputs(runbook: Runbook) -> dict[str, Any]:
    """The input schema, closed: a misspelt input must not vanish silently."""
    schema = {"type": "object", **runbook.inputs}
    schema.setdefault("additionalProperties", False)
    return schema
