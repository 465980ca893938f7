"""One sandbox for each test module of this folder; its orders take a moment only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.market import Market, connected, market

from imcloud.runner import Connection, Runner


@pytest.fixture(scope="module")
def shop() -> Iterator[Market]:
    with market(settings={"provisioning_seconds": 0.3, "report_seconds": 0.2}) as running:
        yield running


@pytest.fixture
def live(shop: Market) -> Iterator[tuple[Runner, Connection]]:
    with connected(shop) as pair:
        yield pair
