"""Searches everything that a test leaves behind for canaries, and fails the test that let one out.

Sinks: captured output (standard streams, capture fixtures, the command line's runner, processes), log records, files,
results, runs and their events, exceptions (text, attributes, locals of the product's frames), arguments of processes,
pickles.
What may hold a secret is listed in `PURPOSES`, one by one.
"""

from __future__ import annotations

import fnmatch
import json
import logging
import reprlib
import stat
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.canaries import Found, search

PRODUCT = str(Path(__file__).parents[2] / "src" / "imcloud")
_STANDARD = frozenset(vars(logging.makeLogRecord({})))


@dataclass(frozen=True)
class Purpose:
    """A sink whose purpose it is to hold a secret. The patterns are of shells; `where` is a file's path or a nodeid."""

    sink: str
    where: str
    why: str
    canary: str = "*"
    private: bool = False  # the file must have the mode 0600

    def covers(self, leak: Leak, mode: int | None) -> bool:
        """Whether the leak is no leak."""
        fits = (self.sink, self.where, self.canary)
        place = f"{leak.test} {leak.where}" if "::" in self.where else leak.where
        found = zip((leak.sink, place, leak.found.canary), fits, strict=True)
        return all(fnmatch.fnmatchcase(*pair) for pair in found) and (not self.private or mode in (None, 0o600))


@dataclass(frozen=True)
class Leak:
    """A canary where it should not be."""

    test: str
    sink: str
    where: str
    found: Found

    def __str__(self) -> str:
        return f"{self.sink} ({self.where}): {self.found.canary} as {self.found.encoding}: {self.found.excerpt}"


PURPOSES = (
    Purpose("file", "*/tokens/????????????????????????????????.json", "the shared token cache", private=True),
    Purpose("file", "*.db*", "the sandbox's own database checks sign-ins", "sandbox-*-"),
    Purpose("file", "*/test_secrets_from_files*/password", "a file of the test's own, as an input", "sandbox-*-"),
    *(
        Purpose(
            sink, "tests/sandbox/test_reports.py::*", "the test itself calls the sandbox, with plain requests", "Kan*"
        )
        for sink in ("log", "output")
    ),
    Purpose(
        "arguments", "tests/cli/test_terminal.py::test_a_write_is_asked_about*", "typed by a person, see SECURITY.md"
    ),
)


@dataclass
class Scan:
    """What was found while one test ran, and figures over all tests of this process."""

    purposes: tuple[Purpose, ...] = PURPOSES
    test: str = ""
    leaks: list[Leak] = field(default_factory=list)
    scans: int = 0
    size: int = 0
    seconds: float = 0.0

    def look(self, sink: str, data: str | bytes, where: str = "", mode: int | None = None) -> None:
        """Search one text."""
        started = time.perf_counter()
        for found in search(data):
            leak = Leak(self.test, sink, where, found)
            if not any(purpose.covers(leak, mode) for purpose in self.purposes) and leak not in self.leaks:
                self.leaks.append(leak)
        self.scans += 1
        self.size += len(data)
        self.seconds += time.perf_counter() - started

    def data(self, sink: str, value: Any, where: str = "") -> None:
        """Search plain data."""
        self.look(sink, json.dumps(value, ensure_ascii=False, default=repr), where)

    def record(self, record: logging.LogRecord) -> None:
        """Search a log record as any handler could write it: message, arguments, extra fields and traceback."""
        parts = [record.name, _message(record), repr(record.args)]
        parts += [repr(value) for name, value in vars(record).items() if name not in _STANDARD]
        self.look("log", "\n".join(parts), record.name)
        if record.exc_info and record.exc_info[1] is not None:
            self.exception(record.exc_info[1], sink="log", frames=False)

    def exception(self, error: BaseException, sink: str = "exception", *, frames: bool = True) -> None:
        """Search an exception and what it was raised for: text, attributes, and locals of the product's frames."""
        for one in _chain(error):
            kind = type(one).__name__
            self.look(sink, f"{one!s}\n{one!r}\n{one.args!r}\n{vars(one)!r}", kind)
            if frames:
                self.look("locals", "\n".join(_locals(one)), kind)

    def folder(self, folder: Path) -> None:
        """Search every file below a folder."""
        for path in sorted(folder.rglob("*")):
            try:
                if path.is_file() and not path.is_symlink():
                    mode = stat.S_IMODE(path.stat().st_mode)
                    self.look("file", path.read_bytes(), str(path), mode)
                self.look("file", path.name, str(path))
            except OSError:
                continue

    def told(self) -> str:
        """The leaks as one text; afterwards there are none."""
        text = "\n".join(map(str, self.leaks))
        self.leaks.clear()
        return text

    @property
    def figures(self) -> dict[str, float]:
        """Scans, bytes and seconds so far."""
        return {"scans": self.scans, "size": self.size, "seconds": self.seconds}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        return str(record.msg)


def _chain(error: BaseException) -> Iterator[BaseException]:
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            # What `from None` hides from a traceback is still there for whoever looks.
            todo += [one.__cause__, one.__context__]
            todo += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _locals(error: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith(PRODUCT) and "/sandbox/" not in code.co_filename:
            for name, value in frame.f_locals.items():
                yield f"{Path(code.co_filename).name}:{line} {code.co_qualname} {name}={_shown(value)}"


class _Bounded(reprlib.Repr):
    """What `repr` says, of the first and last parts of values of any size: some tests make enormous ones."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 8, 50_000, 50_000
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 500

    def repr_int(self, value: int, level: int) -> str:
        return repr(value) if value.bit_length() < 1000 else "(a long integer)"


def _shown(value: Any) -> str:
    try:
        return _Bounded().repr(value)
    except Exception:
        return "(no repr)"
