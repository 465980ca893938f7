"""What a friend would add: the name that was meant, where it belongs, what a value should look like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from imcloud.inputs.formats import FORMATS
from imcloud.inputs.naming import listed

_SPREADSHEET = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+")
_FOREIGN_DIGIT = re.compile(r"[^\W0-9_a-zA-Z]")
_BOOLEAN_WORDS = {"yes": True, "on": True, "1": True, "y": True, "no": False, "off": False, "0": False, "n": False}
_DEEPEST = 5


def nearest(name: str, known: Sequence[Any]) -> Any:
    """The known value that is closest to what was written, or null."""
    texts = {str(value).lower(): value for value in known}
    wanted = name[:100].strip("\ufeff \t\r\n").lower()
    close = get_close_matches(wanted, list(texts), n=1, cutoff=0.6)
    if close:
        return texts[close[0]]
    holding = [text for text in texts if len(wanted) > 2 and wanted in text]
    return texts[holding[0]] if len(holding) == 1 else None


def elsewhere(schema: Mapping[str, Any], name: str) -> str | None:
    """Where a name that is unknown here belongs: the nearest place below, such as `address.city`."""
    bare = re.sub(r"\[[0-9]*\]", "[]", name)
    found = [place for place, _ in _below(schema, "", 0) if bare in (place, place.rpartition(".")[2])]
    return min(found, key=lambda place: (place != bare, place.count("."), len(place)), default=None)


def _below(schema: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, child in schema.get("properties", {}).items():
        place = f"{prefix}{name}"
        if prefix:
            yield place, child
        if depth < _DEEPEST:
            items = child.get("items")
            inner, mark = (items, "[].") if isinstance(items, Mapping) else (child, ".")
            yield from _below(inner, f"{place}{mark}", depth + 1)


def boolean_meant(text: str) -> bool | None:
    """The truth value that a word stands for, or null."""
    word = text.strip().lower()
    if word in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[word]
    close = get_close_matches(word[:20], ["true", "false"], n=1)
    return close[0] == "true" if close else None


def number_hint(text: str, whole: bool) -> str | None:
    """Why a text cannot be read as a number without a loss."""
    bare = text.strip()
    if not bare:
        return "leave it out instead of sending an empty text"
    if re.fullmatch(r"[-+]?[0-9]{1,3}([ ',.][0-9]{3})*[.,]?[0-9]*", bare) and re.search("[ ',]", bare):
        return "use a point for the fraction and nothing between the thousands"
    if whole and re.fullmatch(r"-?[0-9]+\.[0-9]+", bare):
        return "a fraction is not possible here"
    if re.fullmatch(r"\+[0-9.]+", bare):
        return "leave the plus sign out"
    if re.fullmatch(r"-?0[0-9]+(\.[0-9]+)?", bare):
        return "leave the zeros in front out"
    return text_hint(bare)


def text_hint(text: str) -> str | None:
    """What the shape of a text gives away, without telling the text."""
    if not text:
        return "leave it out instead of sending an empty text"
    if "{{" in text:
        return "a template is rendered only when the call has a context"
    if text != text.strip():
        return "remove the spaces or line breaks around it"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return "remove the quotation marks that stand in the text itself"
    if _SPREADSHEET.fullmatch(text):
        return "a spreadsheet shortened the number: format its column as text"
    if any(char.isdecimal() for char in _FOREIGN_DIGIT.findall(text)):
        return "write its digits as 0 to 9"
    return None


def shape_hint(schema: Mapping[str, Any]) -> str | None:
    """What a missing field should look like."""
    items = schema.get("items")
    if isinstance(items, Mapping):
        inner = shape_hint(items)
        return None if inner is None else inner.replace("give an object", "give a list of objects", 1)
    if schema.get("type") == "object":
        names = schema.get("required") or ()
        return f"give an object with {listed(names)}" if names else None
    if "enum" in schema:
        return f"give one of {', '.join(map(str, schema['enum']))}"
    named = FORMATS.get(schema.get("x-format", ""))
    return named.words.replace("must be", "give", 1) if named else None
