"""A value that does not show itself, and the mask that is laid over texts that might repeat one."""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

MASK = "********"
_SHORTEST = 6  # shorter forms would stand in innocent texts, too
_MOST_PASSING = 8  # short-lived secrets (tokens) that are remembered


class Secret:
    """Holds a text that is shown as `********` and can be neither formatted nor serialised by accident."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The text itself, for the one place that puts it on the wire."""
        return self.__value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return "Secret(********)"

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(other.reveal().encode(), self.reveal().encode())

    def __hash__(self) -> int:
        return hash(("imcloud.Secret", self.__value))

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")


def mask_secrets(value: Any) -> Any:
    """A copy of plain data in which every `Secret` is replaced by the mask."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, dict):
        return {key: mask_secrets(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_secrets(item) for item in value]
    return value


class Masker:
    """Replaces known secrets in texts, in every form in which something on the way may repeat them.

    The forms: as it is, in URLs, JSON and HTML, in hexadecimal, and in base64 at each of its three alignments. Safe to
    share between threads.
    """

    def __init__(self, secrets: Iterable[str] = (), *, after: Masker | None = None) -> None:
        self._after = after
        self._lasting = {text for text in secrets if text}
        self._passing: list[str] = []
        self._lock = threading.Lock()
        self._pattern = self._compiled()

    def add(self, secret: str) -> None:
        """Know one more secret, of the kind that is replaced now and then: only the newest few are kept."""
        with self._lock:
            if secret and secret not in self._passing:
                self._passing = [*self._passing, secret][-_MOST_PASSING:]
                self._pattern = self._compiled()

    def knowing(self, secrets: Iterable[str]) -> Masker:
        """A masker that masks these as well, and whatever this one gets to know later; itself when there are none."""
        more = [secret for secret in secrets if len(secret) >= _SHORTEST]
        return Masker(more, after=self) if more else self

    def text(self, text: str) -> str:
        """The text with a mask wherever a secret stood."""
        if self._after is not None:
            text = self._after.text(text)
        pattern = self._pattern
        return text if pattern is None else pattern.sub(MASK, text)

    def data(self, value: Any) -> Any:
        """A copy of plain data with every text masked, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, Mapping):
            return {self.data(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        return value

    def _compiled(self) -> re.Pattern[str] | None:
        found = {form for text in (*self._lasting, *self._passing) for form in forms(text)}
        if not found:
            return None
        # The longest first: a form may hold another one.
        return re.compile("|".join(re.escape(form) for form in sorted(found, key=len, reverse=True)), re.IGNORECASE)


def forms(secret: str) -> set[str]:
    """The texts that give a secret away: itself, and its usual encodings."""
    raw = secret.encode("utf-8", "surrogatepass")
    found = {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret), raw.hex()}
    found |= set(_base64_forms(raw))
    return {form for form in found if len(form) >= min(_SHORTEST, len(secret))}


def _base64_forms(raw: bytes) -> Iterator[str]:
    # Inside a longer text the same bytes look different at each alignment; what depends on neighbours is left out.
    yield base64.b64encode(raw).decode()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        if last - first >= _SHORTEST:
            yield text[first:last]
            yield text[first:last].translate(str.maketrans("+/", "-_"))
