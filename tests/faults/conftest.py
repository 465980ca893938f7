"""One world for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .world import World
from .world import world as made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # Orders take their time to be provisioned, so that they can still be withdrawn.
    with made(tmp_path_factory.mktemp("world"), settings={"provisioning_seconds": 3600}) as running:
        yield running
