"""What a connection says about itself on the wire: its headers, what signing in takes, and which of it is secret."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from imcloud.client.redact import mask_headers
from imcloud.connections.settings import Settings
from imcloud.pack import WireRequest
from imcloud.secrets import MASK, Masker, Secret

Render = Callable[[Any, Mapping[str, Any]], Any]


class Identity:
    """The credentials of one connection. `auth` are headers that take the place of signing in, and are secrets."""

    def __init__(
        self, settings: Settings, connection: Mapping[str, Any], render: Render, auth: Mapping[str, str] | None
    ) -> None:
        self._settings, self._connection, self._render = settings, connection, render
        self._roots = {"connection": {key: reveal(value) for key, value in settings.fields.items()}}
        self._auth = dict(auth or {})
        self.signs_in = "sign_in" in connection and not self._auth
        self.headers = {**self._rendered(connection.get("headers", {}), self._roots), **self._auth}
        self.masker = Masker([*_secrets(settings), *self._auth.values()])

    def everything(self) -> dict[str, Any]:
        """All that an account is asked for, to tell it from others."""
        return {"headers": self.headers, **self._sign_in_parts()}

    def signed(self, token: str) -> dict[str, str]:
        """The headers of a request with that token."""
        self.masker.add(token)
        roots = {**self._roots, "token": token}
        return {**self.headers, **self._rendered(self._connection["sign_in"].get("header", {}), roots)}

    def token_request(self) -> tuple[WireRequest, dict[str, str]]:
        """The request for a token, and its headers."""
        spec, given = self._connection["sign_in"]["request"], self._sign_in_parts()
        headers = dict(self.headers)
        if "basic" in given:
            pair = f"{given['basic']['username']}:{given['basic']['password']}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        segments = tuple(part for part in str(spec["path"]).split("/") if part)
        return WireRequest(str(spec["method"]), segments, body=given.get("body"), has_body="body" in given), headers

    def shown(self, request: WireRequest) -> dict[str, str]:
        """The headers of a request as they may be shown."""
        fields = {key: MASK if isinstance(value, Secret) else value for key, value in self._settings.fields.items()}
        roots = {"connection": fields, "token": MASK}
        headers = self._rendered(self._connection.get("headers", {}), roots)
        if self.signs_in:
            headers |= self._rendered(self._connection["sign_in"].get("header", {}), roots)
        if request.has_body:
            headers["Content-Type"] = "application/json"
        return {**mask_headers(headers), **mask_headers(self._auth, every=True)}

    def _sign_in_parts(self) -> dict[str, Any]:
        spec = self._connection.get("sign_in", {}).get("request", {})
        return {part: self._render(spec[part], self._roots) for part in ("basic", "body") if part in spec}

    def _rendered(self, templates: Mapping[str, Any], roots: Mapping[str, Any]) -> dict[str, str]:
        values = self._render(dict(templates), roots)
        return {str(name): str(value) for name, value in values.items() if value not in (None, "")}


def reveal(value: Any) -> Any:
    """The value itself, should it be a secret."""
    return value.reveal() if isinstance(value, Secret) else value


def _secrets(settings: Settings) -> list[str]:
    found = [value.reveal() for value in settings.fields.values() if isinstance(value, Secret)]
    names = [value for key, value in settings.fields.items() if isinstance(value, str) and key != "base_url"]
    # Basic authorization joins a name and a secret before it encodes them.
    return [*found, *(f"{name}:{secret}" for name in names for secret in found)]
