"""From a request to an answer: routes, the transaction, errors in both shapes, the ledger."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any

from . import ledger
from .admin import serve_admin
from .clock import http_date, iso
from .context import Context
from .errors import RefusalError
from .faults import Faults
from .faults.call import Inside, Make
from .gate import admit
from .lifecycle import advance
from .pipeline import Pipeline, straight
from .routes import BASE_PATH, Route, find
from .settings import read_settings
from .state import State
from .web import Answer, Request, headers_of, reason

ADMIN_PREFIX = "/_sandbox/"


class Application:
    """The WSGI application over one state."""

    def __init__(self, state: State, pipeline: Pipeline = straight) -> None:
        self.state = state
        self.pipeline = pipeline
        self.faults = Faults(self)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = _request(environ)
        if request.path.startswith(ADMIN_PREFIX):
            answer = serve_admin(self.state, self.faults, request)
        else:
            answer = self._through_pipeline(request)
        start_response(f"{answer.status} {reason(answer.status)}", list(headers_of(answer).items()))
        return [answer.payload()]

    def _through_pipeline(self, request: Request) -> Answer:
        try:
            return self.pipeline(request, self.faults)
        except ConnectionError:
            raise
        except Exception as error:  # the state could not be written: nothing was applied
            body = {
                "timeStamp": iso(time.time()),
                "status": 500,
                "message": f"The sandbox failed: {type(error).__name__}.",
            }
            body |= {"path": request.path, "correlationId": request.correlation_id}
            return Answer(500, body, {"X-Correlation-ID": request.correlation_id})

    def operation_of(self, request: Request) -> str | None:
        """The operation that a request is for; None when no such operation is served."""
        with self.state.transaction() as db:
            settings = read_settings(db)
        try:
            return find(request, settings)[0].operation
        except RefusalError:
            return None

    def carry_out(self, request: Request, fault: str | None, inside: Inside | None) -> tuple[Answer, int]:
        """Apply one API request: its effects and its ledger entry are one transaction, or there are neither.

        `fault` is noted in the ledger; `inside` may change the answer within the transaction. Returns the answer and
        the number of the entry.
        """
        with self.state.transaction() as db:
            ctx = open_context(db)
            advance(ctx)
            ledger.record_effects(db, None, ctx.effects)
            ctx.effects.clear()
            answer, operation, failure = _handle(ctx, request, inside)
            seq = _note(ctx, request, operation, answer, failure or fault)
            self.faults.recent.remember(ctx.effects)
        return _stamped(answer, ctx, request), seq

    def stand_in(self, request: Request, operation: str | None, fault: str | None, make: Make) -> tuple[Answer, int]:
        """Enter a request into the ledger without applying it, with the answer that `make` has for it."""
        with self.state.transaction() as db:
            ctx = open_context(db)
            try:
                answer = make(ctx)
            except RefusalError as refusal:
                answer = _refused(ctx, request, refusal)
            seq = _note(ctx, request, operation, answer, fault)
        return _stamped(answer, ctx, request), seq

    def refused(self, request: Request, refusal: RefusalError) -> Answer:
        """A refusal as an answer; nothing is entered anywhere."""
        with self.state.transaction() as db:
            return _refused(open_context(db), request, refusal)


def _stamped(answer: Answer, ctx: Context, request: Request) -> Answer:
    answer.headers.setdefault("X-Correlation-ID", request.correlation_id)
    answer.headers.setdefault("Date", http_date(ctx.now))
    return answer


def _handle(ctx: Context, request: Request, inside: Inside | None) -> tuple[Answer, str | None, str | None]:
    route: Route | None = None
    fault = None
    try:
        route, values = find(request, ctx.settings)
        admit(ctx, request, route)
        answer = _inside_savepoint(ctx, request, route, values)
        answer = inside(ctx, request, route, values, answer) if inside else answer
    except RefusalError as refusal:
        answer = _refused(ctx, request, refusal)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"[:500]
        answer = _refused(ctx, request, RefusalError(500, "An internal error of the sandbox occurred."))
    return answer, route.operation if route else None, fault


def _inside_savepoint(ctx: Context, request: Request, route: Route, values: dict[str, str]) -> Answer:
    # a refused request leaves nothing behind but its ledger entry and its place in the rate budget
    ctx.db.execute("SAVEPOINT handler")
    try:
        result = route.handler(ctx, request, **values)
        return result if isinstance(result, Answer) else Answer(200, result)
    except BaseException:
        ctx.db.execute("ROLLBACK TO handler")
        ctx.effects.clear()
        raise
    finally:
        ctx.db.execute("RELEASE handler")


def _request(environ: dict[str, Any]) -> Request:
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query_text=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(),
        origin=f"http://{headers.get('host', '127.0.0.1')}",
        environ=environ,
    )


def open_context(db: sqlite3.Connection) -> Context:
    """The view of one request: the time is real time and the state's offset."""
    offset = float(db.execute("SELECT value FROM meta WHERE name = 'clock_offset'").fetchone()[0])
    return Context(db=db, now=time.time() + offset, settings=read_settings(db))


def _refused(ctx: Context, request: Request, refusal: RefusalError) -> Answer:
    if refusal.gateway:
        return Answer(refusal.status, {"statusCode": refusal.status, "message": refusal.message}, refusal.headers)
    body = {
        "timeStamp": iso(ctx.now),
        "status": refusal.status,
        ctx.settings.error_message_key: refusal.message,
        "path": request.path.removeprefix(BASE_PATH),
        "correlationId": request.correlation_id,
    }
    return Answer(refusal.status, body, refusal.headers)


def _note(ctx: Context, request: Request, operation: str | None, answer: Answer, fault: str | None) -> int:
    data = answer.body.get("data") if isinstance(answer.body, dict) else None
    seq = ledger.record(
        ctx.db,
        request,
        time=ctx.now,
        status=answer.status,
        operation=operation,
        username=ctx.caller.username if ctx.caller else None,
        rows=len(data) if isinstance(data, list) else None,
        fault=fault,
    )
    ledger.record_effects(ctx.db, seq, ctx.effects)
    return seq
