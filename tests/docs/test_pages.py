"""Every block of every hand-written page is run: a page is one folder, one home and one story, from top to bottom."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.pages.blocks import PROJECT, Block, blocks, is_generated, pages
from support.pages.compare import differs
from support.pages.data import check_data
from support.pages.terminal import Shell, typed_lines

from imcloud import api

PAGES = [path for path in pages() if not is_generated(path)]
# These two would run the demo, or all tests, inside a test. The demo is checked as `imcloud demo`; `make test` is what
# runs this very test.
NOT_HERE = {"make demo": "imcloud demo", "make test": "true"}
DATA = ("yaml", "json", "toml")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the blocks are written for a POSIX shell")


@dataclass
class Story:
    """What the blocks of a page share."""

    shell: Shell
    monkeypatch: pytest.MonkeyPatch
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def run(self, block: Block) -> None:
        """Run or check one block. Raises AssertionError that names its place."""
        if block.title:
            (self.shell.folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (self.shell.folder / block.title).write_text(block.text, encoding="utf-8")
        if block.language in DATA:
            problems = check_data(block.language, block.text, self.shell.home)
            assert not problems, f"{block.place}: {'; '.join(problems)}"
            return
        known: dict[str, Callable[[Block], None]] = {"bash": self.bash, "console": self.console, "python": self.python}
        assert block.language in known, f"{block.place}: nobody can run a block of {block.language or 'no language'!r}"
        known[block.language](block)

    def bash(self, block: Block) -> None:
        code, printed = self.shell.script(NOT_HERE.get(block.text.strip(), block.text))
        assert code == 0, f"{block.place}: exit code {code}\n{printed}"

    def console(self, block: Block) -> None:
        for command, shown in typed_lines(block.text):
            code, printed = self.shell.typed(NOT_HERE.get(command, command))
            assert code == 0, f"{block.place}: {command}: exit code {code}\n{printed}"
            if command != "make test":
                different = differs(shown, printed)
                assert not different, f"{block.place}: {command}: {different}"

    def python(self, block: Block) -> None:
        if block.title:  # a file that another block uses
            compile(block.text, block.place, "exec")
            return
        for name, value in self.shell.exported().items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.chdir(self.shell.folder)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile("\n" * block.line + block.text, str(PROJECT / block.page), "exec"), self.names)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.relative_to(PROJECT).as_posix()) for path in PAGES])
def test_every_block_of_the_page_runs(
    path: Path, tmp_path: Path, commands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("folder", "user"):
        (tmp_path / name).mkdir()
    shell = Shell(tmp_path / "folder", tmp_path / "user", (commands,))
    story = Story(shell, monkeypatch)
    api.default_runner.cache_clear()
    try:
        for block in blocks(path):
            story.run(block)
    finally:
        if api.default_runner.cache_info().currsize:
            api.default_runner().close()
        api.default_runner.cache_clear()


def test_text_blocks_are_left_to_generated_pages() -> None:
    """Output that nothing compares goes stale: hand-written pages show output in `console` blocks."""
    shown = [block.place for path in PAGES for block in blocks(path) if block.language == "text"]
    assert not shown
