"""`key=value` words as nested inputs, and inputs as such words.

    name=Contoso              a text, always: the schema decides whether it becomes a number
    address.city=Berlin       a field of an object
    lines[0].code=ABC         a field of an item; items count from 0, without gaps
    quantity:=5               JSON
    note=@file                the text of a file (`@-`: standard input), without its last line break
    address:=@address.json    the JSON in a file
A backslash takes the meaning from `.`, `[`, `]`, `=`, `:` and `\\` in a key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from imcloud.cli.mistakes import Mistake
from imcloud.strict_json import parse_json, plain

MAX_DEPTH = 32
MAX_INDEX = 9999
Part = str | int
Reader = Callable[[str], str]
_SPECIAL = ".[]=:\\"


@dataclass(frozen=True)
class _Leaf:
    value: Any


_Node = dict[Part, Any]


def parse(words: Iterable[str], read: Reader, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Inputs from words, laid over `base`; `read` returns the text of a file.

    Raises `Mistake` for a word that cannot be read, a key that is given twice, and keys that contradict one another.
    """
    tree: _Node = {}
    for word in words:
        parts, value = parse_word(word, read)
        _insert(tree, parts, value)
    built = _overlay(dict(deepcopy(dict(base or {}))), tree, ())
    assert isinstance(built, dict)
    return built


def parse_word(word: str, read: Reader) -> tuple[tuple[Part, ...], Any]:
    """One word as its path and its value."""
    key, operator, text = _split(word)
    parts = _path(key, word)
    if text.startswith("@"):
        text = read(text[1:])
        text = text if operator == ":=" else text.removesuffix("\n").removesuffix("\r")
    if operator == "=":
        return parts, text
    try:
        return parts, plain(parse_json(text.encode("utf-8", "surrogatepass")))[0]
    except ValueError as error:
        raise Mistake(f"{key}: what follows ':=' is {error}", f"for a text write {key}=…, without the colon") from None


def _split(word: str) -> tuple[str, str, str]:
    index, size = 0, len(word)
    while index < size and word[index] != "=":
        index += 2 if word[index] == "\\" else 1
    if index >= size:
        raise Mistake(f"{word!r} is not of the form key=value", "for JSON write key:=…, for a file key=@file")
    value = word[index + 1 :]
    if value.startswith("="):
        key = word[:index]
        raise Mistake(
            f"{word!r}: '==' is not used here", f"write {key}=…; a text that begins with '=': {key}:='\"=…\"'"
        )
    if word[index - 1 : index] == ":" and not _escaped(word, index - 1):
        return word[: index - 1], ":=", value
    return word[:index], "=", value


def _escaped(word: str, index: int) -> bool:
    before = word[:index]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _path(key: str, word: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    name, index, bare = "", 0, True
    while index < len(key):
        char = key[index]
        if char == "\\":
            name, index, bare = name + key[index + 1 : index + 2], index + 2, False
            continue
        if char == "[":
            name = _flush(name, parts, word, bare and not parts)
            end = key.find("]", index)
            parts.append(_index(key[index + 1 : end] if end > 0 else "", word))
            index, bare = end + 1, False
            if index < len(key) and key[index] not in ".[":
                raise Mistake(f"{word!r}: after ']' comes '.', '[' or '='")
            continue
        if char == ".":
            name, bare = _flush(name, parts, word, bare), True
        elif char in "]=":
            raise Mistake(f"{word!r}: a {char!r} stands in the key", "a backslash before it takes it literally")
        else:
            name, bare = name + char, False
        index += 1
    _flush(name, parts, word, bare)
    if len(parts) > MAX_DEPTH:
        raise Mistake(f"{word[:60]!r}: nested deeper than {MAX_DEPTH} levels")
    return tuple(parts)


def _flush(name: str, parts: list[Part], word: str, needed: bool) -> str:
    if name:
        parts.append(name)
    elif needed:
        raise Mistake(f"{word!r}: a name is missing in the key")
    return ""


def _index(text: str, word: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > MAX_INDEX:
        raise Mistake(f"{word!r}: between '[' and ']' stands a number from 0 to {MAX_INDEX}")
    return int(text)


def _insert(tree: _Node, parts: tuple[Part, ...], value: Any) -> None:
    node = tree
    for place, part in enumerate(parts[:-1]):
        _same_shape(node, part, parts[:place])
        node = node.setdefault(part, {})
        if isinstance(node, _Leaf):
            whole = show(parts[: place + 1])
            raise Mistake(f"{whole} is given as a whole and {show(parts)} apart from it", "give one of the two")
    _same_shape(node, parts[-1], parts[:-1])
    if parts[-1] in node:
        twice = isinstance(node[parts[-1]], _Leaf)
        text = "is given twice" if twice else "is given as a whole, and a field of it apart"
        raise Mistake(f"{show(parts)} {text}", None if twice else "give one of the two")
    node[parts[-1]] = _Leaf(value)


def _same_shape(node: _Node, part: Part, above: tuple[Part, ...]) -> None:
    if any(isinstance(key, int) != isinstance(part, int) for key in node):
        raise Mistake(f"{show(above)} is given both as a list and as an object")


def _overlay(base: Any, node: Any, at: tuple[Part, ...]) -> Any:
    if isinstance(node, _Leaf):
        return node.value
    if node and isinstance(next(iter(node)), int):
        return _onto_list([] if base is None else base, node, at)
    if base is not None and not isinstance(base, dict):
        raise Mistake(f"{show(at)} is not an object in the input file, but fields of it are given")
    built: dict[str, Any] = {} if base is None else base
    for key, child in node.items():
        built[key] = _overlay(built.get(key), child, (*at, key))
    return built


def _onto_list(base: Any, node: _Node, at: tuple[Part, ...]) -> list[Any]:
    if not isinstance(base, list):
        raise Mistake(f"{show(at)} is not a list in the input file, but items of it are given")
    for place in sorted(key for key in node if isinstance(key, int)):
        if place > len(base):
            raise Mistake(f"{show((*at, place))} is given, {show((*at, len(base)))} is not", "items count from 0")
        below = base[place] if place < len(base) else None
        base[place : place + 1] = [_overlay(below, node[place], (*at, place))]
    return base


def show(parts: Iterable[Part]) -> str:
    """A path as it is typed: `lines[0].code`."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else ("." if text else "") + _quote(part)
    return text or "the input"


def _quote(name: str) -> str:
    return "".join("\\" + char if char in _SPECIAL else char for char in name)


def words(inputs: Mapping[str, Any]) -> list[str]:
    """Inputs as the words that `parse` reads back to the same inputs."""
    return [word for key, value in inputs.items() for word in _words((key,), value)]


def _words(parts: tuple[Part, ...], value: Any) -> Iterator[str]:
    small = len(parts) < MAX_DEPTH
    if isinstance(value, dict) and value and small and all(value):
        for key, item in value.items():
            yield from _words((*parts, key), item)
    elif isinstance(value, list) and 0 < len(value) <= MAX_INDEX and small:
        for index, item in enumerate(value):
            yield from _words((*parts, index), item)
    elif isinstance(value, str) and not value.startswith(("=", "@")):
        yield f"{show(parts)}={value}"
    else:
        yield f"{show(parts)}:={json.dumps(value, ensure_ascii=False)}"
