"""The sandbox's settings: defaults, allowed values, and their table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e9


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10**9


def _count_or_none(value: Any) -> bool:
    return value is None or _count(value)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _among(*values: Any) -> Check:
    return lambda value: not isinstance(value, bool) and value in values


# name: (default, check, what it does); docs/sandbox.md has the same table and a test compares them
SETTINGS: dict[str, tuple[Any, Check, str]] = {
    "provisioning_seconds": (2.0, _seconds, "from an order's submission to its end"),
    "report_seconds": (1.0, _seconds, "from a report's submission to its file"),
    "token_seconds": (1500, _seconds, "life of a bearer token"),
    "change_quantity": ("delta", _among("delta", "total"), "meaning of quantity in an immediate change order"),
    "renewal_quantity": ("total", _among("delta", "total"), "meaning of quantity in a change order at renewal"),
    "verbs": ("both", _among("both", "guide", "vendor"), "verbs served for the two disputed operations"),
    "wrong_verb_status": (404, _among(404, 405), "gateway status for a verb that is not served"),
    "unknown_id_status": (400, _among(400, 404), "platform status for an id in the path that nobody has"),
    "error_message_key": ("message", _among("message", "error"), "key of the text in a platform error"),
    "rate_limit_per_minute": (None, _count_or_none, "calls a minute and subscription key; null is no limit"),
    "calls_per_day": (None, _count_or_none, "calls a day and subscription key; null is no limit"),
    "rate_limit_clock": ("sandbox", _among("sandbox", "real"), "clock of the two limits"),
    "retry_after": (True, _flag, "send Retry-After with a 429"),
    "max_limit": (500, _count, "largest page"),
    "over_limit": ("cap", _among("cap", "refuse"), "what happens to a larger limit"),
    "order_date_filter": ("honoured", _among("honoured", "ignored"), "creationTimeFrom and creationTimeTo"),
    "wide_updates": (False, _flag, "updates of accounts also store attributes and language"),
    "check_parameters": (True, _flag, "orders are refused when activation parameters do not validate"),
    "credentials_too_new": (False, _flag, "sign-in answers as if the API user was made minutes ago"),
}


class Settings:
    """The values in force during one request, as attributes."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain data."""
        return dict(self._values)


def check_settings(changes: dict[str, Any]) -> None:
    """Raise ValueError for an unknown name or a value that is not allowed."""
    for name, value in changes.items():
        if name not in SETTINGS:
            raise ValueError(f"unknown sandbox setting {name!r}; known: {', '.join(sorted(SETTINGS))}")
        if not SETTINGS[name][1](value):
            raise ValueError(f"sandbox setting {name!r} cannot be {value!r} ({SETTINGS[name][2]})")


def read_settings(db: sqlite3.Connection) -> Settings:
    """Defaults with the stored changes over them."""
    values = {name: entry[0] for name, entry in SETTINGS.items()}
    values.update((row["name"], json.loads(row["value"])) for row in db.execute("SELECT name, value FROM settings"))
    return Settings(values)


def write_settings(db: sqlite3.Connection, changes: dict[str, Any]) -> None:
    """Store checked changes; the caller owns the transaction."""
    check_settings(changes)
    pairs = [(name, json.dumps(value)) for name, value in changes.items()]
    db.executemany("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", pairs)
