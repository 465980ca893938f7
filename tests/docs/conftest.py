"""One warm process for the commands of all pages that a test process runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.pages import warm


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """A folder with `imcloud` and `python` as the tests run them."""
    # Not below pytest's own folder: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="imc-") as short:
        folder = Path(short)
        (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / "python").chmod(0o755)
        if not hasattr(os, "fork"):
            warm.write_command(folder / "imcloud", None)
            yield folder
            return
        address = str(folder / "socket")
        command = [sys.executable, str(warm.__file__), "server", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == b"ready\n"
                warm.write_command(folder / "imcloud", address)
                yield folder
            finally:
                server.terminate()
