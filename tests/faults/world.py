"""A sandbox, a runner with a clock that need not wait, and surroundings that mean harm."""

from __future__ import annotations

import http.server
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.checker import Witness
from support.market import Market, market

from imcloud.client import Timing
from imcloud.runner import Connection, Runner


@dataclass
class Skipping:
    """A clock that jumps over waits instead of waiting; `waits` are the seconds that were asked for."""

    skipped: float = 0.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        """Monotonic seconds, with the skipped ones."""
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        """Skip."""
        self.skipped += seconds
        self.waits.append(seconds)

    def timing(self) -> Timing:
        """The same, as the client takes it."""
        return Timing(clock=self.clock, sleep=self.sleep, dice=lambda: 0.5)


PROMPT = Timing(dice=lambda: 0.05)  # real time, for faults that last


class Trap(http.server.BaseHTTPRequestHandler):
    """Whoever is led elsewhere, by a redirect or by a proxy of the environment, comes here and is noted."""

    hits: list[str]

    def do_GET(self) -> None:
        """Note it and look like a success."""
        self.hits.append(f"{self.command} {self.path}")
        body = b'{"id":"stolen","data":[],"pagination":{"total":0,"offset":0,"limit":10}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_PUT = do_CONNECT = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class World:
    """What the cells of a module share."""

    def __init__(self, shop: Market, runner: Runner, patient: Runner, clock: Skipping, home: Path, trap: Any) -> None:
        self.shop, self.runner, self.patient, self.clock, self.trap = shop, runner, patient, clock, trap
        self.home = home
        self.witness = Witness(shop.server.pipeline, home / "state" / "intents.db")
        shop.server.pipeline = self.witness
        self.numbers = itertools.count(1)
        self.trap_url = f"http://127.0.0.1:{trap.server_port}/elsewhere"
        self.hits: list[str] = trap.RequestHandlerClass.hits

    @contextmanager
    def connection(self, *, real_time: bool = False, **settings: Any) -> Iterator[tuple[Runner, Connection]]:
        """A connection of its own, with a token of its own."""
        runner = self.patient if real_time else self.runner
        explicit = {**self.shop.fields, "kind": "sandbox", "settle_seconds": 0.3, **settings}
        with runner.open_connection(explicit=explicit) as opened:
            yield runner, opened

    @contextmanager
    def proxied(self) -> Iterator[None]:
        """Proxies in the environment, for as long as it lasts: the tests' own requests would use them."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("http_proxy", "https_proxy", "all_proxy"):
                patch.setenv(name, self.trap_url)
            patch.setenv("no_proxy", "")
            yield

    def plan(self, plan: dict[str, list[str]], default: list[str] | None = None) -> str:
        """Put a fault plan over all calls."""
        return str(self.shop.server.faults.add({"plan": plan, "default": default or [], "always": True}))

    def settled(self, plan: str) -> dict[str, Any]:
        """The plan's report, once what it holds back has been let go."""
        end = time.monotonic() + 3
        while True:
            report: dict[str, Any] = self.shop.server.faults.report(plan)
            if all(entry["request"] is not None for entry in report["consumed"]) or time.monotonic() > end:
                return report
            time.sleep(0.01)


@contextmanager
def world(folder: Path, **options: Any) -> Iterator[World]:
    """A world whose surroundings mean harm: a netrc for this very host, and a trap for whoever is led elsewhere."""
    home = folder / "home"
    trap = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("OwnTrap", (Trap,), {"hits": []}))
    thread = threading.Thread(target=trap.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    netrc = folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password netrc-password\n")
    netrc.chmod(0o600)
    clock = Skipping()
    env = {"IMCLOUD_HOME": str(home)}
    with pytest.MonkeyPatch.context() as patch, market(**options) as shop:
        patch.setenv("NETRC", str(netrc))
        with Runner(env=env, timing=clock.timing()) as runner, Runner(env=env, timing=PROMPT) as patient:
            yield World(shop, runner, patient, clock, home, trap)
    trap.shutdown()
    thread.join()
    trap.server_close()
