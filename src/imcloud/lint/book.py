"""What the rules look things up in: the sound files of a pack, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imcloud.errors import PackError
from imcloud.lint.sources import Source, Sources
from imcloud.rendering import Renderer


@dataclass(frozen=True)
class Entry:
    """An action whose file has the right form. `inputs` and `output` are empty where the schema cannot be had."""

    source: Source
    raw: Mapping[str, Any]
    inputs: Mapping[str, Any]
    output: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name that it gives itself."""
        return str(self.raw["action"])

    @property
    def fields(self) -> Mapping[str, Any]:
        """The schemas of the inputs by name."""
        found: Mapping[str, Any] = self.inputs.get("properties", {})
        return found

    @property
    def effect(self) -> str:
        """The declared class."""
        return str(self.raw["effect"]["class"])

    @property
    def is_list(self) -> bool:
        """Whether the answer is rows."""
        return "paging" in self.raw


@dataclass(frozen=True)
class Book:
    """A pack under inspection. `named` are all action names, also of files that are not sound.

    `sound` holds the paths of the files that have the right form; `form` is the connection form, references inlined,
    empty where it cannot be had; so is `manifest` where it is not sound.
    """

    sources: Sources
    renderer: Renderer
    manifest: Mapping[str, Any]
    form: Mapping[str, Any]
    named: frozenset[str]
    sound: frozenset[str]
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def kinds(self) -> Mapping[str, Any]:
        """The kinds of references."""
        found: Mapping[str, Any] = self.manifest.get("references", {})
        return found


def schema_of(sources: Sources, path: str) -> Mapping[str, Any]:
    """A schema with its references inlined; empty where it cannot be had, which has a finding of its own."""
    try:
        return sources.inlined(path) if path in sources.schemas else {}
    except PackError:
        return {}
