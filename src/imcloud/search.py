"""Finds actions and runbooks by the words a person uses.

A small ranked scorer and no library: a few dozen short texts need no index. What counts is that a name weighs more than
a description, that a rare word weighs more than a common one, and that `renew` finds `autorenewal`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Any

from imcloud.pack import Action

NAME, KEYWORD, TITLE, INPUT, PROSE, DETAIL = 5.0, 5.0, 4.0, 2.5, 2.0, 1.0
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_COMMON = """
a an and are as at be by can do does for from get have how i in is it its me my of on one or our please s so that the
their them there these this those to up want was we what when where which who will with you your
"""
_NOISE = frozenset(_COMMON.split())
_LEAST_PART = 4
_TYPO = 0.84


@dataclass(frozen=True)
class Entry:
    """Something that can be found: `texts` are (weight, words)."""

    name: str
    kind: str
    title: str
    texts: tuple[tuple[float, str], ...]
    words: Mapping[str, float] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        best: dict[str, float] = {}
        for weight, text in self.texts:
            for word in tokens(text):
                best[word] = max(best.get(word, 0.0), weight)
        object.__setattr__(self, "words", best)


@dataclass(frozen=True)
class Hit:
    """An entry that was found, with its score and the words of the query that it has."""

    name: str
    kind: str
    title: str
    score: float
    matched: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-ready data."""
        return {
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "score": round(self.score, 3),
            "matched": list(self.matched),
        }


def entry_of_action(action: Action) -> Entry:
    """An action as something to be found: names, title, description, keywords, inputs."""
    keywords = action.raw.get("keywords") or ()
    return Entry(
        action.name,
        "action",
        action.title,
        (
            (NAME, action.name.replace("_", " ")),
            (TITLE, action.title),
            (KEYWORD, " ".join(str(word) for word in keywords)),
            (PROSE, action.description),
            (TITLE if action.resource in action.name else PROSE, action.resource),
            *_inputs(action.inputs, 0),
        ),
    )


def _inputs(schema: Mapping[str, Any], depth: int) -> Iterator[tuple[float, str]]:
    for name, spec in schema.get("properties", {}).items():
        yield INPUT / (depth + 1), name
        yield DETAIL / (depth + 1), f"{spec.get('description', '')} {' '.join(map(str, spec.get('enum', ())))}"
        if depth < 3:
            yield from _inputs(spec.get("items", spec), depth + 1)


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Lower-case words of a text; `autoRenewal` is two, and also the one that they make together."""
    found: list[str] = []
    for chunk in re.split(r"[\W_]+", text):
        parts = [part.lower() for part in _WORD.findall(chunk)]
        found += parts
        if len(parts) > 1:
            found.append("".join(parts))
    return tuple(found)


def search(query: str, entries: Sequence[Entry]) -> list[Hit]:
    """The entries that have any of the words, best first."""
    asked = list(dict.fromkeys(tokens(query[:400])))
    asked = [word for word in asked if word not in _NOISE] or asked
    pairs = ["".join(pair) for pair in pairwise(asked)]
    rarity = {word: _rarity(word, entries) for word in [*asked, *pairs]}
    hits = (_hit(entry, asked, pairs, rarity) for entry in entries)
    return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: (-hit.score, hit.kind, hit.name))


def _hit(entry: Entry, asked: Sequence[str], pairs: Sequence[str], rarity: Mapping[str, float]) -> Hit:
    scores = {word: _weight(word, entry.words) * rarity[word] for word in asked}
    joined = sum(_weight(pair, entry.words) * rarity[pair] for pair in pairs)
    matched = tuple(word for word in asked if scores[word] > 0)
    covered = len(matched) / max(1, len(asked))
    return Hit(entry.name, entry.kind, entry.title, (sum(scores.values()) + joined) * (0.4 + 0.6 * covered), matched)


def _rarity(word: str, entries: Iterable[Entry]) -> float:
    weights = [_weight(word, entry.words) for entry in entries]
    return math.log(1 + len(weights) / (1 + sum(weight > 0 for weight in weights)))


def _weight(word: str, words: Mapping[str, float]) -> float:
    if word in words:
        return words[word]
    return max((weight * _likeness(word, other) for other, weight in words.items()), default=0.0)


@lru_cache(maxsize=65536)
def _likeness(asked: str, word: str) -> float:
    short, long = sorted((asked, word), key=len)
    if len(short) < _LEAST_PART:
        return 0.0
    if long.startswith(short):
        return 0.8
    if len(short) > _LEAST_PART and short in long:
        return 0.6
    stem = 0
    for a, b in zip(asked, word, strict=False):
        if a != b:
            break
        stem += 1
    if stem >= max(5, len(short) - 2) and len(long) - stem <= 5:
        return 0.6
    if asked[0] == word[0] and abs(len(asked) - len(word)) <= 2 and SequenceMatcher(None, asked, word).ratio() >= _TYPO:
        return 0.5
    return 0.0
