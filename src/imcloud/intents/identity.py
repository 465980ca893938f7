"""Names for an intent: the same on every attempt, different for every wanted effect."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

PREFIX = "imc-"


def marker_of(run: str, place: str = "", item: int = 0, visit: int = 0) -> str:
    """`imc-` and 16 base32 characters from run id, task path, item index and visit number.

    Derived from the place and not from the content: two equal effects that are both wanted get two markers.
    """
    digest = hashlib.sha256(json.dumps([run, place, item, visit]).encode()).digest()
    return PREFIX + base64.b32encode(digest[:10]).decode().lower()


def fingerprint(action: str, inputs: Any) -> str:
    """SHA-256 over the action and its masked inputs in one canonical form: what `the same call` means."""
    canonical = json.dumps([action, inputs], sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
