"""The fault grid: every operation under every fault comes to what the table says, and nothing is applied twice."""

from __future__ import annotations

import pytest

from .running import run_cell
from .table import OPERATIONS, TABLE, Cell, cells
from .world import World

CELLS = cells()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_cell(world: World, cell: Cell) -> None:
    run_cell(world, cell)


def test_the_grid_is_whole() -> None:
    assert len(OPERATIONS) == 27
    assert len(TABLE["grid"]) >= 18
    assert len(CELLS) == 27 * len(TABLE["grid"])
    assert {cell.verdict for cell in CELLS} <= set(TABLE["verdicts"])
