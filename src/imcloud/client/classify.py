"""What became of a call that may have changed something: one pure function over one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from imcloud.client.models import Answer
from imcloud.errors import Outcome

Rules = Mapping[str, Any]


def outcome(answer: Answer, rules: Rules, *, changes: bool, needs: str | None = None) -> Outcome:
    """`done`, `not_applied` or `unknown`: whatever is not proved is `unknown`, unless the call changes nothing.

    `rules` are the manifest's two forms of an error body. `needs` is the dotted path of the id that a success holds.
    """
    if has_shape(answer, changes=changes, needs=needs):
        return "done"
    if not changes or not answer.sent:
        return "not_applied"
    proves = REFUSED.get(answer.status or 0, _never)
    return "not_applied" if proves(answer, rules) else "unknown"


def has_shape(answer: Answer, *, changes: bool, needs: str | None = None) -> bool:
    """Whether it is a success in the form that was to be expected: for a change an object, with what it needs in it."""
    if not answer.is_success:
        return False
    if needs is None:
        return not changes or isinstance(answer.body, dict)
    return _is_id(_at(answer.body, needs))


def is_gateway(answer: Answer, rules: Rules) -> bool:
    """Whether the body has the form of the gateway and not that of the platform: the request got no further."""
    return _has(answer, rules, "gateway") and not _has(answer, rules, "platform")


def is_token_refused(answer: Answer, rules: Rules, *, changes: bool) -> bool:
    """Whether the platform refused the token before it did anything: the same request may follow with another."""
    if answer.status != 401 or is_gateway(answer, rules):
        return False
    return not changes or _says_object_or_nothing(answer, rules)


def is_unknown_operation(answer: Answer, rules: Rules) -> bool:
    """Whether the server proves that it knows no such operation."""
    if answer.status == 405:
        return _says_object(answer, rules)
    return answer.status == 404 and is_gateway(answer, rules)


def _says_anything(_: Answer, __: Rules) -> bool:
    return True


def _never(_: Answer, __: Rules) -> bool:
    return False


def _says_object(answer: Answer, _: Rules) -> bool:
    return answer.parsed and isinstance(answer.body, dict)


def _says_object_or_nothing(answer: Answer, rules: Rules) -> bool:
    return _says_object(answer, rules) or answer.failure == "empty"


# Status -> the body that proves a refusal before anything was done. A page of HTML may come from anything on the
# way, so it proves nothing; nor does a status that is not here.
REFUSED: Mapping[int, Callable[[Answer, Rules], bool]] = {
    307: _says_anything,
    308: _says_anything,
    400: _says_object,
    401: _says_object_or_nothing,  # the standard itself says that such a request was not applied
    403: _says_object,
    404: _says_object,
    405: _says_object,
    415: _says_object,
    422: _says_object,
    429: is_gateway,
}


def _has(answer: Answer, rules: Rules, form: str) -> bool:
    keys: Iterable[str] = rules.get(form, {}).get("status", ())
    return isinstance(answer.body, dict) and any(key in answer.body for key in keys)


def _at(body: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int) and not isinstance(value, bool)
