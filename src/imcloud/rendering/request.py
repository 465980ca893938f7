"""From an action's `request` to the request that goes on the wire."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from imcloud.pack import WireRequest
from imcloud.rendering.expressions import MISSING, Compiled, Renderer, RenderProblem

ROOTS = ("inputs",)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RAW_SEGMENT = re.compile(r"[A-Za-z0-9_.~:@!$&'()*+,;=-]{1,128}")


class InputProblem(RenderProblem):
    """A value that cannot stand where the request puts it: `where` is the input's JSON pointer."""

    def __init__(self, message: str, pointer: str, rule: str) -> None:
        super().__init__(message, pointer)
        self.rule = rule


@dataclass(frozen=True)
class RequestTemplate:
    """The compiled `request` of an action."""

    method: Compiled
    segments: tuple[tuple[str, Compiled], ...]
    query: Compiled | None
    body: Compiled | None
    raw_path: Compiled | None
    alternate_method: str | None

    def build(self, inputs: Mapping[str, Any]) -> WireRequest:
        """The request for validated inputs. Raises `InputProblem` and `RenderProblem`."""
        roots = {"inputs": inputs}
        segments = self._raw(roots) if self.raw_path else tuple(_segment(t, c.render(roots)) for t, c in self.segments)
        query = self.query.render(roots) if self.query else {}
        body = self.body.render(roots) if self.body else MISSING
        return WireRequest(
            method=str(self.method.render(roots)).upper(),
            segments=segments,
            query={} if query is MISSING else {key: query_text(key, item) for key, item in query.items()},
            body=None if body is MISSING else body,
            has_body=body is not MISSING,
            alternate_method=self.alternate_method,
        )

    def _raw(self, roots: Mapping[str, Any]) -> tuple[str, ...]:
        assert self.raw_path is not None
        path = self.raw_path.render(roots)
        segments = tuple(str(path).removeprefix("/").split("/"))
        for segment in segments:
            if not _RAW_SEGMENT.fullmatch(segment) or segment.strip(".") == "":
                raise InputProblem("path must be a plain path below the base URL, such as /things/1", "/path", "path")
        return segments


def compile_request(renderer: Renderer, raw: Mapping[str, Any], where: str = "/request") -> RequestTemplate:
    """Compile an action's `request`. Raises `RenderProblem`."""
    path = raw["path"]
    is_raw = bool(raw.get("raw_path"))
    parts = [] if is_raw else [part for part in path.split("/") if part]
    return RequestTemplate(
        method=renderer.compile(raw["method"], ROOTS, f"{where}/method"),
        segments=tuple((part, renderer.compile(part, ROOTS, f"{where}/path")) for part in parts),
        query=renderer.compile(raw["query"], ROOTS, f"{where}/query") if "query" in raw else None,
        body=renderer.compile(raw["body"], ROOTS, f"{where}/body") if "body" in raw else None,
        raw_path=renderer.compile(path, ROOTS, f"{where}/path") if is_raw else None,
        alternate_method=raw.get("alternate_method"),
    )


def _segment(source: str, value: Any) -> str:
    if value == source:
        return source
    name = re.sub(r".*inputs\.|[^A-Za-z0-9_].*$", "", source.strip("{} "))
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value):
        raise InputProblem(f"{name} must be 1 to 64 letters, digits, '_' or '-'", f"/{name}", "path")
    return value


def query_text(name: str, value: Any) -> str:
    """A query value as text: typed, so that a filter never vanishes. Raises `InputProblem`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        raise InputProblem(f"{name} is empty: leave it out instead", f"/{name}", "empty")
    raise InputProblem(f"{name} must be a single value", f"/{name}", "type")
