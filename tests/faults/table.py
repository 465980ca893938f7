"""The table of expectations, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imcloud.strict_yaml import load_yaml

from .scenes import CLASSES

PATH = Path(__file__).with_name("grid.yaml")
TABLE: dict[str, Any] = load_yaml(PATH.read_text(encoding="utf-8"), PATH).value
OPERATIONS = tuple(name for names in CLASSES.values() for name in names)


@dataclass(frozen=True)
class Cell:
    """One operation, one fault, one expectation."""

    operation: str
    fault: str
    verdict: str
    row: dict[str, Any]

    @property
    def expected(self) -> dict[str, Any]:
        """What must come of it."""
        found: dict[str, Any] = TABLE["verdicts"][self.verdict]
        return found

    @property
    def name(self) -> str:
        """For the test report."""
        return f"{self.operation}-{self.fault}"


def cells() -> list[Cell]:
    """Every cell of the grid."""
    return [
        Cell(operation, fault, row.get("only", {}).get(operation, row[name]), row)
        for fault, row in TABLE["grid"].items()
        for name, operations in CLASSES.items()
        for operation in operations
    ]


def cells_sent_again() -> list[Cell]:
    """The cells whose verdict is another one when `resubmit_once` was chosen."""
    found = []
    for one in cells():
        verdicts = TABLE["resubmit_once_forever" if one.fault.endswith(" *") else "resubmit_once"]
        if one.verdict in verdicts:
            found.append(replace(one, verdict=verdicts[one.verdict]))
    return found


def cell(operation: str, fault: str) -> Cell:
    """One cell."""
    return next(one for one in cells() if (one.operation, one.fault) == (operation, fault))
