"""What the paths of a runbook's expressions can hold, as JSON Schemas: from inputs, and from the answers of actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from imcloud.pack import Action
from imcloud.runbooks.check_sites import Compiled
from imcloud.runbooks.grammar import single_expression
from imcloud.runbooks.model import Runbook, Task
from imcloud.runbooks.paths import ANY, Chain, path_of

Schema = Mapping[str, Any]
FREE: Schema = {}
_TEXT, _NUMBER, _BOOL = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
_MIXED = ("anyOf", "oneOf", "allOf", "$ref", "if")
_ERROR = {
    "kind": _TEXT, "message": _TEXT, "pointer": _TEXT, "hint": _TEXT, "retryable": _BOOL, "outcome": _TEXT,
    "status_code": _NUMBER, "correlation_id": _TEXT, "rule": _TEXT, "allowed": {"type": "array"}, "nearest": FREE,
}  # fmt: skip
_PAGE = {"total": _NUMBER, "returned": _NUMBER, "complete": _BOOL, "next_offset": _NUMBER, "drift": _BOOL}


def closed(properties: Mapping[str, Schema]) -> Schema:
    """An object with these keys and no other."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


@dataclass(frozen=True)
class Dead:
    """A path that leads nowhere: part `at` of it cannot be; `known` are the keys that could stand there instead."""

    at: int
    reason: str
    known: tuple[str, ...] = ()


def walk(schema: Schema, parts: Iterable[str | int]) -> Schema | Dead:
    """The schema at the end of a path, `FREE` where nothing is known, or why the path is dead."""
    for at, part in enumerate(parts):
        if not isinstance(schema, Mapping) or not schema or any(key in schema for key in _MIXED):
            return FREE
        following = _step(schema, part, at)
        if isinstance(following, Dead):
            return following
        schema = following
    return schema if isinstance(schema, Mapping) else FREE


def _step(schema: Schema, part: str | int, at: int) -> Schema | Dead:
    kinds = schema.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "object" in kinds or "properties" in schema:
        return _key(schema, part, at)
    if "array" in kinds or "items" in schema:
        if isinstance(part, int) or part == ANY:
            items: Schema = schema.get("items", FREE)
            return items
        return Dead(at, "this is a list: choose one with [0], or all with map(attribute=...)")
    if kinds and kinds <= {"string", "number", "integer", "boolean", "null"}:
        if "string" in kinds and (isinstance(part, int) or part == ANY):
            return _TEXT
        return Dead(at, "there is nothing below it: it is a single value")
    return FREE


def _key(schema: Schema, part: str | int, at: int) -> Schema | Dead:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if part == ANY:
        return FREE
    if isinstance(part, int):
        return Dead(at, "this is an object, not a list", tuple(properties))
    if part in properties:
        return properties[part]
    rest = schema.get("additionalProperties", not properties)
    if isinstance(rest, Mapping):
        return rest
    # Answers may hold more than is documented, but a path nobody documented is far more often a slip.
    return Dead(at, "there is no such field", tuple(properties)) if properties or rest is False else FREE


