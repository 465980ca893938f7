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
    near = get_close_matches(wanted, list(texts), n=1, cutoff=0.8)
    ends = [text for text in texts if len(text) > 1 and wanted.endswith(text)]
    close = get_close_matches(wanted, list(texts), n=1, cutoff=0.6)
    holding = [text for text in texts if len(wanted) > 1 and wanted in text]
    found = near or (ends if len(ends) == 1 else []) or close or (holding if len(holding) == 1 else [])
    return texts[found[0]] if found else None


def elsewhere(schema: Mapping[str, Any], name: str) -> str | None:
    """Where a name that is unknown here belongs: the nearest place below, such as `address.city`."""
    bare = re.sub(r"\[[0-9]*\]", "[]", name)
    found = [place for place in _below(schema, "", 0) if bare in (place, place.rpartition(".")[2])]
    fields = schema.get("properties", {})

    def distance(place: str) -> tuple[bool, bool, int, int]:
        outer = fields.get(re.split(r"[.\[]", place)[0], {}).get("x-ui", {})
        return place != bare, outer.get("group") == "advanced", place.count("."), int(outer.get("order", 0))

    return min(found, key=distance, default=None)


def _below(schema: Mapping[str, Any], prefix: str, depth: int) -> Iterator[str]:
    for name, child in schema.get("properties", {}).items():
        place = f"{prefix}{name}"
        if prefix:
            yield place
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
    signs = (
        (r"[-+]?[0-9]{1,3}[ ',][0-9][0-9 ',.]*", "use a point for the fraction and nothing between the thousands"),
        (r"\+[0-9.]+", "leave the plus sign out"),
        (r"-?0[0-9]+(\.[0-9]+)?", "leave the zeros in front out"),
        (r"-?[0-9]+\.[0-9]+" if whole else r"(?!)", "a fraction is not possible here"),
        (r"-?[0-9]{19,}(\.[0-9]+)?", "a number may have at most 18 digits"),
    )
    return next((words for shape, words in signs if re.fullmatch(shape, bare)), None) or text_hint(bare)


def text_hint(text: str) -> str | None:
    """What the shape of a text gives away, without telling the text."""
    signs = (
        (not text, "leave it out instead of sending an empty text"),
        ("{{" in text, "a template is rendered only when the call has a context"),
        (text != text.strip(), "remove the spaces or line breaks around it"),
        (text[:1] in ("'", '"') and text[:1] == text[1:][-1:], "remove the quotation marks that stand in the text"),
        (_SPREADSHEET.fullmatch(text), "a spreadsheet shortened the number: format its column as text"),
        (any(char.isdecimal() for char in _FOREIGN_DIGIT.findall(text)), "write its digits as 0 to 9"),
    )
    return next((words for shows, words in signs if shows), None)


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
