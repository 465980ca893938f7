"""The fault grid: every operation under every fault comes to what the table says, and nothing is applied twice."""

from __future__ import annotations

import pytest

from .running import run_cell
from .table import OPERATIONS, TABLE, Cell, cells, cells_sent_again
from .world import World

CELLS, SENT_AGAIN = cells(), cells_sent_again()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_cell(world: World, cell: Cell) -> None:
    run_cell(world, cell)


@pytest.mark.parametrize("cell", SENT_AGAIN, ids=lambda cell: cell.name)
def test_cell_with_one_more_send(world: World, cell: Cell) -> None:
    run_cell(world, cell, on_unknown="resubmit_once")


def test_the_grid_is_whole() -> None:
    assert len(OPERATIONS) == 27
    assert len(TABLE["grid"]) >= 18
    assert len(CELLS) == 27 * len(TABLE["grid"])
    assert {cell.verdict for cell in [*CELLS, *SENT_AGAIN]} <= set(TABLE["verdicts"])
    print(
        f"the grid: {len(OPERATIONS)} operations, {len(TABLE['grid'])} faults, {len(CELLS)} + {len(SENT_AGAIN)} cells"
    )
