"""Columns and cells: what a spreadsheet gets, and what a table shows."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from cli.cases import load_cases
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from imcloud.cli import output, tables
from imcloud.cli.mistakes import Mistake


@pytest.mark.parametrize("case", load_cases("cells"))
def test_cells(case: dict[str, Any]) -> None:
    assert output.cell(case["value"]) == case["cell"]


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = output.cell(text)
    assert not cell.startswith(("=", "@", "\t", "\r", "\n"))
    if cell.startswith(("+", "-")):
        assert all(char in "+-0123456789.,eE%" for char in cell)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b"]), st.text(st.characters(exclude_categories=("Cs", "Cc")))),
        min_size=1,
    )
)
def test_csv_is_read_back(rows: list[dict[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(output.csv_text(rows, ["a", "b"]))))
    assert read == [["a", "b"], *([output.cell(row.get("a")), output.cell(row.get("b"))] for row in rows)]


def test_values_by_path() -> None:
    row = {"a": {"b": [{"c": 1}]}, "x.y": 2, "n": None}
    assert output.value_at(row, "a.b[0].c") == 1
    assert output.value_at(row, "x.y") == 2
    assert output.value_at(row, "a.b[1].c") is None
    assert output.has_column([row], "n") and not output.has_column([row], "m")
    assert output.flat_columns([row, {"z": {}}]) == ["a.b", "x.y", "n", "z"]


@pytest.mark.parametrize("text", ["", "a,,b", "a b[", "a[x]", "a,a", "a..b", "a.", "[", "a]"])
def test_columns_that_are_none(text: str) -> None:
    with pytest.raises(Mistake):
        output.split_columns(text, "csv")


def test_columns_go_with_tables_only() -> None:
    assert output.split_columns("id, address.city,lines[0].code", "csv") == ["id", "address.city", "lines[0].code"]
    assert output.split_columns(None, "json") is None
    with pytest.raises(Mistake, match="--columns goes with"):
        output.split_columns("id", "json")


def shown(width: int, rows: list[Any], **how: Any) -> tuple[str, int]:
    console = Console(file=io.StringIO(), width=width, markup=False)
    table, hidden = tables.rows_table(console, rows, how.get("first", ()), how.get("columns"))
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue(), hidden


def test_a_table_has_the_columns_that_fit_single_values_first() -> None:
    rows = [{"list": [1], "id": "1", "object": {"a": "b"}, "note": "n" * 60, "empty": None, "masked": "********"}]
    text, hidden = shown(100, rows, first=["id"])
    assert text.split("\n")[0].split() == ["id", "note", "object", "list"] and hidden == 0
    assert "…" in text
    assert shown(20, rows, first=["id"])[1] == 1  # the long note


def test_a_table_takes_nothing_for_markup_or_control() -> None:
    text, _ = shown(100, [{"name": "[red]x[/red] \x1b[31m \u202e :smile:"}])
    assert "[red]x[/red] \\x1b[31m \\u202e :smile:" in text


def test_a_table_of_chosen_columns_shows_all_of_them() -> None:
    text, hidden = shown(80, [{"a": {"b": 1}, "c": "x" * 50}], columns=["c", "a.b", "nothing"])
    assert hidden == 0 and "a.b" in text and "nothing" in text


def test_an_object_shows_a_line_for_each_value() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(tables.object_table({"a": {"b": [{"c": 1}]}, "t": ["x", "y"], "n": None, "on": True}))
    assert isinstance(console.file, io.StringIO)
    assert [line.split() for line in console.file.getvalue().splitlines()] == [
        ["a.b[0].c", "1"],
        ["t", "x,", "y"],
        ["on", "yes"],
    ]


def test_a_huge_object_is_cut() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(tables.object_table({f"k{n}": n for n in range(200)}))
    assert isinstance(console.file, io.StringIO)
    assert "140 more values: --json shows all" in console.file.getvalue()
