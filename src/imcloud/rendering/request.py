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
from imcloud.strict_json import pointer

ROOTS = ("inputs",)
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RAW_SEGMENT = re.compile(r"[A-Za-z0-9_.~:@!$&'()*+,;=-]{1,128}")
_INPUT = re.compile(r"\binputs((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
_WHOLE = re.compile(r"\{\{\s*inputs((?:\.[A-Za-z_][A-Za-z0-9_]*)*)\s*(?:\|[^}]*)?\}\}")


class InputProblem(RenderProblem):
    """A value that cannot stand where the request puts it: `where` is the input's JSON pointer."""

    def __init__(self, message: str, pointer: str, rule: str) -> None:
        super().__init__(message, pointer)
        self.rule = rule


@dataclass(frozen=True)
class Segment:
    """One part of the path. `name` is the input it takes, dotted; empty when it is fixed."""

    value: Compiled
    name: str


@dataclass(frozen=True)
class RequestTemplate:
    """The compiled `request` of an action. `query_source` is the dotted input that the whole query stands in."""

    method: Compiled
    segments: tuple[Segment, ...]
    query: Compiled | None
    query_source: str
    body: Compiled | None
    raw_path: Compiled | None
    alternate_method: str | None

    def build(self, inputs: Mapping[str, Any]) -> WireRequest:
        """The request for validated inputs. Raises `InputProblem` and `RenderProblem`."""
        found: list[InputProblem] = []
        roots = {"inputs": inputs}
        segments, query = self._path(roots, found), self._query(roots, found)
        if found:
            raise found[0]
        body = self.body.render(roots) if self.body else MISSING
        return WireRequest(
            method=str(self.method.render(roots)).upper(),
            segments=segments,
            query=query,
            body=None if body is MISSING else body,
            has_body=body is not MISSING,
            alternate_method=self.alternate_method,
        )

    def problems(self, inputs: Mapping[str, Any]) -> tuple[InputProblem, ...]:
        """Every value that cannot stand in the path or the query, of inputs that may be invalid. Never raises."""
        found: list[InputProblem] = []
        for part in (self._path, self._query):
            try:
                part({"inputs": inputs}, found)
            except RenderProblem:
                continue
        return tuple(found)

    def _path(self, roots: Mapping[str, Any], found: list[InputProblem]) -> tuple[str, ...]:
        if self.raw_path is not None:
            return _raw_segments(str(self.raw_path.render(roots)), found)
        return tuple(_segment(part, part.value.render(roots), found) for part in self.segments)

    def _query(self, roots: Mapping[str, Any], found: list[InputProblem]) -> dict[str, str]:
        given = self.query.render(roots) if self.query else MISSING
        if given is MISSING:
            return {}
        if not isinstance(given, Mapping):
            found.append(_query_problem(self.query_source, given))
            return {}
        texts: dict[str, str] = {}
        for key, value in given.items():
            place = f"{self.query_source}.{key}" if self.query_source else key
            if not key:
                found.append(_query_problem(self.query_source, key))
                continue
            try:
                texts[key] = query_text(place, value, (*self.query_source.split("."), key))
            except InputProblem as problem:
                found.append(problem)
        return texts


def compile_request(renderer: Renderer, raw: Mapping[str, Any], where: str = "/request") -> RequestTemplate:
    """Compile an action's `request`. Raises `RenderProblem`."""
    path, query = raw["path"], raw.get("query")
    is_raw = bool(raw.get("raw_path"))
    parts = [] if is_raw else [part for part in path.split("/") if part]
    whole = _WHOLE.fullmatch(query) if isinstance(query, str) else None
    return RequestTemplate(
        method=renderer.compile(raw["method"], ROOTS, f"{where}/method"),
        segments=tuple(Segment(renderer.compile(part, ROOTS, f"{where}/path"), _name(part)) for part in parts),
        query=None if query is None else renderer.compile(query, ROOTS, f"{where}/query"),
        query_source=whole[1].removeprefix(".") if whole else "",
        body=renderer.compile(raw["body"], ROOTS, f"{where}/body") if "body" in raw else None,
        raw_path=renderer.compile(path, ROOTS, f"{where}/path") if is_raw else None,
        alternate_method=raw.get("alternate_method"),
    )


def _name(part: str) -> str:
    found = _INPUT.search(part)
    return found[1].removeprefix(".") if found else "the path" if "{{" in part else ""


def _segment(part: Segment, value: Any, found: list[InputProblem]) -> str:
    if not part.name:
        return str(value)
    place = pointer(part.name.split("."))
    if value is MISSING or value is None:
        found.append(InputProblem(f"{part.name} is required", place, "required"))
    elif not isinstance(value, str) or not _SEGMENT.fullmatch(value):
        found.append(InputProblem(f"{part.name} must be 1 to 64 letters, digits, '_' or '-'", place, "path"))
    return str(value)


def _raw_segments(path: str, found: list[InputProblem]) -> tuple[str, ...]:
    segments = tuple(path.removeprefix("/").split("/"))
    words = None
    if any(segment and not segment.strip(".") for segment in segments):
        words = "path may not have '.' or '..' between its slashes"
    elif "" in segments:
        words = "path may neither end with a slash nor have two in a row"
    elif "%" in path:
        words = "path is encoded for you: write its characters as they are, without '%'"
    elif not all(map(_RAW_SEGMENT.fullmatch, segments)):
        words = "path must be a plain path below the base URL, such as /things/1"
    if words:
        found.append(InputProblem(words, "/path", "path"))
    return segments


def _query_problem(source: str, value: Any) -> InputProblem:
    """What is wrong with a whole query that is no object, or with the empty name (`value` is "") in one that is."""
    name, place = source or "the query", pointer(source.split(".")) if source else ""
    if value == "":
        return InputProblem(f"{name} has a value without a name", place, "name")
    if value is None:
        return InputProblem(f"{name} is null: leave it out instead", place, "empty")
    return InputProblem(f"{name} must be an object of names and single values", place, "type")


def query_text(name: str, value: Any, path: tuple[str, ...] = ()) -> str:
    """A query value as text: typed, so that a filter never vanishes. Raises `InputProblem` at `path`."""
    place = pointer([part for part in path if part] or [name])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal | float) and math.isfinite(value):
        return format(Decimal(str(value)), "f")
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        raise InputProblem(f"{name} is empty: leave it out instead", place, "empty")
    raise InputProblem(f"{name} must be a single value", place, "type")
