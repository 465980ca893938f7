"""An answer told as data: the error, the id that support asks for, the headers that may be shown. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from imcloud.client.classify import has_shape, is_gateway, is_unknown_operation, outcome
from imcloud.client.models import Answer
from imcloud.errors import ErrorItem, ErrorKind, Outcome
from imcloud.secrets import Masker

_MAX_TEXT = 500
_KINDS: dict[int, ErrorKind] = {401: "auth", 403: "auth", 404: "not_found", 409: "conflict", 429: "rate"}
_FAILURES: dict[str, ErrorKind] = {
    "input": "input",
    "config": "config",
    "budget": "rate",
    "too_large": "remote",
    "unreadable": "remote",
    "empty": "remote",
}
_NOBODY = Masker()


def error_item(
    answer: Answer,
    connection: Mapping[str, Any],
    *,
    changes: bool,
    needs: str | None = None,
    masker: Masker = _NOBODY,
) -> ErrorItem | None:
    """The error, or None for a success. `masker` knows what must not appear in it, should the server repeat it."""
    if has_shape(answer, changes=changes, needs=needs):
        return None
    rules = connection.get("errors", {})
    result = outcome(answer, rules, changes=changes, needs=needs)
    correlation = correlation_id(answer, connection, masker)
    if answer.status is None or answer.status < 300:
        return _failure_item(answer, result, correlation, needs)
    text = clean(_field(answer, rules, "message") or "", _MAX_TEXT, masker)
    kind = _kind(answer, connection, text)
    return ErrorItem(
        kind=kind,
        message=f"HTTP {answer.status}: {text}" if text else f"HTTP {answer.status}",
        hint=_hint(answer, kind, rules),
        retryable=result != "unknown" and (kind == "rate" or answer.status in (408, 500, 502, 503, 504)),
        outcome=result,
        status_code=answer.status,
        correlation_id=correlation,
        rule=_rule(answer, rules),
    )


def correlation_id(answer: Answer, connection: Mapping[str, Any], masker: Masker = _NOBODY) -> str | None:
    """The id that support asks for, from the header or the body."""
    wanted = str(connection.get("correlation_header", "")).lower()
    header = next((value for name, value in answer.headers.items() if name.lower() == wanted), None)
    return clean(header or _field(answer, connection.get("errors", {}), "correlation_id") or "", 128, masker) or None


def kept_headers(answer: Answer, connection: Mapping[str, Any], masker: Masker = _NOBODY) -> dict[str, str]:
    """The headers that a result may show, under the names that the manifest gives them."""
    found = {name.lower(): value for name, value in answer.headers.items()}
    kept = {str(name): found.get(str(name).lower()) for name in connection.get("headers_kept", ())}
    return {name: clean(value, _MAX_TEXT, masker) for name, value in kept.items() if value is not None}


def clean(text: str, length: int, masker: Masker = _NOBODY) -> str:
    """One line of printable characters: what a server writes must not move a cursor or forge a line of a log.

    Masked before it is cut, or half a secret would be left; and once more after cleaning, which joins what stood apart.
    """
    one_line = re.sub(r"\s+", " ", masker.text(text))
    return masker.text("".join(char for char in one_line if char.isprintable()).strip())[:length]


def _failure_item(answer: Answer, result: Outcome, correlation: str | None, needs: str | None) -> ErrorItem:
    message, rule = answer.detail, str(answer.failure)
    kind = _FAILURES.get(rule, "network")
    if answer.failure is None:
        what = "" if needs is None else f" with {needs!r}"
        message, rule, kind = f"the answer is not the JSON object{what} that was to be expected", "contract", "remote"
    if result == "unknown" and kind == "remote":
        kind = "outcome_unknown"
    return ErrorItem(
        kind=kind,
        message=message,
        retryable=result != "unknown" and answer.failure in ("connect", "timeout", "broken", "budget"),
        outcome=result,
        status_code=answer.status,
        correlation_id=correlation,
        rule=rule,
    )


def _kind(answer: Answer, connection: Mapping[str, Any], text: str) -> ErrorKind:
    status = answer.status or 0
    if status == 400 and any(part.lower() in text.lower() for part in connection.get("not_found_text", ())):
        return "not_found"
    return _KINDS.get(status, "remote")


def _rule(answer: Answer, rules: Mapping[str, Any]) -> str | None:
    if answer.status in (401, 403):
        return "gateway_refused" if is_gateway(answer, rules) else "platform_refused"
    if is_unknown_operation(answer, rules):
        return "unknown_operation"
    return "redirect" if 300 <= (answer.status or 0) < 400 else None


def _hint(answer: Answer, kind: ErrorKind, rules: Mapping[str, Any]) -> str | None:
    if kind == "auth" and is_gateway(answer, rules):
        return "the gateway in front of the service refused the connection's key, or its quota is used up"
    if kind == "auth":
        return "the service refused the account: it may lack a right, or be new and not active yet"
    if 300 <= (answer.status or 0) < 400:
        return "redirects are never followed: check the connection's base_url"
    return "too many calls: wait, or lower the connection's rate" if kind == "rate" else None


def _field(answer: Answer, rules: Mapping[str, Any], name: str) -> str | None:
    if not isinstance(answer.body, dict):
        return None
    for shape in rules.values():
        for key in shape.get(name, ()):
            value = answer.body.get(key)
            if isinstance(value, str) and value:
                return value
    return None
