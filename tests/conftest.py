"""Every test runs with a home of its own, no network beyond loopback, and one sandbox per test process."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.canary_plugin import CanaryPlugin

settings.register_profile(
    "ci", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("IMCLOUD_HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """With IMCLOUD_CANARIES=1 everything that a test leaves behind is searched for the secrets that the tests use."""
    if os.environ.get("IMCLOUD_CANARIES") == "1":
        config.pluginmanager.register(CanaryPlugin(), "canaries")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the machine's own configuration is read, and nothing is left behind."""
    for name in [name for name in os.environ if name.startswith(("IMCLOUD_", "TOY_")) or name.endswith("_proxy")]:
        if name != "IMCLOUD_HYPOTHESIS_PROFILE":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("IMCLOUD_HOME", str(home))
    return home


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """A connection to any other machine is an error of the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if isinstance(host, str) and host and not host.startswith("127.") and host not in ("::1", "localhost"):
            raise AssertionError(f"a test tried to reach {host}")
        real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]
