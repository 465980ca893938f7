"""Patterns: anchored, read alike by every engine, and never slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser there is for Python's own syntax
from typing import Any

_EVERY = frozenset(range(129))  # ASCII, and 128 for everything else
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_FOREIGN = {
    _constants.CATEGORY: "a class such as \\d or \\w",
    _constants.ASSERT: "a look-around",
    _constants.ASSERT_NOT: "a look-around",
    _constants.GROUPREF: "a back-reference",
    _constants.GROUPREF_EXISTS: "a conditional group",
    _constants.ATOMIC_GROUP: "an atomic group",
    _constants.POSSESSIVE_REPEAT: "a possessive repetition",
}
_ENDS = (_constants.AT_BEGINNING, _constants.AT_END)
Node = tuple[Any, Any]


def pattern_faults(pattern: str) -> Iterator[tuple[str, str]]:
    """(rule, words) for everything that is wrong with a pattern of a schema."""
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield "IM045", f"the pattern does not compile: {error}"
        return
    top = list(tree)
    if not _at(top[:1], _constants.AT_BEGINNING) or not _at(top[-1:], _constants.AT_END):
        yield "IM042", "the pattern must begin with ^ and end with $, around all alternatives"
    for word in sorted({word for node in _nodes(top) if (word := _foreign(node))}):
        yield "IM045", f"{word} is read differently by other engines: write the characters out"
    if tree.state.flags & ~re.UNICODE:
        yield "IM045", "flags inside a pattern are read differently by other engines"
    if any(_slow(node) for node in _nodes(top)):
        yield "IM044", "a repetition inside a repetition can take forever on a text that almost fits"


def _at(nodes: list[Node], where: Any) -> bool:
    return bool(nodes) and nodes[0][0] is _constants.AT and nodes[0][1] is where


def _foreign(node: Node) -> str:
    kind, value = node
    if kind is _constants.AT and value not in _ENDS:
        return "a boundary such as \\b or \\Z"
    if kind is _constants.IN and any(part[0] is _constants.CATEGORY for part in value):
        return _FOREIGN[_constants.CATEGORY]
    if kind is _constants.SUBPATTERN and (value[1] or value[2]):
        return "a flag inside a pattern"
    return _FOREIGN.get(kind, "")


def _nodes(tree: Any) -> Iterator[Node]:
    for node in tree:
        yield node
        for inner in _inside(node):
            yield from _nodes(inner)


def _inside(node: Node) -> list[Any]:
    kind, value = node
    if kind in _REPEATS or kind is _constants.POSSESSIVE_REPEAT:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[3]]
    if kind is _constants.BRANCH:
        return list(value[1])
    return [value[1]] if kind in (_constants.ASSERT, _constants.ASSERT_NOT) else []


def _slow(node: Node) -> bool:
    """Whether a repetition can split one text in many ways."""
    kind, value = node
    if kind not in _REPEATS or value[1] < 2:
        return False
    body = _flat(value[2])
    if any(part[0] is _constants.BRANCH and _overlapping(part[1][1]) for part in _nodes(body)):
        return True
    loose: set[int] = set()
    for part in _nodes(body):
        if part[0] in _REPEATS and part[1][0] != part[1][1]:
            loose |= _characters(part[1][2])
    if not loose or not body:
        return False
    # One character that only stands at an end of the body says where each round begins: then there is one way only.
    return bool(_first(body[:1]) & loose) and bool(_first(body[-1:]) & loose)


def _flat(tree: Any) -> list[Node]:
    flat: list[Node] = []
    for node in tree:
        flat += _flat(node[1][3]) if node[0] is _constants.SUBPATTERN else [node]
    return flat


def _overlapping(branches: Any) -> bool:
    seen: set[int] = set()
    for branch in branches:
        begins = _first(_flat(branch)[:1])
        if begins & seen:
            return True
        seen |= begins
    return False


def _first(nodes: list[Node]) -> set[int]:
    """What a node may begin with; everything, where it may be nothing or anything."""
    if not nodes or nodes[0][0] not in (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN):
        return set(_EVERY)
    return _set(nodes[0])


def _characters(tree: Any) -> set[int]:
    found: set[int] = set()
    for node in _nodes(tree):
        if not _inside(node) and node[0] is not _constants.AT:
            found |= _set(node)
    return found


def _set(node: Node) -> set[int]:
    kind, value = node
    if kind is _constants.LITERAL:
        return {min(value, 128)}
    if kind is _constants.NOT_LITERAL:
        return set(_EVERY) - ({value} if value < 128 else set())
    if kind is not _constants.IN:
        return set(_EVERY)
    negated = value[0][0] is _constants.NEGATE
    found: set[int] = set()
    for part, limits in value[negated:]:
        if part is _constants.RANGE:
            found |= {min(code, 128) for code in range(limits[0], min(limits[1], 128) + 1)} | {min(limits[1], 128)}
        else:
            found |= {min(limits, 128)} if part is _constants.LITERAL else set(_EVERY)
    return set(_EVERY) - (found - {128}) if negated else found
