"""What a template reads: names of its roots, and how much of the inputs goes through it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from imcloud.rendering import Renderer, RenderProblem

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Read:
    """A root with the steps into it: `inputs.address.city` is ("inputs", ("address", "city"))."""

    root: str
    steps: Steps

    def __str__(self) -> str:
        return ".".join([self.root, *map(str, self.steps)])


@dataclass(frozen=True)
class Parsed:
    """One template text of a file: `at` is its JSON pointer."""

    at: str
    tree: nodes.Template


def templates(renderer: Renderer, value: Any, roots: Collection[str], at: str) -> Iterator[Parsed | RenderProblem]:
    """Every template in plain data, parsed; a problem for each that does not compile."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from templates(renderer, item, roots, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from templates(renderer, item, roots, f"{at}/{index}")
    elif isinstance(value, str) and any(mark in value for mark in ("{{", "{%", "{#")):
        try:
            yield Parsed(at, renderer.parse(value, roots, at))
        except RenderProblem as problem:
            yield problem


def reads(node: nodes.Node) -> Iterator[Read]:
    """Every reference in a template, the longest form of each; names that `except` and `only` name count, too."""
    found = _reference(node)
    if found is not None:
        yield found
        return
    if isinstance(node, nodes.Filter) and node.name in ("except", "only") and node.node is not None:
        base = _reference(_unfiltered(node))
        if base is not None:
            yield from (Read(base.root, (*base.steps, name)) for name in _names(node))
    for child in node.iter_child_nodes():
        yield from reads(child)


def carried(node: nodes.Node, known: Collection[str]) -> set[str]:
    """The inputs, of those that are known, whose values go through a template."""
    found = _reference(node)
    if found is not None:
        if found.root != "inputs":
            return set()
        return set(known) if not found.steps else {str(found.steps[0])} & set(known)
    if isinstance(node, nodes.Filter) and node.name in ("except", "only") and node.node is not None:
        inner, names = carried(node.node, known), set(_names(node))
        base = _reference(_unfiltered(node))
        if base is not None and not base.steps:
            return inner - names if node.name == "except" else inner & names
    return set().union(*(carried(child, known) for child in node.iter_child_nodes()))


def _unfiltered(node: nodes.Node) -> nodes.Node:
    while isinstance(node, nodes.Filter) and node.name in ("except", "only") and node.node is not None:
        node = node.node
    return node


def _names(node: nodes.Filter) -> list[str]:
    return [arg.value for arg in node.args if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]


def _reference(node: nodes.Node) -> Read | None:
    steps: list[str | int] = []
    while True:
        if isinstance(node, nodes.Getattr):
            steps.insert(0, node.attr)
            node = node.node
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            steps.insert(0, node.arg.value)
            node = node.node
        elif isinstance(node, nodes.Name):
            return Read(node.name, tuple(steps))
        else:
            return None


def missing_step(schema: Mapping[str, Any], steps: Steps) -> str | None:
    """The first step that a schema (references inlined) does not have; null when all are there, or cannot be told."""
    for step in steps:
        if any(key in schema for key in ("anyOf", "oneOf", "allOf")):
            return None
        if isinstance(step, int):
            child = schema.get("items")
        else:
            child = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
            if not isinstance(child, Mapping) and "properties" in schema:
                return step
        if not isinstance(child, Mapping):
            return None
        schema = child
    return None


def missing_path(schema: Mapping[str, Any], path: str) -> str | None:
    """The same for a data path of a manifest, such as `lines[].total.amount`."""
    for part in path.split("."):
        if part.isdigit() and "items" in schema:
            schema = schema["items"]
            continue
        key = part.removesuffix("[]")
        found = missing_step(schema, (key,))
        if found is not None:
            return found
        child = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        if not isinstance(child, Mapping):
            return None
        schema = child.get("items", {}) if part.endswith("[]") else child
    return None
