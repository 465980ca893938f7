"""Runs the shell blocks of a page in a folder of their own, as a person or a script would."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

from support.pages.screen import Screen

SECONDS = 60
WIDTH = 100


@dataclass(frozen=True)
class Shell:
    """One page's folder, home and exported variables, shared by its blocks. `first` are folders of commands."""

    folder: Path
    home: Path
    first: tuple[Path, ...]

    def environment(self) -> dict[str, str]:
        """What a block is started with; what the page exported comes on top inside the shell."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "PATH": os.pathsep.join([*map(str, self.first), os.environ["PATH"]]),
            "HOME": str(self.home),
            "IMCLOUD_HOME": str(self.home / "imcloud"),
            "PYTHONUTF8": "1",
            "NO_COLOR": "1",
            "TERM": "xterm",
            "COLUMNS": str(WIDTH),
        }

    def exported(self) -> dict[str, str]:
        """The environment with everything that the page's shell blocks have exported so far."""
        done = subprocess.run(
            ["bash", "-c", self._script("env -0")], capture_output=True, env=self.environment(), check=True
        )
        pairs = (entry.partition("=") for entry in done.stdout.decode().split("\0") if entry)
        return {name: value for name, _, value in pairs if name not in ("_", "SHLVL", "PWD", "OLDPWD")}

    def script(self, text: str) -> tuple[int, str]:
        """Run a `bash` block: outputs go to a pipe, the first failure ends it. Exit code and everything printed."""
        done = subprocess.run(
            ["bash", "-e", "-c", self._script(text)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment(),
            cwd=self.folder,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.decode()

    def typed(self, line: str) -> tuple[int, str]:
        """Run a line of a `console` block with its outputs on a terminal, as a person sees them."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
        try:
            process = subprocess.Popen(
                ["bash", "-e", "-c", self._script(line)],
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env=self.environment(),
                cwd=self.folder,
            )
        finally:
            os.close(theirs)
        printed = _read_all(ours)
        return process.wait(SECONDS), Screen().feed(printed)

    def _script(self, text: str) -> str:
        variables = self.home / "exported"
        return f"[ ! -e '{variables}' ] || . '{variables}'\ntrap \"export -p >'{variables}'\" EXIT\n{text}"


def _read_all(terminal: int) -> str:
    read = b""
    try:
        while chunk := os.read(terminal, 65536):
            read += chunk
    except OSError:
        pass  # a terminal whose other side is closed ends with an error on Linux
    finally:
        os.close(terminal)
    return read.decode()


def typed_lines(text: str) -> list[tuple[str, str]]:
    """The commands of a `console` block, each with the output shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
            continue
        assert found, "a console block begins with '$ '"
        command, shown = found[-1]
        if not shown and command.endswith("\\"):
            found[-1] = (f"{command}\n{line.removeprefix('> ')}", "")
        else:
            found[-1] = (command, f"{shown}{line}\n")
    return found
