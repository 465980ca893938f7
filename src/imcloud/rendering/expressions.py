"""Compiles plain data with expressions in it, and renders it to plain data with types kept.

A text that is exactly one expression yields that expression's value, any other text yields text. An undefined value
drops the key or the item it stands in. What an expression may consist of is an allow-list over the parsed template,
checked when the template is compiled; rendered values are never looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from math import isfinite
from typing import Any

from jinja2 import TemplateRuntimeError, TemplateSyntaxError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import TemplateError
from jinja2.runtime import Undefined
from jinja2.sandbox import SandboxedEnvironment

from imcloud.errors import ImcloudError
from imcloud.rendering.environment import MAX_TEXT

MAX_SOURCE = 4 * 1024
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.List, nodes.Dict, nodes.Pair,
    nodes.Concat, nodes.Keyword, nodes.Neg,
)  # fmt: skip


class _Missing:
    """The one value that stands for "not given"; it is never part of a result."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


class RenderProblem(ImcloudError):
    """A template that cannot be compiled or rendered. `where` is the place of the template in its file."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message, self.where = message, where


@dataclass(frozen=True)
class Compiled:
    """Plain data whose templates are compiled. `render` gives `MISSING` when the whole is undefined."""

    evaluate: Callable[[Mapping[str, Any]], Any]

    def render(self, roots: Mapping[str, Any]) -> Any:
        """The value for these roots. Raises `RenderProblem`."""
        return self.evaluate(roots)


class Renderer:
    """Compiles values for one environment. `allowed` is the list of syntax nodes that a template may consist of."""

    def __init__(self, env: SandboxedEnvironment, allowed: tuple[type[nodes.Node], ...] = _ALLOWED) -> None:
        self.env = env
        self.allowed = allowed

    def compile(self, value: Any, roots: Collection[str], where: str = "") -> Compiled:
        """Compile texts anywhere in plain data. Raises `RenderProblem` naming the place."""
        if isinstance(value, str):
            return self._text(value, roots, where)
        if isinstance(value, Mapping):
            return _mapping({key: self.compile(item, roots, f"{where}/{key}") for key, item in value.items()})
        if isinstance(value, list | tuple):
            return _sequence([self.compile(item, roots, f"{where}/{index}") for index, item in enumerate(value)])
        return Compiled(lambda _: value)

    def render(self, value: Any, roots: Mapping[str, Any], where: str = "") -> Any:
        """Compile and render in one go, for what is rendered once."""
        return self.compile(value, roots.keys(), where).render(roots)

    def _text(self, source: str, roots: Collection[str], where: str) -> Compiled:
        if not any(mark in source for mark in ("{{", "{%", "{#")):
            return Compiled(lambda _: source)
        tree = self.parse(source, roots, where)
        single = _single_expression(tree)
        walk = None if single is None else _walk(single)
        if walk is not None:
            return Compiled(lambda values: _guarded(lambda: _pruned(walk(values)), where))
        try:
            if single is not None:
                return _native(self._expression(single), where)
            return _text_of(self.env.from_string(tree).render, where)
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            # What the checked tree becomes is Python, and Python has limits of its own on nesting and arguments.
            raise RenderProblem("not a template: nested too deeply, or an argument is given twice", where) from None

    def parse(self, source: str, roots: Collection[str], where: str = "") -> nodes.Template:
        """The checked syntax tree of one text. Raises `RenderProblem`."""
        if len(source) > MAX_SOURCE:
            raise RenderProblem(f"the template is longer than {MAX_SOURCE} characters", where)
        try:
            tree = self.env.parse(source)
        except (TemplateSyntaxError, RecursionError, ValueError) as error:
            raise RenderProblem(f"not a template: {getattr(error, 'message', 'nested too deeply')}", where) from None
        try:
            for node in tree.iter_child_nodes():
                self._check(node, roots, where)
        except RecursionError:
            raise RenderProblem("not a template: nested too deeply", where) from None
        return tree

    def _check(self, node: nodes.Node, roots: Collection[str], where: str) -> None:
        if not isinstance(node, self.allowed):
            raise RenderProblem(f"{type(node).__name__.lower()} is not allowed in an expression", where)
        if isinstance(node, nodes.Name) and node.name not in roots:
            raise RenderProblem(f"unknown name {node.name!r}{_nearest(node.name, roots)}", where)
        if isinstance(node, nodes.Filter) and node.name not in self.env.filters:
            raise RenderProblem(f"unknown filter {node.name!r}{_nearest(node.name, self.env.filters)}", where)
        if isinstance(node, nodes.Test) and node.name not in self.env.tests:
            raise RenderProblem(f"unknown test {node.name!r}{_nearest(node.name, self.env.tests)}", where)
        for child in node.iter_child_nodes():
            self._check(child, roots, where)

    def _expression(self, node: nodes.Expr) -> Callable[[Mapping[str, Any]], Any]:
        # The same as Environment.compile_expression, from the tree that was checked instead of from the text again.
        body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store", lineno=1), node, lineno=1)]
        tree = nodes.Template(body, lineno=1)
        tree.set_environment(self.env)
        return TemplateExpression(self.env.from_string(tree), undefined_to_none=False)


def _single_expression(tree: nodes.Template) -> nodes.Expr | None:
    if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) and len(tree.body[0].nodes) == 1:
        only = tree.body[0].nodes[0]
        return None if isinstance(only, nodes.TemplateData) else only
    return None


def _walk(node: nodes.Expr) -> Callable[[Mapping[str, Any]], Any] | None:
    """A bare reference (`inputs.address.city`) is a walk through mappings; everything else needs the engine."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.insert(0, node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        return None
    names.insert(0, node.name)

    def walk(values: Mapping[str, Any]) -> Any:
        value: Any = values
        for name in names:
            if not isinstance(value, Mapping) or name not in value:
                return MISSING
            value = value[name]
        return value

    return walk


