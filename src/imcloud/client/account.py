"""The name under which an account's token and counts are kept on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any


def account_name(base_url: str, parts: Callable[[], Mapping[str, Any]]) -> Callable[[], str]:
    """A function that gives 32 hex digits: the same for the same server and the same credentials, and only then.

    `parts` is everything that signing in sends. It is hashed slowly, because a file's name may be seen by others and a
    password may be short; so it is done once, and not before it is needed.
    """

    @cache
    def name() -> str:
        text = json.dumps([base_url, parts()], sort_keys=True, default=str).encode()
        return hashlib.scrypt(text, salt=b"imcloud account 1", n=2**13, r=8, p=1, dklen=16).hex()

    return name
