"""Canaries: the made-up secrets that the tests use, and a search for them in eight encodings.

Each holds a core that stands nowhere else, so that one quick search finds any of them, whole or cut off. The sandbox's
own credentials count as well; its tokens and signatures get the core while tests run (see `canary_scan`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

CORE = "KanarieQ7x"
SANDBOX_CORES = ("sandbox-password-", "sandbox-key-")

# With every character that some encoding writes differently, where the place allows it.
PASSWORD = f'{CORE}/1 "pass"+word&%\\'
SUBSCRIPTION_KEY = f"{CORE}-2-0123456789abcdef"
TOKEN = f"{CORE}.3/token+~=="
PERSON_PASSWORD = f'{CORE} 4 "pérson" <&>\\'
SIGNATURE = f"{CORE}-5-signature%2F"
PROXY_PASSWORD = f"{CORE}-6-proxy"
KEYRING_VALUE = f"{CORE} 7 keyring"
HEADER_FROM_A_PLUGIN = f"{CORE}-8-header"
WORKSHOP_KEY = f"{CORE}-9-workshop"
PHRASE = f"{CORE} 10 correct horse battery"
API_KEY = f"{CORE}-11-api-key"
FILE_VALUE = f"{CORE}-12-from-a-file"

CANARIES = {
    "password": PASSWORD,
    "subscription key": SUBSCRIPTION_KEY,
    "token": TOKEN,
    "person's password": PERSON_PASSWORD,
    "signature": SIGNATURE,
    "proxy password": PROXY_PASSWORD,
    "keyring value": KEYRING_VALUE,
    "header": HEADER_FROM_A_PLUGIN,
    "workshop key": WORKSHOP_KEY,
    "phrase": PHRASE,
    "api key": API_KEY,
    "file value": FILE_VALUE,
}


@dataclass(frozen=True)
class Found:
    """A secret that was found: which one (its core, when only that is left of it), and in which encoding."""

    canary: str
    encoding: str
    excerpt: str


def encodings(text: str) -> dict[str, bytes]:
    """The eight forms of a text; of base64 what does not depend on its neighbours."""
    raw = text.encode()
    found = {"raw": raw, "url": quote(text, safe="").encode(), "json": json.dumps(text)[1:-1].encode()}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        found[f"base64-{before}"] = coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
    return {**found, "hex": raw.hex().encode(), "utf-16": text.encode("utf-16-le")}


def search(data: str | bytes) -> list[Found]:
    """Every canary in a text or in bytes, each encoding once."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return list(_search(raw))


def _search(raw: bytes) -> Iterator[Found]:
    for core, needles in _needles().items():
        for encoding, needle in needles:
            at = raw.find(needle)
            if at >= 0:
                name, exact = _named(raw, core, encoding)
                yield Found(name, exact, repr(raw[max(0, at - 60) : at + 80]))


@cache
def _needles() -> dict[str, list[tuple[str, bytes]]]:
    return {core: [*_forms(core)] for core in (CORE, *SANDBOX_CORES)}


def _forms(core: str) -> Iterator[tuple[str, bytes]]:
    seen: set[bytes] = set()
    forms = [*encodings(core).items(), ("hex", core.encode().hex().upper().encode())]
    forms += [("utf-16", core.encode("utf-16-be")), ("utf-16", repr(core.encode("utf-16-le"))[2:-1].encode())]
    for encoding, form in forms:
        if form not in seen:  # a core is written the same in several encodings, which makes one search of it
            seen.add(form)
            yield encoding, form


def _named(raw: bytes, core: str, encoding: str) -> tuple[str, str]:
    """The canary that stands there in full, in the plainest encoding that fits; else the core alone."""
    if core == CORE:
        for name, text in CANARIES.items():
            for form, coded in encodings(text).items():
                if coded in raw and encoding in (form, "raw"):
                    return name, form
    return core, encoding
