"""Why a connection's test failed, in the words of its form: which field to look at first, and what else it may be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imcloud.results import Result

_FIELD = re.compile(r"connection\.([A-Za-z_][A-Za-z0-9_]*)")
NEW = "new credentials can take up to 24 hours until the platform accepts them: try again tomorrow"
INACTIVE = (
    "the user is not activated: accept the invitation, or let an administrator activate the user and set a password"
)


class Form:
    """The titles of the fields that play a part in signing in, read off the pack's manifest."""

    def __init__(self, form: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
        self._fields = form.get("properties", {})
        spec = manifest.get("connection", {})
        request = spec.get("sign_in", {}).get("request", {})
        self.keys = self._titles(spec.get("headers", {}), secret=True)
        self.credentials = self._titles(request.get("basic", {}))
        self.place = self._titles(request.get("body", {}))
        self.address = self.title("base_url")

    def title(self, name: str) -> str:
        """A field's title."""
        return str(self._fields.get(name, {}).get("title", name))

    def _titles(self, templates: Any, *, secret: bool = False) -> list[str]:
        names = dict.fromkeys(_FIELD.findall(json.dumps(templates)))
        return [self.title(name) for name in names if not secret or self._fields.get(name, {}).get("x-secret")]


def causes(result: Result, form: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """What is probably wrong, the likeliest first; nothing when the error says it all."""
    error = result.errors[0] if result.errors else None
    if error is None or error.kind == "config":
        return []
    named = Form(form, manifest)
    clue = _Clue(error.kind, error.status_code or result.status_code or 0, error.message.lower())
    return next((list(found) for applies, found in _rules(named) if applies(clue)), [])


@dataclass(frozen=True)
class _Clue:
    kind: str
    status: int
    message: str

    def names(self, titles: Sequence[str]) -> bool:
        return any(title.lower() in self.message for title in titles)


_Rule = tuple[Callable[[_Clue], bool], Sequence[str]]


def _rules(named: Form) -> list[_Rule]:
    keys, credentials, place = (" or ".join(titles) for titles in (named.keys, named.credentials, named.place))
    region = f"{named.address} is wrong: every region has its own"
    elsewhere = f"{place} is wrong, or {named.address} is that of another region"
    return [
        (
            lambda c: c.kind == "network",
            [region, "this machine cannot reach it (network, proxy)"],
        ),
        (lambda c: c.status in (404, 405), [region]),
        (lambda c: c.status == 429 or "quota" in c.message, ["the call budget is used up: wait and try again"]),
        (lambda c: c.status == 401 and c.names(named.keys), [f"{keys} is wrong, or belongs to another region", NEW]),
        (lambda c: "activat" in c.message, [INACTIVE]),
        (lambda c: "24 hours" in c.message or "set up" in c.message, [NEW]),
        (lambda c: c.names(named.place), [elsewhere]),
        (lambda c: c.status == 401, [f"{credentials} is wrong", f"{keys} belongs to another user", INACTIVE, NEW]),
        (lambda c: c.status in (400, 403), [elsewhere, INACTIVE, NEW]),
        (lambda c: c.status >= 500, ["the marketplace has a problem of its own: try again later"]),
    ]
