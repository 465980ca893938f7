"""Tokens shared by the processes of one user: a file of mode 0600 for each account, and a lock beside it.

A token is worth as much as the account for as long as it lives. So what is not this user's own file, or not in the form
that is written here, counts as not there; and the file's name is made of everything that signing in takes, so that only
those get a token who could have asked for it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from imcloud.client.deadline import Deadline, Timing
from imcloud.client.sign_in import LONGEST, TOKEN, Ask, Token
from imcloud.errors import ConfigError, ErrorItem
from imcloud.files import read_private, write_private
from imcloud.paths import private_dir
from imcloud.strict_json import parse_json

FOLDER = "tokens"
_FORMAT = 1
_NAME = re.compile(r"[0-9a-f]{32}\.(json|lock)")


class TokenCache:
    """The file of one account. `account` names it; it is not asked before it is needed."""

    def __init__(self, folder: Path, account: Callable[[], str], timing: Timing) -> None:
        self._folder, self._account, self._timing = folder / FOLDER, account, timing

    def shared(self, ask: Ask) -> Ask:
        """`ask`, but one process at a time, and only when no other has left a token that serves."""

        def ask_once(deadline: Deadline, refused: str | None) -> Token | ErrorItem:
            try:
                with self._alone(deadline):
                    found = self._load(refused)
                    if found is not None:
                        return found
                    token = ask(deadline, refused)
                    if isinstance(token, Token):
                        self._store(token)
                    return token
            except Timeout:
                return ErrorItem("network", "the time for this call ran out while signing in", rule="timeout")

        return ask_once

    @contextmanager
    def _alone(self, deadline: Deadline) -> Iterator[None]:
        try:
            private_dir(self._folder)
            lock = FileLock(self._folder / f"{self._account()}.lock", mode=0o600)
            lock.acquire(timeout=max(0.05, deadline.remaining()), poll_interval=0.02)
        except OSError as error:
            if isinstance(error, Timeout):
                raise
            yield  # a folder that cannot be used: everybody asks for themselves
            return
        try:
            yield
        finally:
            lock.release()

    def _load(self, refused: str | None) -> Token | None:
        """A token that is not due yet. One that was refused, or makes no sense, is removed."""
        path = self._path
        try:
            raw = read_private(path, 64 * 1024)
            token = None if raw is None else self._token(parse_json(raw))
        except (ValueError, ConfigError, OSError):
            token = None
        if token is not None and token.text != refused and self._timing.clock() < token.renew_at:
            return token
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None

    def _token(self, found: Any) -> Token | None:
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            return None
        text, asked_at, seconds = found.get("token"), found.get("asked_at"), found.get("seconds")
        numbers = all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in (asked_at, seconds))
        if not isinstance(text, str) or not TOKEN.fullmatch(text) or not numbers:
            return None
        age, life = self._timing.now() - float(asked_at or 0), float(seconds or 0)
        if age < 0 or not 0 < life <= LONGEST:
            return None  # from the future: a clock was set back, so nothing is known about its age
        return Token(text, self._timing.clock() - age, life)

    def _store(self, token: Token) -> None:
        asked_at = self._timing.now() - (self._timing.clock() - token.asked_at)
        data = {"format": _FORMAT, "token": token.text, "asked_at": asked_at, "seconds": token.seconds}
        with suppress(OSError):
            write_private(self._path, json.dumps(data).encode())
            self._sweep()

    def _sweep(self) -> None:
        for path in self._folder.iterdir():
            if _NAME.fullmatch(path.name) and path.stat().st_mtime < time.time() - 2 * LONGEST:
                path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._account()}.json"
