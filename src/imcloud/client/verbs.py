"""Operations whose verb is disputed: the one that a server turned out to know is remembered for the connection."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from imcloud.errors import ConfigError
from imcloud.files import read_private, write_private
from imcloud.strict_json import parse_json

FILE = "verbs.json"
_MOST = 200  # connections remembered; the oldest go first


class VerbMemory:
    """Operation -> verb for one connection. A file that cannot be read or written only costs one more request."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = folder / FILE, fingerprint
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None

    def recall(self, operation: str) -> str | None:
        """The verb that worked, if one is remembered."""
        with self._lock:
            if self._known is None:
                own = self._read().get(self._fingerprint, {})
                self._known = {str(key): str(value) for key, value in own.items()} if isinstance(own, dict) else {}
            return self._known.get(operation)

    def remember(self, operation: str, method: str) -> None:
        """Keep the verb, here and on disk."""
        self.recall(operation)
        with self._lock:
            assert self._known is not None
            self._known[operation] = method
            try:
                with FileLock(self._path.with_suffix(".lock"), timeout=2, mode=0o600):
                    everything = self._read()
                    before = everything.pop(self._fingerprint, {})
                    mine = before if isinstance(before, dict) else {}
                    everything[self._fingerprint] = {**mine, operation: method}
                    kept = dict(list(everything.items())[-_MOST:])
                    write_private(self._path, json.dumps(kept, indent=1).encode())
            except (OSError, Timeout):
                pass  # the call itself went well; the next process finds out again

    def _read(self) -> dict[str, Any]:
        try:
            found = parse_json(read_private(self._path) or b"{}")
        except (ValueError, ConfigError):
            return {}
        return found if isinstance(found, dict) else {}
