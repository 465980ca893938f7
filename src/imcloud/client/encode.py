"""From a `WireRequest` to the exact bytes: address, query, JSON body. Refusals are ValueErrors with our own texts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from imcloud.secrets import Secret

_MAX_URL = 16 * 1024


def build_url(base_url: str, segments: tuple[str, ...], query: Mapping[str, Any]) -> str:
    """The address of a request below the base. Raises ValueError when it would not be exactly that."""
    for segment in segments:
        if segment in ("", ".", "..") or not segment.isprintable() or any(char in "/\\%" for char in segment):
            raise ValueError("a part of the path is empty, '.', '..', or has characters that may not stand there")
    base = urlsplit(base_url)
    path = base.path + "".join(f"/{quote(segment, safe='')}" for segment in segments)
    if not all(isinstance(key, str) and key and not _has_surrogate(key) for key in query):
        raise ValueError("a query value has no name that can be sent")
    text = "&".join(f"{quote(key, safe='')}={quote(query_text(key, value), safe='')}" for key, value in query.items())
    url = f"{base.scheme}://{base.netloc}{path}{'?' if text else ''}{text}"
    if len(url) > _MAX_URL:
        raise ValueError(f"the address would be longer than {_MAX_URL} characters")
    _check_same(url, base_url, segments)
    return url


def query_text(key: str, value: Any) -> str:
    """A query value as text. Raises ValueError for what has no plain text; an empty filter would filter nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, str) and value and not _has_surrogate(value):
        return value
    raise ValueError(f"the query value {key!r} is empty or has no plain text form")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def encode_body(body: Any) -> bytes:
    """JSON in UTF-8; Decimals as numbers, digit by digit. Raises ValueError for what JSON cannot hold."""
    try:
        return _fast(body).encode("utf-8")
    except (RecursionError, UnicodeEncodeError, _NotPlain):
        pass
    try:
        return "".join(_pieces(body)).encode("utf-8")
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("the body has a text that is not valid Unicode") from None


class _NotPlain(Exception):
    pass


def _fast(body: Any) -> str:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_refuse)
    except (ValueError, TypeError):
        raise _NotPlain from None


def _refuse(_: Any) -> Any:
    raise _NotPlain


def _pieces(value: Any) -> list[str]:
    if isinstance(value, Secret):
        return [json.dumps(value.reveal(), ensure_ascii=False)]
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("the body has a number that is not finite")
        return [format(value, "f")]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("the body has a number that is not finite")
    if value is None or isinstance(value, str | int | float):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, list | tuple):
        return ["[", *_joined([_pieces(item) for item in value]), "]"]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("the body has a key that is not a text")
        items = [[json.dumps(key, ensure_ascii=False), ":", *_pieces(item)] for key, item in value.items()]
        return ["{", *_joined(items), "}"]
    raise ValueError(f"the body has a value of type {type(value).__name__}, which JSON does not know")


def _joined(parts: list[list[str]]) -> list[str]:
    return [piece for number, part in enumerate(parts) for piece in ([","] if number else []) + part]


def _check_same(url: str, base_url: str, segments: tuple[str, ...]) -> None:
    # Read back what was written: whatever normalises an address on its way must have nothing left to do.
    from requests.models import PreparedRequest

    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
    except (ValueError, OSError):
        raise ValueError("the address is not valid") from None
    found, base = urlsplit(prepared.url or ""), urlsplit(base_url)
    expected = [*base.path.split("/")[1:], *segments]
    if (found.scheme, found.netloc) != (base.scheme, base.netloc) or found.fragment:
        raise ValueError("the address would leave the connection's host")
    if [unquote(part) for part in found.path.split("/")[1:]] != expected:
        raise ValueError("the address would not be the one that was meant")
