"""Templates of runbooks: compiled once, rendered to plain data with types kept, and never rendered a second time.

A text that is exactly one expression gives that expression's value; any other text gives text. An undefined value is an
error that names its path and the nearest names. `OMIT` drops the key or the item it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import Template as JinjaTemplate

from imcloud.rendering.expressions import RenderProblem
from imcloud.runbooks.dialect import TICK, Function, Note, Steps, build_dialect
from imcloud.runbooks.grammar import Refused, inspect, rewrite, single_expression
from imcloud.runbooks.paths import Chain, chains
from imcloud.runbooks.values import MAX_TEXT, OMIT, SimulatedValue, plain

MAX_SOURCE = 8 * 1024
_MARKS = ("{{", "{%", "{#")
_RESULT = "__value"


class UnknownRoot(RenderProblem):
    """A template uses a name that does not exist, or not in this place."""


@dataclass(frozen=True)
class Template:
    """One compiled text. `single` tells whether it is exactly one expression; `chains` lists the paths it reads."""

    source: str
    where: str
    single: bool
    tree: nodes.Template
    chains: tuple[Chain, ...]
    evaluate: Callable[[Mapping[str, Any]], Any]

    def render(self, roots: Mapping[str, Any], *, keep_simulated: bool = False) -> Any:
        """The value for these roots: plain data, or `OMIT`.

        Raises `RenderProblem`, or `SimulatedValue` in a dry run.
        """
        try:
            value = self.evaluate({**roots, "OMIT": OMIT, TICK: Function(Steps())})
            return OMIT if value is OMIT else plain(value, keep_simulated=keep_simulated)
        except SimulatedValue:
            raise
        except UndefinedError as error:
            raise RenderProblem(self._missing(error.message, roots), self.where) from None
        except TemplateError as error:
            raise RenderProblem(str(error.message or "the expression failed"), self.where) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise RenderProblem(f"the expression failed: {_reason(error)}", self.where) from None
        except (RecursionError, MemoryError):
            raise RenderProblem("the expression is too large", self.where) from None

    def _missing(self, note: Any, roots: Mapping[str, Any]) -> str:
        if not isinstance(note, Note):
            return str(note)
        path = _path_of(note, self.chains, roots)
        known = [str(key) for key in note.obj] if isinstance(note.obj, Mapping) else []
        if isinstance(note.obj, list | tuple):
            size = len(note.obj)
            there = f"the list has {size} item{'' if size == 1 else 's'}"
            return f"{path} is not there: {there}" + ("" if isinstance(note.key, int) else "; choose one with [0]")
        near = get_close_matches(str(note.key), known, n=2, cutoff=0.6)
        if near:
            return f"{path} is not there; did you mean {' or '.join(near)}?"
        return f"{path} is not there" + (f"; there are {', '.join(sorted(known)[:12])}" if known else "")


def _reason(error: Exception) -> str:
    # The text of a type error names types only; texts of other errors may quote values from outside.
    return str(error)[:200] if isinstance(error, TypeError) else type(error).__name__


def _path_of(note: Note, paths: Collection[Chain], roots: Mapping[str, Any]) -> str:
    """The path as written, found by walking those that end or pass at the missing key."""
    for chain in paths:
        value: Any = roots.get(chain.root, note)
        for depth, part in enumerate(chain.parts):
            if value is note.obj and part == note.key:
                return str(Chain(chain.root, chain.parts[: depth + 1]))
            try:
                value = value[part]
            except (TypeError, LookupError, TemplateError):
                break
    for chain in paths:
        if note.key in chain.parts:
            return str(Chain(chain.root, chain.parts[: chain.parts.index(note.key) + 1]))
    return str(note.key)


class Dialect:
    """Compiles texts and whole data structures; a text is compiled once per place.

    `prepare` may add filters and tests to the environment; what a template may consist of stays as it is.
    """

    def __init__(self, prepare: Callable[[Any], Any] | None = None) -> None:
        self.env = build_dialect(prepare)
        self._cached = lru_cache(maxsize=4096)(self._compile)

    def compile(self, source: str, names: Collection[str], where: str = "") -> Template:
        """One text. Raises `RenderProblem` (`UnknownRoot` for a name that is not available here)."""
        return self._cached(source, frozenset(names), where)

    def value(self, value: Any, roots: Mapping[str, Any], where: str = "", *, keep_simulated: bool = False) -> Any:
        """Plain data with every text in it rendered. Raises `RenderProblem`."""
        if isinstance(value, str):
            if not any(mark in value for mark in _MARKS):
                return value
            return self.compile(value, roots.keys(), where).render(roots, keep_simulated=keep_simulated)
        if isinstance(value, Mapping):
            pairs = ((k, self.value(v, roots, f"{where}/{k}", keep_simulated=keep_simulated)) for k, v in value.items())
            return {key: item for key, item in pairs if item is not OMIT}
        if isinstance(value, list | tuple):
            items = (self.value(v, roots, f"{where}/{i}", keep_simulated=keep_simulated) for i, v in enumerate(value))
            return [item for item in items if item is not OMIT]
        return value

    def _compile(self, source: str, names: frozenset[str], where: str) -> Template:
        if len(source) > MAX_SOURCE:
            raise RenderProblem(f"the template is longer than {MAX_SOURCE} characters", where)
        try:
            tree = self.env.parse(source)
            inspect(tree, {*names, "OMIT"}, self.env)
            read = tuple(chains(tree))
            single = single_expression(tree)
            evaluate = self._native(single) if single is not None else self._text(tree)
        except TemplateSyntaxError as error:
            raise RenderProblem(f"not a template: {error.message}", where) from None
        except Refused as error:
            problem = UnknownRoot if error.unknown_name else RenderProblem
            raise problem(str(error), where) from None
        except RecursionError:
            raise RenderProblem("the template is nested too deeply", where) from None
        return Template(source, where, single is not None, tree, read, evaluate)

    def _native(self, expression: nodes.Expr) -> Callable[[Mapping[str, Any]], Any]:
        body: list[nodes.Node] = [nodes.Assign(nodes.Name(_RESULT, "store"), expression)]
        template = self._template(nodes.Template(body))

        def evaluate(roots: Mapping[str, Any]) -> Any:
            context = template.new_context(dict(roots))
            for _ in template.root_render_func(context):
                pass
            return context.vars[_RESULT]

        return evaluate

    def _text(self, tree: nodes.Template) -> Callable[[Mapping[str, Any]], Any]:
        template = self._template(tree)

        def evaluate(roots: Mapping[str, Any]) -> str:
            pieces, size = [], 0
            for piece in template.root_render_func(template.new_context(dict(roots))):
                size += len(piece)
                if size > MAX_TEXT:
                    raise TemplateError("the text is too long")
                pieces.append(piece)
            return "".join(pieces)

        return evaluate

    def _template(self, tree: nodes.Template) -> JinjaTemplate:
        return self.env.from_string(rewrite(tree, self.env))


def is_template(value: Any) -> bool:
    """Whether a value is a text with markup in it."""
    return isinstance(value, str) and any(mark in value for mark in _MARKS)
