"""YAML without surprises: the JSON-like core of the language, with line numbers, within fixed limits.

Refused, each with its line: aliases and anchors, tags, merge keys, duplicate keys, several documents, and anything
deeper or larger than a manifest can honestly be. `NO`, `on`, dates, `00123` and `1_000` stay the texts they look like.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from imcloud.errors import PackError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000
_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_CONSTANTS = {"true": True, "false": False, "null": None, "": None, "~": None}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A parsed file: `value` is plain data, `lines` tells the 1-based line of every JSON pointer."""

    value: Any
    lines: dict[str, int]


def load_yaml(text: str, path: str = "<text>") -> Document:
    """Parse one document.

    Raises `PackError` with path and line for everything that is not plain, small, well-formed YAML.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PackError(f"the file is larger than {MAX_BYTES // 1024} KiB", path=path)
    try:
        _check_events(text, path)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise PackError(f"not valid YAML: {error.problem or error.context}", path=path, line=line) from None
    except (yaml.YAMLError, ValueError, UnicodeError):
        raise PackError("not valid YAML: a character that may not stand here", path=path) from None
    lines: dict[str, int] = {}
    value = None if node is None else _build(node, "", lines, path)
    return Document(value, lines)


def _check_events(text: str, path: str) -> None:
    # On events, before anything is composed: deep nesting ends the C composer's process, not just the call.
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PackError("anchors and aliases are not allowed: write the value out", path=path, line=line)
        if tag := getattr(event, "tag", None):
            raise PackError(f"tags are not allowed: {tag}", path=path, line=line)
        documents += isinstance(event, yaml.DocumentStartEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            raise PackError("a second document starts here: one file holds one", path=path, line=line)
        if depth > MAX_DEPTH:
            raise PackError(f"nested deeper than {MAX_DEPTH} levels", path=path, line=line)
        if nodes > MAX_NODES:
            raise PackError(f"more than {MAX_NODES} values in one file", path=path, line=line)


def _build(node: yaml.Node, pointer: str, lines: dict[str, int], path: str) -> Any:
    lines[pointer] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, pointer, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, f"{pointer}/{index}", lines, path) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path)
    raise PackError("a value of an unknown kind", path=path, line=node.start_mark.line + 1)


def _mapping(node: yaml.MappingNode, pointer: str, lines: dict[str, int], path: str) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise PackError("a key must be a text", path=path, line=line)
        key = str(key_node.value)
        if key == "<<" and not key_node.style:
            raise PackError("merge keys are not allowed: write the values out", path=path, line=line)
        if key in built:
            raise PackError(f"the key {key!r} stands here a second time", path=path, line=line)
        child = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        built[key] = _build(value_node, child, lines, path)
        lines[child] = line
    return built


def _scalar(node: yaml.ScalarNode, path: str) -> Any:
    text = str(node.value)
    if node.style:  # the C loader says "" for a plain scalar, the Python one None
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number) or Decimal(repr(number)) != Decimal(text):
            raise PackError(
                f"{text[:40]} is not a number that can be kept: quote it", path=path, line=node.start_mark.line + 1
            )
        return number
    return text
