"""Faults of the sign-in: only the operation `token` can have them."""

from __future__ import annotations

from typing import Any

from ..web import Answer
from .arguments import life, retry_value, whole
from .call import Call, Kind
from .standins import apim_429, html, refusal

_WORDS: dict[str, Any] = {"inf": float("inf"), "nan": float("nan"), "null": None, "junk": "soon"}


def _token_503(call: Call) -> Answer:
    return refusal(call, 503)


def _token_html(call: Call) -> Answer:
    return call.instead(lambda _: html(200, "Sign in"))


def _changed(call: Call, **changes: Any) -> Answer:
    answer = call.apply()
    if isinstance(answer.body, dict):
        merged = {**answer.body, **changes}
        answer.body = {name: value for name, value in merged.items() if value is not _ABSENT}
    return answer


_ABSENT = object()


def _token_ttl(call: Call, value: str) -> Answer:
    if value == "none":
        return _changed(call, expiresInSeconds=_ABSENT)
    number = _WORDS[value] if value in _WORDS else float(value) if "." in value else int(value)
    return _changed(call, expiresInSeconds=number)


def _token_missing(call: Call) -> Answer:
    return _changed(call, token=_ABSENT)


def _token_huge(call: Call, kibibytes: int = 1024) -> Answer:
    return _changed(call, token="sandbox." + "x" * (kibibytes * 1024))


KINDS = (
    Kind("token-429[:VALUE]", apim_429, (retry_value,), 1, only="sign-in"),
    Kind("token-503", _token_503, only="sign-in"),
    Kind("token-html", _token_html, only="sign-in"),
    Kind("token-ttl:VALUE", _token_ttl, (life,), applies="yes", only="sign-in"),
    Kind("token-missing", _token_missing, applies="yes", only="sign-in"),
    Kind("token-huge[:KIB]", _token_huge, (whole(1, 65536),), 1, "yes", "sign-in"),
)
