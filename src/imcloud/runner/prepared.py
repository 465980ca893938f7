"""An action with everything compiled that a call of it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imcloud.errors import PackError
from imcloud.pack import Action, Pack
from imcloud.packs import check_meta
from imcloud.rendering import MISSING, Compiled, Renderer, RenderProblem, RequestTemplate, compile_request
from imcloud.strict_yaml import Document


@dataclass(frozen=True)
class Prepared:
    """`pending`, `failed` and `derived` are the compiled expressions of the action's `outputs`."""

    action: Action
    pack: Pack
    request: RequestTemplate
    pending: Compiled
    failed: Compiled
    derived: Compiled

    @property
    def scheme(self) -> Mapping[str, Any] | None:
        """The paging scheme of a list, null for a single object."""
        name = self.action.raw.get("paging")
        if name is None:
            return None
        scheme: Mapping[str, Any] = self.pack.manifest["paging"][name]
        return scheme

    def effect_class(self, method: str) -> str:
        """The effect of this very call; `by_method` is decided by the verb: a GET reads, all else is an update."""
        declared = self.action.effect_class
        if declared != "by_method":
            return declared
        return "read" if method == "GET" else "update"


def prepare(action: Action, pack: Pack, renderer: Renderer) -> Prepared:
    """Check and compile an action. Raises `PackError` naming file and line."""
    findings = check_meta("action", Document(action.raw, action.lines), action.source_name)
    if findings:
        first = findings[0]
        raise PackError(f"{first.message} {first.hint}".strip(), path=first.path, line=first.line)
    outputs = action.raw["outputs"]
    try:
        return Prepared(
            action=action,
            pack=pack,
            request=compile_request(renderer, action.raw["request"]),
            pending=renderer.compile(outputs.get("pending", False), ("data",), "/outputs/pending"),
            failed=renderer.compile(outputs.get("failed", False), ("data",), "/outputs/failed"),
            derived=renderer.compile(outputs.get("derived", {}), ("row",), "/outputs/derived"),
        )
    except RenderProblem as problem:
        line = action.lines.get(problem.where)
        raise PackError(problem.message, path=action.source_name, line=line) from None


def says(compiled: Compiled, roots: Mapping[str, Any]) -> bool:
    """Whether an expression is true; one that cannot be evaluated for this answer is not."""
    try:
        value = compiled.render(roots)
    except RenderProblem:
        return False
    return value is not MISSING and bool(value)
