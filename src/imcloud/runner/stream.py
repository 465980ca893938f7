"""Rows of a list as they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imcloud.client import PageReply
from imcloud.inputs import mask
from imcloud.results import Page, Result
from imcloud.runner import shape
from imcloud.strict_json import plain

if TYPE_CHECKING:
    from imcloud.runner.execution import Call


class RowStream:
    """An iterator of rows. After the last one `page` tells whether the list is complete, `warnings` what was odd.

    Iterating raises `ActionFailed` when a page cannot be fetched; the rows before it have been given out. Plugins hear
    of it when it is over, with the envelope but without the rows.
    """

    def __init__(self, call: Call | Result) -> None:
        self.page: Page | None = None
        self.warnings: tuple[str, ...] = ()
        self._rows = self._iterate(call)

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def __next__(self) -> Any:
        return next(self._rows)

    def _iterate(self, call: Call | Result) -> Iterator[Any]:
        if isinstance(call, Result):
            call.raise_for_outcome()
            return
        done = 0
        for page in shape.pages(call):
            if page.reply.error is not None:
                call.runner.announced(shape.of_reply(call, page.reply)).raise_for_outcome()
            rows, _ = plain(page.rows)
            shape.derive(call, rows)
            shape.remember(call, rows)
            done += len(rows)
            self._note(page)
            if call.options.on_page:
                call.options.on_page(done, page.page.total)
            yield from mask({"items": call.prepared.action.output}, rows)
            last = page
        ended = replace(shape.of_reply(call, replace(last.reply, body=None)), page=last.page, warnings=last.warnings)
        call.runner.announced(ended)

    def _note(self, page: PageReply) -> None:
        self.page, self.warnings = page.page, page.warnings