def _native(evaluate: Callable[[Mapping[str, Any]], Any], where: str) -> Compiled:
    # Pruned inside the guard: what filters give is lazy, and fails only when it is read.
    return Compiled(lambda values: _guarded(lambda: _short(_pruned(evaluate(values))), where))


def _text_of(evaluate: Callable[[Mapping[str, Any]], str], where: str) -> Compiled:
    return Compiled(lambda values: _guarded(lambda: _short(str(evaluate(values))), where))


def _guarded(evaluate: Callable[[], Any], where: str) -> Any:
    try:
        return evaluate()
    except RenderProblem:
        raise
    except TemplateError as error:
        raise RenderProblem(str(error.message or "the expression failed"), where) from None
    except Exception as error:  # filters are handed values of any kind, and raise whatever they like
        raise RenderProblem(f"the expression failed: {type(error).__name__}", where) from None


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise TemplateRuntimeError(f"the text would be longer than {MAX_TEXT} characters")
    return value


def _pruned(value: Any) -> Any:
    if isinstance(value, Undefined):
        return MISSING
    if isinstance(value, Mapping):
        pairs = ((key, _pruned(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not MISSING}
    if isinstance(value, list | tuple):
        return [item for item in map(_pruned, value) if item is not MISSING]
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise TemplateRuntimeError("the number is not finite")
    if isinstance(value, str | int | float | Decimal | None):
        return value
    return [_pruned(item) for item in value] if hasattr(value, "__iter__") else value


def _mapping(parts: dict[str, Compiled]) -> Compiled:
    def evaluate(values: Mapping[str, Any]) -> Any:
        pairs = ((key, part.evaluate(values)) for key, part in parts.items())
        return {key: item for key, item in pairs if item is not MISSING}

    return Compiled(evaluate)


def _sequence(parts: list[Compiled]) -> Compiled:
    def evaluate(values: Mapping[str, Any]) -> Any:
        return [item for item in (part.evaluate(values) for part in parts) if item is not MISSING]

    return Compiled(evaluate)


def _nearest(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(sorted(known))}" if len(known) <= 12 else ""
