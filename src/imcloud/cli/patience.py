"""Progress on anything longer than a second: on standard error, and only on a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from rich.progress import Progress

    from imcloud.cli.app import App

AFTER_SECONDS = 1.0


class Patience:
    """Shows what is going on when it takes long; `pause` takes it off the screen to ask a question."""

    def __init__(self, app: App, text: str, *, after: float = AFTER_SECONDS) -> None:
        self._app, self._text, self._after = app, text, after
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._timer: threading.Timer | None = None
        self._done: int | None = None
        self._total: int | None = None

    def __enter__(self) -> Self:
        self._start_timer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def advance(self, done: int, total: int | None) -> None:
        """How many rows, items or tasks are done, of how many if that is known."""
        with self._lock:
            self._done, self._total = done, total
            self._refresh()

    def say(self, text: str) -> None:
        """What is being done now."""
        with self._lock:
            self._text = text
            self._refresh()

    def pause(self, ask: Callable[[], Any]) -> Any:
        """The answer of `ask`, with a clean screen while it runs."""
        self._stop()
        try:
            return ask()
        finally:
            self._start_timer()

    def aside(self, say: Callable[[], Any]) -> None:
        """Let `say` print; a spinner that is on the screen makes room for it."""
        with self._lock:
            progress = self._progress
            if progress is not None:
                progress.stop()
            say()
            if progress is not None:
                progress.start()

    def _start_timer(self) -> None:
        if sys.stderr.isatty():
            self._timer = threading.Timer(self._after, self._show)
            self._timer.daemon = True
            self._timer.start()

    def _show(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._timer is None:
                return
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._progress = Progress(*columns, console=self._app.err, transient=True)
            self._progress.add_task(self._text, total=None)
            self._refresh()
            self._progress.start()

    def _refresh(self) -> None:
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, description=self._text, completed=self._done or 0, total=self._total)

    def _stop(self) -> None:
        with self._lock:
            timer, self._timer = self._timer, None
            progress, self._progress = self._progress, None
        if timer is not None:
            timer.cancel()
        if progress is not None:
            with suppress(Exception):
                progress.stop()
