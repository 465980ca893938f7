"""Reading a list to its end, or as far as wanted, without trusting what the server says about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from imcloud.client.models import PageReply, Reply
from imcloud.errors import ErrorItem
from imcloud.pack import WireRequest
from imcloud.results import Page

PAGE_SIZE = 500
MAX_PAGES = 2000


def read_pages(
    send: Callable[[WireRequest], Reply],
    request: WireRequest,
    scheme: Mapping[str, Any],
    *,
    max_items: int | None = None,
    page_size: int | None = None,
) -> Iterator[PageReply]:
    """Page after page. The last one's `page` is final; a page with an error is the last.

    `scheme` names the query parameters `offset` and `limit`, the dotted paths `rows` and `total` in the answer, and
    `page_size`. Without the parameters, or when the request sets one itself, one page is read.
    """
    walk = _Walk(scheme, max_items)
    size = page_size or int(scheme.get("page_size", PAGE_SIZE))
    names = (scheme.get("offset"), scheme.get("limit"))
    if None in names or any(name in request.query for name in names):
        walk.offset = _start(request, scheme)
        yield walk.only(send(request))
        return
    while True:
        limit = size if max_items is None else max(1, min(size, max_items - walk.returned))
        query = {**request.query, str(names[0]): str(walk.offset), str(names[1]): str(limit)}
        page = walk.take(send(replace(request, query=query)), limit)
        yield page
        if walk.over:
            return


@dataclass
class _Walk:
    scheme: Mapping[str, Any]
    max_items: int | None
    offset: int = 0
    returned: int = 0
    pages: int = 0
    total: int | None = None
    drift: bool = False
    over: bool = False
    seen: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)

    def only(self, reply: Reply) -> PageReply:
        """A list of one page: complete when it starts at the start and holds as many rows as there are."""
        rows, error = self._rows(reply)
        if error is not None:
            return self._broken(reply, error)
        total = _count(_dig(reply.body, self.scheme.get("total")))
        cut = self._cut(rows)
        at = self.offset + len(cut)
        ended = len(cut) == len(rows) and (total is None or at >= total)
        page = Page(total, len(cut), ended and self.offset == 0, None if ended else at)
        return self._told(PageReply(reply, cut, page))

    def take(self, reply: Reply, limit: int) -> PageReply:
        """Judge one page and decide whether another follows."""
        rows, error = self._rows(reply)
        if error is not None:
            return self._broken(reply, error)
        self.pages += 1
        self._note_total(_count(_dig(reply.body, self.scheme.get("total"))))
        fresh = self._unseen(rows)
        if rows and not fresh and self.offset > 0:
            return self._last(reply, [], "the server sent a page that was read before: the list stops here")
        cut = self._cut(fresh)
        self.returned += len(cut)
        if len(cut) < len(fresh):
            self.offset += len(rows) - (len(fresh) - len(cut))
            return self._last(reply, cut)
        self.offset += len(rows)
        return self._continue(reply, rows, cut, limit)

    def _continue(self, reply: Reply, rows: list[Any], fresh: list[Any], limit: int) -> PageReply:
        reached = self.offset >= self.total if self.total is not None else len(rows) < limit
        if reached:
            return self._end(reply, fresh)
        if not rows:
            return self._last(reply, fresh, "the list ended before the total that the server told")
        if self.max_items is not None and self.returned >= self.max_items:
            return self._last(reply, fresh)
        if self.pages >= MAX_PAGES:
            return self._last(reply, fresh, f"the list was left after {MAX_PAGES} pages")
        return self._told(PageReply(reply, fresh, Page(self.total, self.returned, False, self.offset, self.drift)))

    def _end(self, reply: Reply, rows: list[Any]) -> PageReply:
        self.over = True
        doubt = None
        if self.drift:
            doubt = "the list changed while it was read: rows may be missing"
        elif self.total is not None and self.returned > self.total:
            doubt = "the server sent more rows than the total that it told"
        page = Page(self.total, self.returned, doubt is None, None, self.drift)
        return self._told(PageReply(reply, rows, page), doubt)

    def _last(self, reply: Reply, rows: list[Any], warning: str | None = None) -> PageReply:
        self.over = True
        page = Page(self.total, self.returned, False, None if warning else self.offset, self.drift)
        return self._told(PageReply(reply, rows, page), warning)

    def _broken(self, reply: Reply, error: ErrorItem) -> PageReply:
        self.over = True
        page = Page(self.total, self.returned, False, self.offset, self.drift)
        return self._told(PageReply(replace(reply, error=error, outcome="not_applied"), [], page))

    def _told(self, page: PageReply, doubt: str | None = None) -> PageReply:
        # What was odd on any page stands on the last one, too: most callers look there only.
        self.warnings += [text for text in page.reply.warnings if text not in self.warnings]
        self.warnings += [doubt] if doubt else []
        return replace(page, warnings=tuple(self.warnings))

    def _rows(self, reply: Reply) -> tuple[list[Any], ErrorItem | None]:
        if reply.error is not None:
            return [], reply.error
        rows = _dig(reply.body, self.scheme["rows"])
        if isinstance(rows, list):
            return rows, None
        message = f"the answer has no list of rows at {self.scheme['rows']!r}"
        item = ErrorItem("remote", message, status_code=reply.status, correlation_id=reply.correlation_id)
        return [], item

    def _note_total(self, total: int | None) -> None:
        if self.pages > 1 and total != self.total:
            self.drift = True
        self.total = total

    def _unseen(self, rows: list[Any]) -> list[Any]:
        # Only rows of earlier pages count as seen: within one page two equal rows are the server's own doing.
        keys = [_key(row) for row in rows]
        fresh = [row for row, key in zip(rows, keys, strict=True) if key not in self.seen]
        if 0 < len(fresh) < len(rows):
            self.drift = True
        self.seen.update(keys)
        return fresh

    def _cut(self, rows: list[Any]) -> list[Any]:
        return rows if self.max_items is None else rows[: max(0, self.max_items - self.returned)]


def _key(row: Any) -> str:
    own = row.get("id") if isinstance(row, dict) else None
    return f"id {own}" if own is not None else json.dumps(row, sort_keys=True, default=str)


def _dig(body: Any, path: Any) -> Any:
    for name in str(path).split(".") if path else ():
        body = body.get(name) if isinstance(body, dict) else None
    return body if path else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _start(request: WireRequest, scheme: Mapping[str, Any]) -> int:
    text = request.query.get(str(scheme.get("offset")), "0")
    return int(text) if text.isascii() and text.isdigit() else 0
