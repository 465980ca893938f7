"""The paths that a template reads, from its syntax tree: `TASKS.find.data[0].id`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jinja2 import nodes

ANY = "*"
"""A part that is not known before the run: any key, any position."""

_FIRST = {"first": 0, "last": -1}
_SAME = frozenset(["list", "sort", "reverse", "unique", "set", "random"])
_BY_ATTRIBUTE = frozenset(["map", "sum", "sort", "unique", "groupby", "min", "max", "join"])
_CHOOSING = frozenset(["selectattr", "rejectattr"])


@dataclass(frozen=True)
class Chain:
    """A root and the keys and positions below it.

    `guarded` is true where the template says what happens when the path is not there (`default`, `is defined`);
    `line` counts from the template's first line.
    """

    root: str
    parts: tuple[str | int, ...]
    guarded: bool = False
    line: int = 1

    def __str__(self) -> str:
        text = self.root
        for part in self.parts:
            if part == ANY or isinstance(part, int):
                text += f"[{part}]"
            else:
                text += f".{part}" if part.isidentifier() else f"[{part!r}]"
        return text


def chains(tree: nodes.Node) -> Iterator[Chain]:
    """Every path read anywhere in a tree, loop variables followed to what they run over."""
    found = list(_within(tree, {}, False))
    tested = {(chain.root, chain.parts) for chain in found if chain.guarded}
    for chain in found:
        shielded = any((chain.root, chain.parts[:end]) in tested for end in range(1, len(chain.parts) + 1))
        yield replace(chain, guarded=chain.guarded or shielded)


_Local = dict[str, Chain | None]


def _within(node: nodes.Node, local: _Local, guarded: bool) -> Iterator[Chain]:
    if isinstance(node, nodes.For):
        yield from _loop(node, local)
        return
    if isinstance(node, nodes.Filter | nodes.Test):
        yield from _applied(node, local, guarded)
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        # A method of a text or a moment: `CTX.name.lower()` reads `CTX.name`; but `UTILS.now()` reads `UTILS.now`.
        owner = node.node.node
        whole = isinstance(owner, nodes.Name) and owner.name == "UTILS"
        for child in (node.node if whole else owner, *node.args, *node.kwargs):
            yield from _within(child, local, False)
        return
    chain = path_of(node, local)
    if chain is not None:
        yield replace(chain, guarded=guarded)
        yield from _subscripts(node, local)
        return
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        yield from _within(node.node, local, False)
        local[node.target.name] = path_of(node.node, local)
        return
    for child in node.iter_child_nodes():
        yield from _within(child, local, False)


def _loop(node: nodes.For, local: _Local) -> Iterator[Chain]:
    yield from _within(node.iter, local, False)
    over = path_of(node.iter, local)
    inner: _Local = {**local, "loop": None}
    for target in node.target.find_all(nodes.Name) if not isinstance(node.target, nodes.Name) else [node.target]:
        is_item = target is node.target and over is not None
        inner[target.name] = replace(over, parts=(*over.parts, ANY)) if is_item and over else None
    for child in (*([node.test] if node.test else []), *node.body, *node.else_):
        yield from _within(child, inner, False)


def _applied(node: nodes.Filter | nodes.Test, local: _Local, guarded: bool) -> Iterator[Chain]:
    name = node.name
    shields = name in ("default", "d") if isinstance(node, nodes.Filter) else name in ("defined", "undefined")
    if isinstance(node, nodes.Filter) and (chain := path_of(node, local)) is not None:
        yield replace(chain, guarded=guarded)
    elif node.node is not None:
        yield from _within(node.node, local, shields)
    if isinstance(node, nodes.Filter):
        yield from _attributes(node, local)
    for child in (*(node.args or ()), *(node.kwargs or ())):
        yield from _within(child, local, False)


def _attributes(node: nodes.Filter, local: _Local) -> Iterator[Chain]:
    """Keys that a filter reads from each item: `map(attribute='name')`, `selectattr('status', …)`."""
    base = None if node.node is None else path_of(node.node, local)
    named = [pair.value for pair in node.kwargs or () if pair.key == "attribute"] if node.name in _BY_ATTRIBUTE else []
    if node.name in _CHOOSING | {"groupby"} and node.args:
        named.append(node.args[0])
    for value in named:
        if base is not None and isinstance(value, nodes.Const) and isinstance(value.value, str):
            tested = node.name in _CHOOSING and len(node.args) > 1 and _is_const(node.args[1], ("defined", "undefined"))
            has_default = any(pair.key == "default" for pair in node.kwargs or ())
            parts = tuple(int(part) if part.isdigit() else part for part in value.value.split("."))
            yield Chain(base.root, (*base.parts, ANY, *parts), tested or has_default, node.lineno)


def _is_const(node: nodes.Node, values: tuple[str, ...]) -> bool:
    return isinstance(node, nodes.Const) and node.value in values


def _subscripts(node: nodes.Node, local: _Local) -> Iterator[Chain]:
    while isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter | nodes.Call) and node.node is not None:
        if isinstance(node, nodes.Getitem):
            yield from _within(node.arg, local, False)
        if isinstance(node, nodes.Call):
            for child in (*node.args, *node.kwargs):
                yield from _within(child, local, False)
        if isinstance(node, nodes.Filter):
            yield from _attributes(node, local)
            for child in (*node.args, *node.kwargs):
                yield from _within(child, local, False)
        node = node.node


def path_of(node: nodes.Node, local: _Local | None = None) -> Chain | None:
    """The path that an expression is, or None if it is anything more."""
    parts: list[str | int] = []
    while not isinstance(node, nodes.Name):
        step = _step(node)
        if step is None:
            return None
        part, node = step
        if part is not None:
            parts.insert(0, part)
    known = (local or {}).get(node.name, Chain(node.name, (), line=node.lineno))
    return None if known is None else replace(known, parts=(*known.parts, *parts), line=node.lineno)


def _step(node: nodes.Node) -> tuple[str | int | None, nodes.Node] | None:
    if isinstance(node, nodes.Getattr):
        return node.attr, node.node
    if isinstance(node, nodes.Getitem):
        return _position(node.arg), node.node
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name in ("CTX", "item")
        and not node.args
    ):
        return None, node.node
    if isinstance(node, nodes.Filter) and node.node is not None:
        if node.name in _FIRST:
            return _FIRST[node.name], node.node
        if node.name in _SAME:
            return None, node.node
    return None


def _position(node: nodes.Node) -> str | int | None:
    if isinstance(node, nodes.Const) and isinstance(node.value, str | int) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and isinstance(node.node.value, int):
        return -node.node.value
    return None if isinstance(node, nodes.Slice) else ANY
