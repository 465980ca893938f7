"""The command line: `imcloud`. Importing this costs nothing; every command loads what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its exit code."""
    from imcloud.cli.root import cli

    # Not click's own reading of argv: on Windows it expands patterns and variables, and `lines[0]=…` is neither.
    cli.main(args=list(sys.argv[1:] if argv is None else argv), prog_name="imcloud")
    raise SystemExit(0)
