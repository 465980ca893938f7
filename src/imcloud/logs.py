"""Logging: through the standard module, silent unless asked for, one line a record, and never a secret.

Loggers are called `imcloud.<room>`. A record's facts are a fixed set of fields, in `record.facts`: texts of servers,
bodies, headers and values of inputs are not among them.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypedDict, Unpack

from imcloud.secrets import Masker

ROOT = "imcloud"
# These write addresses with their queries, or whole headers, when somebody turns them up.
_FOREIGN = (
    "urllib3.connectionpool",
    "urllib3.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_busy = threading.local()
_maskers: weakref.WeakSet[Masker] = weakref.WeakSet()

logging.getLogger(ROOT).addHandler(logging.NullHandler())


class Facts(TypedDict, total=False):
    """All that a record may say. `path` is the template, not the address; `elapsed` and `wait` are seconds."""

    method: str
    path: str
    status: int | None
    attempt: int
    elapsed: float
    wait: float
    correlation_id: str | None
    connection: str
    outcome: str
    rule: str | None


def event(logger: logging.Logger, level: int, message: str, **facts: Unpack[Facts]) -> None:
    """Log a constant message with facts; what is not among the known fields is left out."""
    if logger.isEnabledFor(level):
        kept = {name: value for name, value in facts.items() if name in Facts.__annotations__ and value is not None}
        logger.log(level, message, extra={"facts": kept}, stacklevel=2)


def guard(masker: Masker) -> None:
    """Have the formatter mask these secrets for as long as their owner lives."""
    _maskers.add(masker)


def trail(error: BaseException) -> str:
    """What kind of exception, and where it comes from. Not its text: that of a stranger's may hold a value."""
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__} at {' > '.join(places) or 'an unknown place'}"


@contextmanager
def quiet() -> Iterator[None]:
    """While this thread is in the block, the HTTP libraries below log nothing of it."""
    depth = getattr(_busy, "depth", 0)
    _busy.depth = depth + 1
    try:
        yield
    finally:
        _busy.depth = depth


class _NotOurs(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  # the method's signature
        return not getattr(_busy, "depth", 0)


class RedactingFormatter(logging.Formatter):
    """One line a record: time, level, logger, message, facts; secrets masked, control characters escaped."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line. Masked as a whole: a secret may stand in an argument, in a fact or in a traceback."""
        text = super().format(record) + _told(getattr(record, "facts", None))
        return escaped(masked(text))


def masked(text: str) -> str:
    """The text with the secrets of all open connections masked."""
    for masker in list(_maskers):
        text = masker.text(text)
    return text


def escaped(text: str) -> str:
    """The text with every character that is not plain and printable written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def configure(verbosity: int, stream: TextIO | None = None) -> logging.Handler:
    """Show imcloud's records on a stream (stderr): 0 warnings, 1 one line a call, 2 every attempt. Replaces itself."""
    root = logging.getLogger(ROOT)
    for handler in [handler for handler in root.handlers if isinstance(handler, _Shown)]:
        root.removeHandler(handler)
    shown = _Shown(stream or sys.stderr)
    shown.setFormatter(RedactingFormatter())
    root.addHandler(shown)
    root.setLevel(_LEVELS[max(0, min(verbosity, len(_LEVELS) - 1))])
    root.propagate = False
    return shown


class _Shown(logging.StreamHandler[TextIO]):
    """The handler that `configure` puts there."""


def _told(facts: Any) -> str:
    if not isinstance(facts, dict):
        return ""
    return "".join(f" {name}={_plain(value)}" for name, value in facts.items())


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    return text if text and not set(text) & set(' ="\\') else json.dumps(text)


for _name in _FOREIGN:
    logging.getLogger(_name).addFilter(_NotOurs())
