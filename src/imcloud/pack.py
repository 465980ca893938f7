"""What a pack is once it is loaded: plain dataclasses that the rooms of the runner share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from imcloud.secrets import Secret

EffectClass = Literal["read", "check", "create", "update", "order"]
WRITES: frozenset[str] = frozenset({"create", "update", "order"})


@dataclass(frozen=True)
class Action:
    """One action. `raw` is the manifest as written, `lines` the 1-based line of every JSON pointer in it."""

    pack: str
    name: str
    resource: str
    title: str
    description: str
    effect_class: str
    method: str
    path: str
    raw: dict[str, Any]
    file: Path
    load_schema: Callable[[str], dict[str, Any]] = field(compare=False, repr=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """The JSON Schema of the inputs, every reference inlined. Raises `PackError`."""
        return self.load_schema(self.raw["inputs"])

    @cached_property
    def output(self) -> dict[str, Any]:
        """The JSON Schema of the object, or of one row, every reference inlined. Raises `PackError`."""
        return self.load_schema(self.raw["outputs"]["schema"])

    @property
    def ref(self) -> str:
        """The typed name other files use: `<pack>.<action>`."""
        return f"{self.pack}.{self.name}"

    @property
    def writes(self) -> bool:
        """Whether the action changes anything; `by_method` counts as writing until its method is known."""
        return self.effect_class not in ("read", "check")

    @property
    def is_list(self) -> bool:
        """Whether the answer is an envelope of rows."""
        return "paging" in self.raw

    @property
    def source_name(self) -> str:
        """The file as messages name it: `actions/<resource>/<action>.yaml`."""
        return f"actions/{self.resource}/{self.file.name}"


@dataclass(frozen=True)
class Pack:
    """A folder of actions with its manifest. `manifest` is checked data as written."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    actions: dict[str, Action]
    connection_form: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def references(self) -> dict[str, dict[str, Any]]:
        """The kinds of typed ids: kind -> where its options come from."""
        return dict(self.manifest.get("references", {}))


@dataclass(frozen=True)
class WireRequest:
    """A request as it goes on the wire: path segments are raw (not encoded), query values are text.

    `secrets` are the texts in it that must not be shown, should the answer repeat them.
    """

    method: str
    segments: tuple[str, ...]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    has_body: bool = False
    alternate_method: str | None = None
    secrets: tuple[Secret, ...] = field(default=(), compare=False)

    @property
    def path(self) -> str:
        """The path with every segment percent-encoded."""
        return "/" + "/".join(quote(segment, safe="") for segment in self.segments)
