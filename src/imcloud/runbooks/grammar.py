"""What a template of a runbook may consist of, decided on its syntax tree before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from imcloud.runbooks.dialect import FUNCTIONS, JOIN, METHODS, TICK, RunbookEnvironment

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.NSRef, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword, nodes.Pair, nodes.List, nodes.Tuple, nodes.Dict,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul,
    nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos, nodes.Concat, nodes.For, nodes.If,
    nodes.Assign, nodes.AssignBlock,
)  # fmt: skip
_HINTS = {
    "items": "the filter `items` gives the pairs, and ['items'] the key",
    "keys": "the filter `list` gives the keys",
    "values": "use the filter `dictsort` or a loop over `items`",
    "get": "write ['key'] | default(...)",
    "append": "write list + [item]",
    "update": "the filter `combine` merges objects",
    "format": "texts are put together with ~",
}


class Refused(ValueError):
    """A construct that has no place in a template; `unknown_name` tells a name from everything else."""

    def __init__(self, message: str, *, unknown_name: bool = False) -> None:
        super().__init__(message)
        self.unknown_name = unknown_name


def inspect(tree: nodes.Template, names: Collection[str], env: RunbookEnvironment) -> None:
    """Walk the whole tree. Raises `Refused` for the first thing that may not stand there."""
    local = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    if shadowed := sorted(local & {*names, *FUNCTIONS, "loop"}):
        raise Refused(f"{shadowed[0]!r} has a meaning of its own and cannot be set")
    known = {*names, *FUNCTIONS, *local, *(("loop",) if tree.find(nodes.For) else ())}
    for child in tree.iter_child_nodes():
        _check(child, known, names, env)


def _check(node: nodes.Node, known: Collection[str], names: Collection[str], env: RunbookEnvironment) -> None:
    if not isinstance(node, _ALLOWED):
        raise Refused(f"{type(node).__name__.lower()} has no place in a runbook's template")
    if isinstance(node, nodes.For) and node.recursive:
        raise Refused("a loop may not call itself")
    if isinstance(node, nodes.Name) and node.name not in known:
        raise Refused(f"unknown name {node.name!r}{_near(node.name, known, names)}", unknown_name=True)
    if isinstance(node, nodes.Filter) and node.name not in env.filters:
        raise Refused(f"unknown filter {node.name!r}{_near(node.name, env.filters, ())}")
    if isinstance(node, nodes.Test) and node.name not in env.tests:
        raise Refused(f"unknown test {node.name!r}{_near(node.name, env.tests, ())}")
    if isinstance(node, nodes.Call):
        _check_call(node)
    for child in node.iter_child_nodes():
        _check(child, known, names, env)


def _check_call(node: nodes.Call) -> None:
    target = node.node
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise Refused("* and ** have no place in a call")
    if isinstance(target, nodes.Name):
        return  # what a name may be was checked; what it holds is checked when it is called
    if isinstance(target, nodes.Getattr):
        utility = isinstance(target.node, nodes.Name) and target.node.name == "UTILS"
        if target.attr in METHODS or utility:
            return
        hint = _HINTS.get(target.attr)
        raise Refused(f".{target.attr}() is no method here" + (f": {hint}" if hint else ""))
    raise Refused("only functions can be called")


def _near(name: str, known: Collection[str], shown: Collection[str]) -> str:
    upper = {entry.upper(): entry for entry in known}
    close = get_close_matches(name.upper(), list(upper), n=1)
    if close:
        return f"; did you mean {upper[close[0]]!r}?"
    return f"; here are {', '.join(sorted(shown))}" if shown else ""


class _Rewrite(NodeTransformer):
    """Puts a counter into every loop, and bounds what `~` puts together."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802  # the visitor's naming
        self.generic_visit(node)
        tick = nodes.ExprStmt(nodes.Call(nodes.Name(TICK, "load"), [], [], None, None))
        node.body.insert(0, tick)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Call:  # noqa: N802
        self.generic_visit(node)
        return nodes.Call(nodes.Name(JOIN, "load"), node.nodes, [], None, None)


def rewrite(tree: nodes.Template, env: RunbookEnvironment) -> nodes.Template:
    """The tree with its counters in place."""
    changed: nodes.Template = _Rewrite().visit(tree)
    changed.set_environment(env)
    for node in _without_line(changed):
        node.lineno = 1
    return changed


def _without_line(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if getattr(child, "lineno", None) is None:
            yield child
        yield from _without_line(child)


def single_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression, if the template is exactly one; a line break after it does not count."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts = list(tree.body[0].nodes)
    if len(parts) == 2 and isinstance(parts[1], nodes.TemplateData) and parts[1].data == "\n":
        parts.pop()
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData) else None
