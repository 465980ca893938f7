"""Rules about the actions that tasks call, and about the runbook's own inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs import validate_inputs
from imcloud.pack import Action, Pack
from imcloud.packs.meta import meta_schema
from imcloud.runbooks.check_flow import Remark
from imcloud.runbooks.model import Runbook, Task, escape
from imcloud.runbooks.templates import is_template

_CODES = {"required": "RB012", "unknown": "RB011"}
_COMPOSITE = {"anyOf", "oneOf", "allOf", "not", "if", "contains", "dependentRequired"}


def find_actions(runbook: Runbook, packs: Mapping[str, Pack]) -> tuple[dict[str, Action], list[Remark]]:
    """The action of each task, and RB010 for those that are not there or not clear."""
    found: dict[str, Action] = {}
    remarks: list[Remark] = []
    for task in runbook.tasks.values():
        pack, _, name = task.action.rpartition(".")
        hits = [entry.actions[name] for entry in packs.values() if name in entry.actions and pack in ("", entry.name)]
        pointer = f"{task.pointer}/action"
        if len(hits) == 1:
            found[task.name] = hits[0]
        elif hits:
            refs = ", ".join(action.ref for action in hits)
            remarks.append(("RB010", pointer, f"several packs have the action {name!r}", f"write one of {refs}"))
        else:
            known = [action for entry in packs.values() for action in entry.actions]
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "`imcloud actions` lists them"
            remarks.append(("RB010", pointer, f"no action is called {task.action!r}", hint))
    return found, remarks


def may_write(task: Task, action: Action) -> bool:
    """Whether a task may change something; an action with a free method does not when the task says GET."""
    return action.writes and not (action.effect_class == "by_method" and task.input.get("method") == "GET")


def action_remarks(task: Task, action: Action) -> Iterator[Remark]:
    """RB011 to RB014, and RB036: a repeated write."""
    if (old := action.raw.get("deprecated")) is not None:
        instead = old.get("replacement")
        hint = f"use {instead}" if instead else str(old.get("note", ""))
        yield "RB014", f"{task.pointer}/action", f"the action {action.name!r} is deprecated", hint
    if task.until is not None and may_write(task, action):
        hint = "do it once, and let a second task read until it is done"
        yield "RB036", f"{task.pointer}/until", f"`until` would repeat {action.name!r}, which changes something", hint
    if task.until is not None and task.until.timeout is None:
        yield (
            "RB034",
            f"{task.pointer}/until",
            "`until` has no timeout",
            "add timeout: and the seconds after which to give up",
        )
    yield from _input_remarks(task, action)


def _input_remarks(task: Task, action: Action) -> Iterator[Remark]:
    templates: list[str] = []
    literal = _literals(dict(task.input), "", templates)
    for error in validate_inputs(action.inputs, literal).errors:
        pointer = error.pointer or ""
        if any(pointer == place or pointer.startswith(f"{place}/") for place in templates):
            continue
        if error.rule in _COMPOSITE and any(place.startswith(pointer) for place in templates):
            continue
        code = _CODES.get(error.rule or "", "RB013")
        yield code, f"{task.pointer}/input{pointer}", f"{action.name}: {error.message}", _hint(error)


def _hint(error: ErrorItem) -> str:
    if error.hint:
        return error.hint
    return f"known inputs: {', '.join(map(str, error.allowed))}" if error.rule == "unknown" and error.allowed else ""


def _literals(value: Any, pointer: str, templates: list[str]) -> Any:
    """The inputs with a word in place of every template; where the templates stood goes into `templates`."""
    if is_template(value):
        templates.append(pointer)
        return "template"
    if isinstance(value, Mapping):
        return {key: _literals(item, f"{pointer}/{escape(str(key))}", templates) for key, item in value.items()}
    if isinstance(value, list):
        return [_literals(item, f"{pointer}/{index}", templates) for index, item in enumerate(value)]
    return value


@cache
def _input_schema_validator() -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    parts = meta_schema("input_schema")["$defs"]
    # Packs bound every list and may share files; a runbook's author need not, and has one file.
    schema = {key: value for key, value in parts["schema"].items() if key != "allOf"}
    schema["properties"] = {key: value for key, value in schema["properties"].items() if key != "$ref"}
    return Draft202012Validator({"$ref": "#/$defs/schema", "$defs": {**parts, "schema": schema}}, registry=registry)


def input_schema_remarks(runbook: Runbook, packs: Mapping[str, Pack]) -> Iterator[Remark]:
    """RB050: the runbook's own inputs must be a usable schema, with defaults that fit."""
    for error in _input_schema_validator().iter_errors(runbook.inputs):
        pointer = "/inputs" + "".join(f"/{escape(str(part))}" for part in error.absolute_path)
        yield "RB050", pointer, f"{pointer}: {_fault(error)}", str(error.schema.get("description", ""))
        return
    if runbook.inputs.get("type", "object") != "object":
        yield "RB050", "/inputs/type", "the inputs are an object", "write type: object"
        return
    properties: Mapping[str, Mapping[str, Any]] = runbook.inputs.get("properties", {})
    for name in runbook.inputs.get("required", ()):
        if name not in properties:
            near = get_close_matches(name, properties, 1)
            yield (
                "RB050",
                "/inputs/required",
                f"{name!r} is required and not described",
                f"did you mean {near[0]!r}?" if near else "",
            )
    kinds = {kind for pack in packs.values() for kind in pack.references}
    for name, schema in properties.items():
        yield from _property_remarks(name, schema, kinds)


def _property_remarks(name: str, schema: Mapping[str, Any], kinds: set[str]) -> Iterator[Remark]:
    pointer = f"/inputs/properties/{escape(name)}"
    wanted = schema.get("x-reference")
    kind = wanted.get("kind") if isinstance(wanted, Mapping) else wanted
    if kind is not None and kind not in kinds:
        near = get_close_matches(str(kind), sorted(kinds), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"kinds: {', '.join(sorted(kinds))}"
        yield "RB050", f"{pointer}/x-reference", f"no pack has a reference of the kind {kind!r}", hint
    if "default" in schema:
        one = {"type": "object", "properties": {name: schema}}
        for error in validate_inputs(one, {name: schema["default"]}).errors:
            yield "RB050", f"{pointer}/default", f"the default does not fit: {error.message}", error.hint or ""


def _fault(error: Any) -> str:
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        extra = [str(key) for key in error.instance if key not in known]
        return f"{', '.join(map(repr, extra))} has no place in a schema of inputs"
    return f"breaks the rule {error.validator!r} for schemas of inputs"
