"""The pytest plugin of the canary scan: puts an ear on every sink, and reports with the test's own teardown."""

from __future__ import annotations

import logging
import pickle
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click.testing
import pytest
from _pytest.capture import CaptureFixture
from _pytest.raises import RaisesExc
from _pytest.tmpdir import TempPathFactory

from support.canaries import CORE
from support.canary_scan import Scan


class CanaryPlugin:
    """Works by itself in every process of a run; the figures are added up where the run is controlled."""

    def __init__(self) -> None:
        self.scan = Scan()
        self.folders: dict[Path, str] = {}
        self.totals: dict[str, float] = {}
        self.patch = pytest.MonkeyPatch()

    def pytest_sessionstart(self) -> None:
        """Listen."""
        self._listen_to_output()
        self._listen_to_results()
        self._listen_to_processes()
        self._plant_in_sandbox()
        self._after(RaisesExc, "__exit__", self._raised)
        self._around(pickle, "dumps", lambda _, found: self.scan.look("pickle", found))
        self._around(TempPathFactory, "mktemp", lambda _, found: self.folders.setdefault(found, self.scan.test))
        self.patch.setattr(logging.Logger, "handle", self._handle(logging.Logger.handle))
        logging.getLogger().setLevel(logging.DEBUG)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop listening, and hand the figures over."""
        self.patch.undo()
        self._add(self.scan.figures)
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["canaries"] = self.totals

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's figures."""
        self._add(getattr(node, "workeroutput", {}).get("canaries", {}))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how much was searched."""
        scans, size, seconds = (self.totals.get(name, 0) for name in ("scans", "size", "seconds"))
        terminalreporter.write_line(
            f"canaries: {scans:.0f} texts and files, {size / 1e6:.0f} MB, searched in {seconds:.1f} s"
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Whatever is heard from now on belongs to this test."""
        self.scan.test = item.nodeid

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Search what the test leaves behind, and fail its teardown for every canary."""
        report = yield
        if report.when == "teardown":
            for title, text in report.sections:
                self.scan.look("output", text, title)
            self._folders(item)
            if self.scan.leaks:
                report.outcome = "failed"
                report.longrepr = "canaries were found:\n" + self.scan.told()
        return report

    def _folders(self, item: pytest.Item) -> None:
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if folder is not None:
            self.scan.folder(folder)
            self.folders.pop(folder, None)
        # Folders of a module or a session are searched when somebody else's test follows.
        for shared, test in list(self.folders.items()):
            if shared.exists() and test.partition("::")[0] != item.nodeid.partition("::")[0]:
                del self.folders[shared]
                self.scan.folder(shared)

    def _listen_to_output(self) -> None:
        self._around(
            CaptureFixture, "readouterr", lambda _, found: [self.scan.look("capture", _text(one)) for one in found]
        )
        self._around(click.testing.CliRunner, "invoke", lambda _, found: self._invoked(found))

    def _invoked(self, found: click.testing.Result) -> None:
        self.scan.look("command", found.output_bytes)
        self.scan.look("command", found.stdout_bytes + (found.stderr_bytes or b""))
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            self.scan.exception(found.exception)

    def _listen_to_results(self) -> None:
        from imcloud import results
        from imcloud.intents import Intent
        from imcloud.runbooks import engine, outcome

        self._around(results.Result, "to_dict", lambda call, found: self._told("result", call, found))
        self._around(outcome.RunResult, "to_dict", lambda call, found: self._told("run", call, found))
        self._around(Intent, "to_dict", lambda call, found: self._told("intent", call, found))
        self._around(engine._Run, "_emit", lambda call, _: self.scan.look("event", repr(call[1])))
        self._around(engine._Run, "result", lambda _, found: self.scan.look("run", repr(found)))

    def _told(self, sink: str, call: tuple[Any, ...], found: Any) -> None:
        self.scan.data(sink, found)
        self.scan.look(sink, repr(call[0]), "repr")

    def _listen_to_processes(self) -> None:
        def started(call: tuple[Any, ...], _: Any) -> None:
            self.scan.look("arguments", repr(call[1:2]))

        self._around(subprocess.Popen, "__init__", started)
        self._around(
            subprocess.Popen,
            "communicate",
            lambda _, found: [self.scan.look("process", _text(one)) for one in found if one],
        )

    def _plant_in_sandbox(self) -> None:
        import secrets

        from imcloud.sandbox import reports, tokens

        planted = SimpleNamespace(
            **{
                **vars(secrets),
                "token_urlsafe": lambda size: CORE + secrets.token_urlsafe(size)[len(CORE) :],
                "token_hex": lambda size: CORE + secrets.token_hex(size)[len(CORE) :],
            }
        )
        self.patch.setattr(reports, "secrets", planted)
        self.patch.setattr(tokens, "secrets", planted)

    def _handle(self, real: Callable[..., None]) -> Callable[..., None]:
        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            self.scan.record(record)
            real(logger, record)

        return handle

    def _raised(self, call: tuple[Any, ...]) -> None:
        if len(call) > 2 and isinstance(call[2], BaseException):
            self.scan.exception(call[2])

    def _around(self, owner: Any, name: str, heard: Callable[[tuple[Any, ...], Any], Any]) -> None:
        real = getattr(owner, name)

        def wrapper(*call: Any, **named: Any) -> Any:
            found = real(*call, **named)
            heard(call or tuple(named.values()), found)
            return found

        wrapper.__name__, wrapper.__doc__, wrapper.__wrapped__ = name, real.__doc__, real  # type: ignore[attr-defined]
        self.patch.setattr(owner, name, wrapper)

    def _after(self, owner: Any, name: str, heard: Callable[[tuple[Any, ...]], Any]) -> None:
        real = getattr(owner, name)

        def wrapper(*call: Any) -> Any:
            heard(call)
            return real(*call)

        self.patch.setattr(owner, name, wrapper)

    def _add(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            self.totals[name] = self.totals.get(name, 0) + value


def _text(found: Any) -> str | bytes:
    return found if isinstance(found, str | bytes) else str(found)
