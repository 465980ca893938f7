"""What an exchange means: the error as data, and the outcome of a call that changes something. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from imcloud.client.models import Answer
from imcloud.errors import ErrorItem, ErrorKind, Outcome

_MAX_TEXT = 500
# With a JSON body these say that the request was refused before anything was done.
_EARLY = frozenset({400, 401, 403, 404, 405, 410, 411, 413, 414, 415, 422, 431})
# These prove it whatever the body looks like: the server did not get as far as the operation.
_PROOF = frozenset({401, 405, 411, 413, 414, 415, 431})
_KINDS: dict[int, ErrorKind] = {401: "auth", 403: "auth", 404: "not_found", 409: "conflict", 429: "rate"}


def outcome(answer: Answer, rules: Mapping[str, Any], *, changes: bool) -> Outcome:
    """`done`, `not_applied` or `unknown`: whatever is not proved is `unknown`, unless the call changes nothing."""
    if answer.is_success:
        return "done"
    if not changes or not answer.sent:
        return "not_applied"
    status = answer.status or 0
    if status in _PROOF or status in (307, 308):
        return "not_applied"
    if status in _EARLY and answer.parsed and isinstance(answer.body, dict):
        return "not_applied"
    if status == 429 and is_gateway(answer, rules):
        return "not_applied"
    return "unknown"


def is_gateway(answer: Answer, rules: Mapping[str, Any]) -> bool:
    """Whether the body has the gateway's own form: the request never reached the platform behind it."""
    return _has(answer, rules.get("gateway", {}).get("status", ()))


def is_unknown_operation(answer: Answer, rules: Mapping[str, Any]) -> bool:
    """Whether the server proves that it knows no such operation."""
    return answer.status == 405 or (answer.status == 404 and is_gateway(answer, rules))


def correlation_id(answer: Answer, connection: Mapping[str, Any]) -> str | None:
    """The id that support asks for, from the header or the body."""
    wanted = str(connection.get("correlation_header", "")).lower()
    header = next((value for name, value in answer.headers.items() if name.lower() == wanted), None)
    return _clean(header or _field(answer, connection.get("errors", {}), "correlation_id") or "", 128) or None


def kept_headers(answer: Answer, connection: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a result may show, under the names that the manifest gives them."""
    found = {name.lower(): value for name, value in answer.headers.items()}
    kept = {str(name): found.get(str(name).lower()) for name in connection.get("headers_kept", ())}
    return {name: _clean(value, _MAX_TEXT) for name, value in kept.items() if value is not None}


def error_item(
    answer: Answer, connection: Mapping[str, Any], *, changes: bool, secrets: Iterable[str] = ()
) -> ErrorItem | None:
    """The error, or None for a success. `secrets` are texts that must not appear in it, should the server echo them."""
    if answer.is_success:
        return None
    rules = connection.get("errors", {})
    result = outcome(answer, rules, changes=changes)
    if answer.failure is not None and (answer.status is None or answer.status < 300):
        return _failure_item(answer, result, correlation_id(answer, connection))
    text = _message(answer, rules)
    for secret in secrets:
        text = text.replace(secret, "********")
    kind = _kind(answer, connection, text)
    return ErrorItem(
        kind=kind,
        message=f"HTTP {answer.status}: {text}" if text else f"HTTP {answer.status}",
        hint=_hint(answer, kind, rules),
        retryable=result != "unknown" and (kind == "rate" or answer.status in (408, 500, 502, 503, 504)),
        outcome=result,
        status_code=answer.status,
        correlation_id=correlation_id(answer, connection),
        rule=_rule(answer, rules),
    )


def _failure_item(answer: Answer, result: Outcome, correlation: str | None) -> ErrorItem:
    kinds: dict[str, ErrorKind] = {"input": "input", "config": "config", "too_large": "remote", "unreadable": "remote"}
    kind = kinds.get(answer.failure or "", "network")
    if result == "unknown" and answer.status is not None and answer.status < 300 and kind == "remote":
        kind = "outcome_unknown"
    return ErrorItem(
        kind=kind,
        message=answer.detail,
        retryable=result != "unknown" and answer.failure in ("connect", "timeout", "broken"),
        outcome=result,
        status_code=answer.status,
        correlation_id=correlation,
        rule=answer.failure,
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


def _message(answer: Answer, rules: Mapping[str, Any]) -> str:
    return _clean(_field(answer, rules, "message") or "", _MAX_TEXT)


def _field(answer: Answer, rules: Mapping[str, Any], name: str) -> str | None:
    if not isinstance(answer.body, dict):
        return None
    for shape in rules.values():
        for key in shape.get(name, ()):
            value = answer.body.get(key)
            if isinstance(value, str) and value:
                return value
    return None


def _has(answer: Answer, keys: Iterable[str]) -> bool:
    return isinstance(answer.body, dict) and any(key in answer.body for key in keys)


def _clean(text: str, length: int) -> str:
    """One line of printable characters: what a server writes must not move a cursor or forge a line of a log."""
    one_line = re.sub(r"\s+", " ", text)
    return "".join(char for char in one_line if char.isprintable()).strip()[:length]
