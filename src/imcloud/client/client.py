"""One connection's way to its server: signs in, sends, judges, tries reads again, and pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imcloud.client import classify, retry
from imcloud.client.deadline import Deadline, Timing
from imcloud.client.models import Answer, PageReply, Reply
from imcloud.client.paging import read_pages
from imcloud.client.redact import Secrets, mask_at, mask_headers
from imcloud.client.sign_in import SignIn, Token, read_token, refused
from imcloud.client.transport import Encoded, Transport
from imcloud.client.verbs import VerbMemory
from imcloud.connections.settings import Settings
from imcloud.errors import ErrorItem
from imcloud.pack import WireRequest
from imcloud.secrets import MASK, Secret

Render = Callable[[Any, Mapping[str, Any]], Any]


class Client:
    """Sends the requests of one connection; safe to share between threads. Holds that connection's token and sockets.

    `manifest` is the pack's; `render` turns a template of the manifest and its roots into a value; `timing` serves tests;
    `auth` are headers that take the place of signing in, and are secrets.
    """

    def __init__(
        self,
        settings: Settings,
        manifest: Mapping[str, Any],
        *,
        render: Render,
        state_dir: Path,
        timing: Timing | None = None,
        auth: Mapping[str, str] | None = None,
    ) -> None:
        self.settings, self._render = settings, render
        self._connection: Mapping[str, Any] = manifest["connection"]
        self._rules: Mapping[str, Any] = self._connection.get("errors", {})
        self._timing = timing or Timing()
        self._clock = self._timing.clock
        self._policy = retry.Policy.of(manifest)
        self._roots = {"connection": {key: _reveal(value) for key, value in settings.fields.items()}}
        self._secrets = sorted(
            (value.reveal() for value in settings.fields.values() if isinstance(value, Secret)), key=len, reverse=True
        )
        self._auth = dict(auth or {})
        self._headers = {**self._rendered(self._connection.get("headers", {}), self._roots), **self._auth}
        self._transport = Transport(settings.base_url, verify=_verify(settings), proxy=_proxy(settings))
        signs_in = "sign_in" in self._connection and not self._auth
        self._sign_in = SignIn(self._ask_for_token, self._clock) if signs_in else None
        self._verbs = VerbMemory(state_dir, settings.fingerprint)

    def send(self, request: WireRequest, *, retry: bool, deadline: float | None = None, operation: str = "") -> Reply:
        """Send a request and return what came of it; never raises for what the world does.

        `retry` is for calls that change nothing; `deadline` limits the whole call, in seconds (default: the timeout);
        `operation` is the action's name, under which a disputed verb is pinned or remembered.
        """
        limit = Deadline.after(self.settings.timeout if deadline is None else deadline, self._clock)
        pinned = self.settings.pinned_methods.get(operation)
        if pinned is not None:
            return self._send(replace(request, method=pinned, alternate_method=None), retry, limit)
        if request.alternate_method is None:
            return self._send(request, retry, limit)
        return self._send_disputed(request, request.alternate_method, retry, limit, operation)

    def pages(
        self,
        request: WireRequest,
        scheme: Mapping[str, Any],
        *,
        max_items: int | None = None,
        page_size: int | None = None,
        deadline: float | None = None,
        operation: str = "",
    ) -> Iterator[PageReply]:
        """A list page by page, see `paging.read_pages`; `deadline` limits the whole list, in seconds."""
        limit = None if deadline is None else Deadline.after(deadline, self._clock)

        def send(one: WireRequest) -> Reply:
            seconds = None if limit is None else min(limit.remaining(), self.settings.timeout)
            return self.send(one, retry=True, deadline=seconds, operation=operation)

        return read_pages(send, request, scheme, max_items=max_items, page_size=page_size)

    def redacted(self, request: WireRequest, secrets: Secrets = frozenset()) -> dict[str, Any]:
        """The request as it would go out, secrets masked: {method, url, path, query, headers, body}.

        `secrets` are JSON pointers into the body and (as `/name`) the query, or a function that tells whether one is.
        """
        query = mask_at(dict(request.query), secrets)
        text = "&".join(f"{quote(key, safe='')}={quote(str(value), safe='*')}" for key, value in query.items())
        return {
            "method": request.method,
            "url": f"{self.settings.base_url}{request.path}{'?' if text else ''}{text}",
            "path": request.path,
            "query": query,
            "headers": self._shown_headers(request),
            "body": mask_at(request.body, secrets) if request.has_body else None,
        }

    def close(self) -> None:
        """Close idle sockets; the token is forgotten with the object."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send_disputed(self, request: WireRequest, other: str, again: bool, limit: Deadline, operation: str) -> Reply:
        first, second = request.method, other
        if operation and self._verbs.recall(operation) == other:
            first, second = second, first
        reply = self._send(replace(request, method=first), again, limit)
        if reply.error is None or reply.error.rule != "unknown_operation":
            return reply
        # The server does not know this operation, so nothing was applied: the other verb may be sent, once.
        next_reply = self._send(replace(request, method=second), again, limit)
        if next_reply.error is not None and next_reply.error.rule == "unknown_operation":
            return reply
        if operation:
            self._verbs.remember(operation, second)
        kept = ", which is remembered for this connection" if operation else ""
        warning = f"the server does not know {first} here: the request was sent with {second}{kept}"
        attempts = reply.attempts + next_reply.attempts
        return replace(next_reply, attempts=attempts, warnings=(*next_reply.warnings, warning))

    def _send(self, request: WireRequest, again: bool, limit: Deadline) -> Reply:
        changes = not again and request.method not in ("GET", "HEAD")
        encoded = self._transport.encode(request)
        if isinstance(encoded, Answer):
            return self._reply(encoded, changes, 0, request.method)
        attempts = 0
        while True:
            answer, sent = self._attempt(encoded, limit)
            attempts += sent
            if isinstance(answer, ErrorItem):
                return _unsent(answer, attempts, request.method)
            if not again or not self._policy.allows(answer, attempts):
                return self._reply(answer, changes, attempts, request.method)
            wait = retry.delay(answer, attempts, self._timing)
            if wait >= limit.remaining():
                return self._reply(answer, changes, attempts, request.method)
            self._timing.sleep(wait)

    def _attempt(self, request: Encoded, limit: Deadline) -> tuple[Answer | ErrorItem, int]:
        if self._sign_in is None:
            return self._transport.exchange(request, self._headers, limit), 1
        token = self._sign_in.token(limit)
        if isinstance(token, ErrorItem):
            return token, 0
        answer = self._transport.exchange(request, self._signed(token), limit)
        if answer.status != 401 or classify.is_gateway(answer, self._rules):
            return answer, 1
        # The platform refused the token before it did anything: a new one, and the same request once more.
        renewed = self._sign_in.renew(token, limit)
        if isinstance(renewed, ErrorItem):
            return renewed, 1
        return self._transport.exchange(request, self._signed(renewed), limit), 2

    def _ask_for_token(self, limit: Deadline) -> Token | ErrorItem:
        declared = self._connection["sign_in"]
        spec = declared["request"]
        headers = dict(self._headers)
        if "basic" in spec:
            basic = self._render(spec["basic"], self._roots)
            pair = f"{basic['username']}:{basic['password']}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        body = self._render(spec["body"], self._roots) if "body" in spec else None
        segments = tuple(part for part in str(spec["path"]).split("/") if part)
        request = self._transport.encode(WireRequest(str(spec["method"]), segments, body=body, has_body="body" in spec))
        if isinstance(request, Answer):
            return refused(ErrorItem("config", request.detail))
        attempts = 0
        while True:
            asked_at = self._clock()
            answer = self._transport.exchange(request, headers, limit)
            attempts += 1
            error = classify.error_item(answer, self._connection, changes=False, secrets=self._secrets)
            if error is None:
                return read_token(answer, declared, asked_at)
            # Asking for a token changes nothing: it may be tried again.
            wait = retry.delay(answer, attempts, self._timing)
            if not self._policy.allows(answer, attempts) or wait >= limit.remaining():
                return refused(error)
            self._timing.sleep(wait)

    def _reply(self, answer: Answer, changes: bool, attempts: int, method: str) -> Reply:
        error = classify.error_item(answer, self._connection, changes=changes, secrets=self._secrets)
        return Reply(
            status=answer.status,
            headers=classify.kept_headers(answer, self._connection),
            body=answer.body,
            error=error,
            outcome=classify.outcome(answer, self._rules, changes=changes),
            correlation_id=classify.correlation_id(answer, self._connection),
            attempts=attempts,
            warnings=(),
            method=method,
        )

    def _signed(self, token: Token) -> dict[str, str]:
        roots = {**self._roots, "token": token.text}
        return {**self._headers, **self._rendered(self._connection["sign_in"].get("header", {}), roots)}

    def _rendered(self, templates: Mapping[str, Any], roots: Mapping[str, Any]) -> dict[str, str]:
        values = self._render(dict(templates), roots)
        return {str(name): str(value) for name, value in values.items() if value not in (None, "")}

    def _shown_headers(self, request: WireRequest) -> dict[str, str]:
        shown = {key: MASK if isinstance(value, Secret) else value for key, value in self.settings.fields.items()}
        roots = {"connection": shown, "token": MASK}
        headers = self._rendered(self._connection.get("headers", {}), roots)
        if self._sign_in is not None:
            headers |= self._rendered(self._connection["sign_in"].get("header", {}), roots)
        if request.has_body:
            headers["Content-Type"] = "application/json"
        return {**mask_headers(headers), **mask_headers(self._auth, every=True)}


def _unsent(error: ErrorItem, attempts: int, method: str) -> Reply:
    return Reply(None, {}, None, error, "not_applied", error.correlation_id, attempts, (), method)


def _reveal(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _verify(settings: Settings) -> bool | str:
    bundle = settings.fields.get("ca_bundle")
    return True if bundle is None else str(bundle)


def _proxy(settings: Settings) -> str | None:
    proxy = settings.fields.get("proxy")
    return None if proxy is None or settings.loopback else str(_reveal(proxy))
