"""What a resolved connection is: plain frozen data that the other rooms may read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from imcloud.hosts import is_loopback
from imcloud.secrets import mask_secrets

Kind = Literal["sandbox", "production"]
Writes = Literal["deny", "confirm", "allow"]
SANDBOX = "sandbox"
DEFAULT_TIMEOUT = 120.0


@dataclass(frozen=True)
class Settings:
    """One connection, checked and complete.

    `fields` holds every field of the pack's form that has a value, `base_url` included; those marked `x-secret` are
    `Secret`. `sources` tells for each field where its value comes from. `read_only` makes `writes` `deny`.
    """

    name: str
    kind: Kind
    pack: str
    base_url: str
    fields: Mapping[str, Any]
    writes: Writes
    implicit: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False
    pinned_methods: Mapping[str, str] = field(default_factory=dict)
    show: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """Host and, where one is given, port."""
        return urlsplit(self.base_url).netloc

    @property
    def loopback(self) -> bool:
        """Whether the connection stays on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def timeout(self) -> float:
        """The total time that one request may take, in seconds."""
        return float(self.fields.get("timeout") or DEFAULT_TIMEOUT)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same for the same account on the same server; made of nothing secret."""
        parts = urlsplit(self.base_url)
        # A sandbox gets another free port at every start and is still the same one.
        where = f"{parts.hostname}{parts.path}" if self.loopback else self.base_url
        shown = [str(mask_secrets(self.fields.get(name))) for name in self.show]
        return hashlib.sha256("\n".join([self.pack, self.name, where, *shown]).encode()).hexdigest()[:16]

    def describe(self) -> dict[str, Any]:
        """The few facts that go with every result: name, kind, host and the fields that the pack wants shown."""
        shown = {name: mask_secrets(self.fields.get(name)) for name in self.show}
        return {"name": self.name, "kind": self.kind, "host": self.host, **shown}


@dataclass(frozen=True)
class SandboxWanted:
    """The pack's own sandbox is to serve; `implicit` when nothing at all was configured.

    `fields` holds what was set beside the sandbox's own fields (a timeout, for example).
    """

    name: str = SANDBOX
    implicit: bool = False
    writes: Writes = "allow"
    read_only: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    pinned_methods: Mapping[str, str] = field(default_factory=dict)
