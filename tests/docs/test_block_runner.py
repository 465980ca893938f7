"""What runs the documentation's blocks is itself right: it fails for what it cannot run and for output that differs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.pages.blocks import PROJECT, Block, blocks
from support.pages.compare import differs
from support.pages.data import check_data
from support.pages.screen import Screen
from support.pages.terminal import Shell, typed_lines

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("folder", "user"):
        (tmp_path / name).mkdir()
    return Shell(tmp_path / "folder", tmp_path / "user", ())


@posix
def test_blocks_share_folder_and_exported_variables(shell: Shell) -> None:
    assert shell.script("export COLOUR=blue; kept=no; echo one > file") == (0, "")
    assert shell.script('cat file; echo "$COLOUR$kept"') == (0, "one\nblue\n")
    assert shell.exported()["COLOUR"] == "blue"


@posix
def test_the_first_failure_ends_a_block(shell: Shell) -> None:
    assert shell.script("echo one; false; echo two") == (1, "one\n")
    assert shell.typed("false") == (1, "")


@posix
def test_a_console_block_sees_a_terminal_and_a_bash_block_a_pipe(shell: Shell) -> None:
    ask = "if [ -t 1 ]; then echo terminal; else echo pipe; fi"
    assert shell.script(ask) == (0, "pipe\n")
    assert shell.typed(ask) == (0, "terminal\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\n", "one  \n\n"),
        ("took 12 ms on 2026-11-23\n", "took 1,204 ms on 2031-01-01\n"),
        ("a\n...\nz\n", "a\nb\nc\nz\n"),
        ("...\nz\n", "z\n"),
        ("at http://127.0.0.1:4000/x", "at http://127.0.0.1:51234/x"),
    ],
)
def test_volatile_parts_and_left_out_lines_count_as_equal(shown: str, printed: str) -> None:
    assert differs(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed"), [("one\n", "two\n"), ("a\n...\nz\n", "a\nb\n"), ("", "more\n"), ("id 1000001", "id 1000002")]
)
def test_what_differs_is_told(shown: str, printed: str) -> None:
    assert "the page shows" in str(differs(shown, printed))


def test_progress_that_was_drawn_over_is_gone() -> None:
    assert Screen().feed("first\r\n\x1b[?25lloading 1\r\x1b[2Kloading 2\r\n\x1b[1A\x1b[2K\x1b[32mdone\x1b[0m\r\n") == (
        "first\ndone\n"
    )


def test_commands_of_a_console_block() -> None:
    text = "$ one \\\n>   two\nshown\n$ three\n"
    assert typed_lines(text) == [("one \\\n  two", "shown\n"), ("three", "")]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", '{"a": 1, "a": 2}'),
        ("toml", "a ="),
        ("yaml", "format: 1\nrunbook: x\ntitle: X\ntasks: {a: {action: no_such_action}}\n"),
        ("yaml", "tasks: {a: {action: list_customers, input: {nmae: x}}}\n"),
        ("yaml", "format: 1\naction: x\n"),
    ],
)
def test_data_that_is_wrong_is_told(language: str, text: str, tmp_path: Path) -> None:
    assert check_data(language, text, tmp_path)


def test_a_language_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        check_data("cobol", "", tmp_path)


def test_blocks_know_their_line_title_and_note() -> None:
    found = blocks(PROJECT / "docs" / "actions" / "customers.md")
    assert all(isinstance(block, Block) and block.note and block.note.startswith("example: ") for block in found)
    lines = (PROJECT / "docs" / "actions" / "customers.md").read_text(encoding="utf-8").splitlines()
    assert all(lines[block.line - 1].startswith(f"```{block.language}") for block in found)
