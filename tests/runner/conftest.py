"""One sandbox for each test module of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.market import Market, connected, market

from imcloud.runner import Connection, Runner


@pytest.fixture(scope="module")
def shop() -> Iterator[Market]:
    with market() as running:
        yield running


@pytest.fixture
def live(shop: Market) -> Iterator[tuple[Runner, Connection]]:
    with connected(shop) as pair:
        yield pair