class Types:
    """Schemas of all roots of one runbook. `actions` gives the action of each task that has a known one."""

    def __init__(self, runbook: Runbook, actions: Mapping[str, Action], compiled: Iterable[Compiled]) -> None:
        self.runbook = runbook
        self.actions = actions
        self._sources: dict[str, list[Compiled | None]] = {}
        self._open: set[str] = set()
        self._known: dict[str, Schema] = {}
        self._envelopes: dict[str, Schema] = {}
        texts = {entry.site.pointer: entry for entry in compiled if entry.site.defines}
        for pointer, name in _definitions(runbook):
            self._sources.setdefault(name, []).append(texts.get(pointer))

    @property
    def names(self) -> list[str]:
        """Every name that is ever in CTX."""
        return [*self.runbook.inputs.get("properties", {}), *self._sources]

    def resolve(self, chain: Chain, task: Task | None) -> Schema | Dead:
        """The schema of a path as it stands in a task (or outside of all)."""
        return walk(self._root(chain.root, task), chain.parts)

    def _root(self, root: str, task: Task | None) -> Schema:
        if root == "CTX":
            return closed({name: self.context(name) for name in self.names})
        if root == "TASKS":
            return closed({name: self.envelope(entry) for name, entry in self.runbook.tasks.items()})
        if root == "RESULT" and task is not None:
            return self.single(task) if task.until and task.with_items else self.envelope(task)
        if root == "UTILS":
            return closed({"now": FREE, "uuid4": FREE})
        if root == "ORG":
            return closed({"VARIABLES": FREE})
        return _BOOL if root in ("SUCCEEDED", "FAILED") else FREE

    def context(self, name: str) -> Schema:
        """The schema of a name in CTX: of the input, or of the one path that is published under it."""
        if name in self._known or name in self._open:
            return self._known.get(name, FREE)
        self._open.add(name)
        sources = self._sources.get(name, [])
        inputs: Mapping[str, Schema] = self.runbook.inputs.get("properties", {})
        found = [self._published(source) for source in sources]
        if name in inputs:
            found.append(inputs[name])
        self._open.discard(name)
        self._known[name] = found[0] if found and all(schema == found[0] for schema in found) else FREE
        return self._known[name]

    def _published(self, source: Compiled | None) -> Schema:
        expression = None if source is None else single_expression(source.template.tree)
        chain = None if expression is None else path_of(expression)
        if source is None or chain is None:
            return FREE
        schema = self.resolve(chain, source.site.task)
        return FREE if isinstance(schema, Dead) else schema

    def single(self, task: Task) -> Schema:
        """The envelope of one call of a task's action."""
        action = self.actions.get(task.name)
        if action is None:
            return FREE
        return _envelope(data_schema(action))

    def envelope(self, task: Task) -> Schema:
        """What `TASKS.<task>` is: the envelope, with `items`, `failed` and `collected_results` for a `with` task."""
        if task.name not in self._envelopes:
            self._envelopes[task.name] = self._make_envelope(task)
        return self._envelopes[task.name]

    def _make_envelope(self, task: Task) -> Schema:
        if task.with_items is None or task.name not in self.actions:
            return self.single(task)
        data = data_schema(self.actions[task.name])
        row = closed({"item": FREE, "ok": _BOOL, "outcome": _TEXT, "data": data, "error": closed(_ERROR)})
        many = {"items": _list(row), "failed": _list(row), "collected_results": _list(_envelope(data))}
        return _envelope(_list(data), many)


def data_schema(action: Action) -> Schema:
    """The schema of an action's `data`: the object, or the list of rows; computed fields included."""
    schema: Schema = action.output
    if derived := action.raw["outputs"].get("derived"):
        schema = {**schema, "properties": {**schema.get("properties", {}), **dict.fromkeys(derived, FREE)}}
    return _list(schema) if action.is_list else schema


def _envelope(data: Schema, more: Mapping[str, Schema] | None = None) -> Schema:
    keys: dict[str, Schema] = {
        "action": _TEXT, "ok": _BOOL, "outcome": _TEXT, "status_code": _NUMBER, "headers": FREE, "data": data,
        "page": closed(_PAGE), "errors": _list(closed(_ERROR)), "connection": FREE, "correlation_id": _TEXT,
        "attempts": _NUMBER, "warnings": _list(_TEXT), "coerced": _list(FREE), "dry_run": FREE, "request": FREE,
        "elapsed_ms": _NUMBER, "pending": _BOOL, **(more or {}),
    }  # fmt: skip
    return closed({**keys, "result": closed(keys)})


def _definitions(runbook: Runbook) -> Iterable[tuple[str, str]]:
    yield from ((f"/vars/{name}", name) for name in runbook.vars)
    for task in runbook.tasks.values():
        yield from ((f"{task.pointer}/publish/{name}", name) for name in task.publish)
        for transition in task.next or ():
            yield from ((f"{transition.pointer}/publish/{name}", name) for name in transition.publish)
