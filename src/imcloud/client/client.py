"""One connection's way to its server: signs in, sends, judges, and pages."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imcloud import logs
from imcloud.client import classify, retry, wording
from imcloud.client.account import account_name
from imcloud.client.budget import Budget
from imcloud.client.deadline import Deadline, Timing
from imcloud.client.identity import Identity, Render, reveal
from imcloud.client.models import Answer, PageReply, Reply
from imcloud.client.paging import read_pages
from imcloud.client.redact import Secrets, mask_at
from imcloud.client.sending import Sender, Trip
from imcloud.client.sign_in import Ask, SignIn, Token, read_token, refused
from imcloud.client.token_cache import TokenCache
from imcloud.client.transport import Encoded, Transport
from imcloud.client.verbs import VerbMemory
from imcloud.connections.settings import Settings
from imcloud.errors import ErrorItem
from imcloud.pack import WireRequest

_log = logging.getLogger("imcloud.client")


class Client:
    """Sends the requests of one connection; safe to share between threads. Token, sockets and budget belong to it.

    `manifest` is the pack's; `render` turns a template and its roots into a value; `timing` replaces the
    clock in tests; `auth` are headers that take the place of signing in, and are secrets.
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
        self.settings, self.timing = settings, timing or Timing()
        self._connection: Mapping[str, Any] = manifest["connection"]
        self._rules: Mapping[str, Any] = self._connection.get("errors", {})
        self._identity = Identity(settings, self._connection, render, auth)
        self._masker = self._identity.masker
        logs.guard(self._masker)
        self._transport = Transport(settings.base_url, verify=_verify(settings), proxy=_proxy(settings))
        account = account_name(settings.base_url, self._identity.everything)
        self._sender = Sender(
            settings.name,
            self._transport,
            Budget(settings, state_dir, account, self.timing),
            retry.Policy.of(manifest),
            self._rules,
            self.timing,
            self._correlation_id,
        )
        ask: Ask = self._ask_for_token
        if settings.fields.get("token_cache", not settings.loopback):
            ask = TokenCache(state_dir, account, self.timing).shared(ask)
        self._sign_in = SignIn(ask, self.timing.clock) if self._identity.signs_in else None
        self._verbs = VerbMemory(state_dir, settings.fingerprint)

    def send(
        self,
        request: WireRequest,
        *,
        retry: bool,
        deadline: float | None = None,
        operation: str = "",
        needs: str | None = None,
        template: str | None = None,
    ) -> Reply:
        """Send a request and return what came of it; never raises for what the world does.

        `retry` is for calls that change nothing. `deadline` limits the whole call, in seconds; without one it is the
        connection's timeout, and waiting for the budget does not count. `operation` is the action's name, under which a
        disputed verb is pinned or remembered. `needs` is the dotted path of the id without which an answer is no
        success. `template` is the path as it may stand in a log.
        """
        seconds = self.settings.timeout if deadline is None else deadline
        limit = Deadline.after(seconds, self.timing.clock, strict=deadline is not None)
        masker = self._masker.knowing(secret.reveal() for secret in request.secrets)
        trip = Trip(limit, template or _vague(request), masker)
        changes = not retry and request.method not in ("GET", "HEAD")
        started = self.timing.clock()
        reply = self._send_as(request, trip, operation, changes, needs)
        self._tell(reply, trip, self.timing.clock() - started)
        return reply

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
        limit = None if deadline is None else Deadline.after(deadline, self.timing.clock)

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
        shown: dict[str, Any] = self._masker.data(
            {
                "method": request.method,
                "url": f"{self.settings.base_url}{request.path}{'?' if text else ''}{text}",
                "path": request.path,
                "query": query,
                "headers": self._identity.shown(request),
                "body": mask_at(request.body, secrets) if request.has_body else None,
            }
        )
        return shown

    def close(self) -> None:
        """Close idle sockets; the token is forgotten with the object."""
        self._transport.close()
        self._sender.budget.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send_as(self, request: WireRequest, trip: Trip, operation: str, changes: bool, needs: str | None) -> Reply:
        pinned = self.settings.pinned_methods.get(operation)
        other = request.alternate_method
        if pinned is not None or other is None:
            return self._send(replace(request, method=pinned or request.method), trip, changes, needs)
        first, second = request.method, other
        if operation and self._verbs.recall(operation) == other:
            first, second = second, first
        reply = self._send(replace(request, method=first), trip, changes, needs)
        if reply.error is None or reply.error.rule != "unknown_operation":
            return reply
        # The server does not know this operation, so nothing was applied: the other verb may be sent, once.
        next_reply = self._send(replace(request, method=second), trip, changes, needs)
        if next_reply.error is not None and next_reply.error.rule == "unknown_operation":
            return reply
        if operation:
            self._verbs.remember(operation, second)
        kept = ", which is remembered for this connection" if operation else ""
        warning = f"the server does not know {first} here: the request was sent with {second}{kept}"
        return replace(next_reply, warnings=(*next_reply.warnings, warning))

    def _send(self, request: WireRequest, trip: Trip, changes: bool, needs: str | None) -> Reply:
        encoded = self._transport.encode(request)
        if isinstance(encoded, Answer):
            return self._reply(encoded, trip, changes, needs, request.method)
        answer = self._sender.persist(lambda: self._attempt(encoded, trip, changes), trip, changes=changes)
        if isinstance(answer, ErrorItem):
            failed = Reply(
                None, {}, None, answer, "not_applied", answer.correlation_id, trip.attempts, (), request.method
            )
            return _completed(failed, trip)
        return self._reply(answer, trip, changes, needs, request.method)

    def _attempt(self, request: Encoded, trip: Trip, changes: bool) -> Answer | ErrorItem:
        if self._sign_in is None:
            return self._sender.exchange(request, self._identity.headers, trip, fresh=changes)
        token = self._sign_in.token(trip.limit)
        if isinstance(token, ErrorItem):
            return token
        answer = self._sender.exchange(request, self._identity.signed(token.text), trip, fresh=changes)
        if not classify.is_token_refused(answer, self._rules, changes=changes):
            return answer
        # The platform refused the token before it did anything: a new one, and the same request once more.
        renewed = self._sign_in.renew(token, trip.limit)
        if isinstance(renewed, ErrorItem):
            return renewed
        return self._sender.exchange(request, self._identity.signed(renewed.text), trip, fresh=changes)

    def _ask_for_token(self, limit: Deadline, _: str | None) -> Token | ErrorItem:
        wire, headers = self._identity.token_request()
        request = self._transport.encode(wire)
        if isinstance(request, Answer):
            return refused(ErrorItem("config", request.detail))
        trip, asked_at = Trip(limit, wire.path, self._masker), self.timing.clock()

        def once() -> Answer:
            nonlocal asked_at
            asked_at = self.timing.clock()
            return self._sender.exchange(request, headers, trip)

        # Asking for a token changes nothing: it may be tried again.
        answer = self._sender.persist(once, trip, changes=False)
        if isinstance(answer, ErrorItem):
            return answer
        error = wording.error_item(answer, self._connection, changes=False, masker=self._masker)
        return read_token(answer, self._connection["sign_in"], asked_at) if error is None else refused(error)

    def _reply(self, answer: Answer, trip: Trip, changes: bool, needs: str | None, method: str) -> Reply:
        error = wording.error_item(answer, self._connection, changes=changes, needs=needs, masker=trip.masker)
        reply = Reply(
            status=answer.status,
            headers=wording.kept_headers(answer, self._connection, trip.masker),
            body=trip.masker.data(answer.body),
            error=error,
            outcome=classify.outcome(answer, self._rules, changes=changes, needs=needs),
            correlation_id=wording.correlation_id(answer, self._connection, trip.masker),
            attempts=trip.attempts,
            warnings=(),
            method=method,
        )
        return _completed(reply, trip)

    def _correlation_id(self, answer: Answer) -> str | None:
        return wording.correlation_id(answer, self._connection, self._masker)

    def _tell(self, reply: Reply, trip: Trip, elapsed: float) -> None:
        facts: logs.Facts = {"connection": self.settings.name, "method": reply.method, "path": trip.path}
        facts |= {"status": reply.status, "outcome": reply.outcome, "attempt": reply.attempts, "elapsed": elapsed}
        facts |= {"correlation_id": reply.correlation_id, "rule": reply.error.rule if reply.error else None}
        logs.event(_log, logging.INFO, "call", **facts)


def _completed(reply: Reply, trip: Trip) -> Reply:
    return replace(reply, warnings=tuple(trip.warnings), waited=trip.limit.waited, budget=trip.left)


def _vague(request: WireRequest) -> str:
    # Without a template only the first part is told: the others may be ids, which are nobody's business in a log.
    first = request.segments[0] if request.segments else ""
    known = first.isascii() and first.isalpha() and len(first) <= 32
    return f"/{first if known else '...'}{'/...' if len(request.segments) > 1 else ''}"


def _verify(settings: Settings) -> bool | str:
    bundle = settings.fields.get("ca_bundle")
    return True if bundle is None else str(bundle)


def _proxy(settings: Settings) -> str | None:
    proxy = settings.fields.get("proxy")
    return None if proxy is None or settings.loopback else str(reveal(proxy))
