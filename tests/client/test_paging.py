"""Lists are read to their end, whatever the server says about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imcloud.client.models import PageReply, Reply
from imcloud.client.paging import MAX_PAGES, read_pages
from imcloud.errors import ErrorItem
from imcloud.pack import WireRequest
from imcloud.results import Page

SCHEME = {"offset": "from", "limit": "count", "page_size": 3, "rows": "rows", "total": "meta.total"}
LIST = WireRequest("GET", ("things",), {"colour": "red"})


def row(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": f"row {number}"}


def reply(body: Any, error: ErrorItem | None = None, warnings: tuple[str, ...] = ()) -> Reply:
    return Reply(200, {}, body, error, "done" if error is None else "not_applied", None, 1, warnings, "GET")


class Fake:
    """A list of rows behind `send`; `page` may be replaced."""

    def __init__(self, rows: list[Any], page: Callable[[Fake, int, int], Any] | None = None) -> None:
        self.rows, self.asked, self.page = rows, [], page  # type: ignore[var-annotated]

    def __call__(self, request: WireRequest) -> Reply:
        assert request.query["colour"] == "red"
        start, count = int(request.query.get("from", 0)), int(request.query.get("count", 10))
        self.asked.append((start, count))
        if self.page:
            found = self.page(self, start, count)
            return found if isinstance(found, Reply) else reply(found)
        return reply({"rows": self.rows[start : start + count], "meta": {"total": len(self.rows)}})


def read(fake: Fake, request: WireRequest = LIST, **options: Any) -> tuple[list[Any], PageReply]:
    pages = list(read_pages(fake, request, options.pop("scheme", SCHEME), **options))
    return [row for page in pages for row in page.rows], pages[-1]


ROWS = [row(number) for number in range(8)]


def test_every_page_is_read() -> None:
    fake = Fake(ROWS)
    rows, last = read(fake)
    assert rows == ROWS
    assert fake.asked == [(0, 3), (3, 3), (6, 3)]
    assert last.page == Page(8, 8, True, None)
    assert last.warnings == ()


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_lists_of_any_length(count: int) -> None:
    rows, last = read(Fake(ROWS[:count]))
    assert rows == ROWS[:count]
    assert last.page == Page(count, count, True, None)


@pytest.mark.parametrize(("wanted", "asked"), [(2, [(0, 2)]), (3, [(0, 3)]), (4, [(0, 3), (3, 1)])])
def test_no_more_than_wanted(wanted: int, asked: list[tuple[int, int]]) -> None:
    fake = Fake(ROWS)
    rows, last = read(fake, max_items=wanted)
    assert rows == ROWS[:wanted]
    assert fake.asked == asked
    assert last.page == Page(8, wanted, False, wanted)


@pytest.mark.parametrize("wanted", [8, 9, 100])
def test_a_limit_that_does_not_bite(wanted: int) -> None:
    assert read(Fake(ROWS), max_items=wanted)[1].page == Page(8, 8, True, None)


def test_a_page_size_of_ones_own() -> None:
    fake = Fake(ROWS)
    read(fake, page_size=5)
    assert fake.asked == [(0, 5), (5, 5)]


def test_a_server_with_smaller_pages_than_asked_for() -> None:
    fake = Fake(ROWS, lambda me, start, _: {"rows": me.rows[start : start + 2], "meta": {"total": 8}})
    rows, last = read(fake)
    assert (rows, last.page) == (ROWS, Page(8, 8, True, None))


@pytest.mark.parametrize("max_items", [None, 5])
def test_an_endpoint_that_ignores_paging(max_items: int | None) -> None:
    fake = Fake(ROWS, lambda me, *_: {"rows": me.rows, "meta": {"total": 8}})
    rows, last = read(fake, max_items=max_items)
    assert len(fake.asked) == 1
    assert rows == ROWS[:max_items]
    assert last.page == (Page(8, 8, True, None) if max_items is None else Page(8, 5, False, 5))


def test_a_repeated_page_ends_the_list() -> None:
    fake = Fake(ROWS, lambda me, *_: {"rows": me.rows[:3], "meta": {"total": 8}})
    rows, last = read(fake)
    assert (rows, len(fake.asked)) == (ROWS[:3], 2)
    assert last.page == Page(8, 3, False, None)
    assert last.warnings == ("the server sent a page that was read before: the list stops here",)


def test_repeated_pages_of_rows_without_ids() -> None:
    fake = Fake([], lambda *_: {"rows": ["a", "b", "c"]})
    rows, last = read(fake)
    assert (rows, last.page.complete) == (["a", "b", "c"], False)


def test_equal_rows_within_one_page_are_kept() -> None:
    rows, last = read(Fake([row(1), row(1)]))
    assert (rows, last.page) == ([row(1), row(1)], Page(2, 2, True, None))


def test_a_row_that_moved_to_the_next_page_comes_once() -> None:
    def page(me: Fake, start: int, count: int) -> Any:
        if start:
            me.rows = [row(99), *ROWS]
        return {"rows": me.rows[start : start + count], "meta": {"total": 8}}

    rows, last = read(Fake(ROWS, page))
    ids = [one["id"] for one in rows]
    assert len(ids) == len(set(ids))
    assert last.page.drift
    assert not last.page.complete
    assert last.warnings == ("the list changed while it was read: rows may be missing",)


def test_a_total_that_changes_is_drift() -> None:
    totals = iter([8, 7, 7])
    fake = Fake(ROWS, lambda me, s, c: {"rows": me.rows[:7][s : s + c], "meta": {"total": next(totals)}})
    rows, last = read(fake)
    assert (len(rows), last.page) == (7, Page(7, 7, False, None, True))


def test_a_list_that_ends_before_its_total() -> None:
    fake = Fake(ROWS[:4], lambda me, s, c: {"rows": me.rows[s : s + c], "meta": {"total": 100}})
    rows, last = read(fake)
    assert (len(rows), last.page) == (4, Page(100, 4, False, None))
    assert last.warnings == ("the list ended before the total that the server told",)


def test_more_rows_than_the_total() -> None:
    _, last = read(Fake(ROWS, lambda me, *_: {"rows": me.rows, "meta": {"total": 2}}))
    assert (last.page.complete, last.page.returned) == (False, 8)
    assert last.warnings == ("the server sent more rows than the total that it told",)


@pytest.mark.parametrize("total", [None, "8", -1, True, 1.5])
def test_without_a_usable_total_a_short_page_ends_the_list(total: Any) -> None:
    fake = Fake(ROWS, lambda me, s, c: {"rows": me.rows[s : s + c], "meta": {"total": total}})
    rows, last = read(fake)
    assert (rows, last.page) == (ROWS, Page(None, 8, True, None))


def test_pages_are_bounded() -> None:
    fake = Fake([], lambda _me, s, c: {"rows": [row(s + n) for n in range(c)]})
    rows, last = read(fake, page_size=1)
    assert (len(rows), last.page.complete) == (MAX_PAGES, False)


@pytest.mark.parametrize("body", [{}, {"rows": None}, {"rows": {}}, [], None, {"meta": []}])
def test_an_answer_without_rows_is_an_error(body: Any) -> None:
    rows, last = read(Fake([], lambda *_: body))
    assert rows == []
    assert last.reply.error is not None
    assert last.reply.error.kind == "remote"
    assert not last.page.complete


def test_a_failing_page_says_where_to_go_on() -> None:
    broken = reply(None, ErrorItem("network", "gone"))
    fake = Fake(ROWS, lambda me, s, c: broken if s else {"rows": me.rows[s : s + c], "meta": {"total": 8}})
    rows, last = read(fake)
    assert rows == ROWS[:3]
    assert last.reply.error is broken.error
    assert last.page == Page(8, 3, False, 3)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({"from": "2"}, Page(8, 6, False, None)),
        ({"count": "3"}, Page(8, 3, False, 3)),
        ({"from": "6", "count": "2"}, Page(8, 2, False, None)),
        ({"from": "0", "count": "8"}, Page(8, 8, True, None)),
    ],
)
def test_a_caller_who_pages_gets_one_page(query: dict[str, str], page: Page) -> None:
    fake = Fake(ROWS)
    _, last = read(fake, WireRequest("GET", ("things",), {"colour": "red", **query}))
    assert (len(fake.asked), last.page) == (1, page)


def test_a_list_that_is_not_paged() -> None:
    fake = Fake(ROWS)
    scheme = {"rows": "rows", "total": "meta.total"}
    assert read(fake, scheme=scheme)[1].page == Page(8, 8, True, None)
    assert read(fake, scheme=scheme, max_items=2)[1].page == Page(8, 2, False, 2)
    assert read(Fake(ROWS, lambda me, *_: {"rows": me.rows}), scheme=scheme)[1].page.complete


def test_warnings_of_every_page_stand_on_the_last() -> None:
    def page(me: Fake, start: int, count: int) -> Any:
        body = {"rows": me.rows[start : start + count], "meta": {"total": 8}}
        return reply(body, warnings=("odd",) if start == 0 else ())

    assert read(Fake(ROWS, page))[1].warnings == ("odd",)


def test_over_real_http(serve: Any, connect: Any) -> None:
    def answer(seen: Any) -> Any:
        start, count = int(seen.query["from"]), int(seen.query["count"])
        return {"rows": ROWS[start : start + count], "meta": {"total": 8}}

    server = serve(answer)
    pages = list(connect(server.url).pages(LIST, SCHEME, max_items=7, deadline=5))
    assert [len(page.rows) for page in pages] == [3, 3, 1]
    assert server.seen[0].query == {"colour": "red", "from": "0", "count": "3"}


def test_a_list_has_a_deadline_of_its_own(serve: Any, connect: Any, fake_time: Any) -> None:
    def answer(_: Any) -> Any:
        fake_time.at += 6
        start = len(server.seen) * 3
        return {"rows": [row(start), row(start + 1), row(start + 2)]}

    server = serve(answer)
    client = connect(server.url, timing=fake_time.timing, fields={"timeout": 60})
    last = list(client.pages(LIST, SCHEME, deadline=10))[-1]
    assert last.reply.error is not None
    assert last.reply.error.rule == "timeout"
    assert not last.page.complete
