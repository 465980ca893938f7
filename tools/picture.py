"""Draw `docs/pictures/demo.svg` from a real run of `imcloud demo`: `python -m tools.picture` (needs a POSIX terminal).

Times differ from run to run, so the picture is drawn on purpose and not with the generated pages.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.svg"
WIDTH = 100
FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def main() -> int:
    """Run the demo, draw what it printed, and return its exit code."""
    code, printed = _run()
    if code == 0:
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(svg(printed), encoding="utf-8", newline="\n")
    return code


def svg(printed: str) -> str:
    """Text with colours as a picture that needs no font and no address from elsewhere."""
    lines = re.sub(r"\n{3,}", "\n\n", printed.replace("\r\n", "\n").strip("\n")).split("\n")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, color_system="truecolor", force_terminal=True)
        for line in ["$ imcloud demo", "", *lines]:
            console.print(Text.from_ansi(line), no_wrap=True, overflow="ignore", crop=False)
    style = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    style = re.sub(r"<!--.*?-->", "", style).replace("Fira Code, monospace", FONTS)
    return console.export_svg(title="imcloud", code_format=style, unique_id="demo") + "\n"


def _run() -> tuple[int, str]:
    ours, theirs = pty.openpty()
    # Only what stays on the screen: progress goes to standard error.
    with subprocess.Popen(
        [sys.executable, "-m", "imcloud", "demo"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(WIDTH)},
    ) as process:
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 65536):
                printed += chunk
        except OSError:
            pass  # on Linux the end of a terminal is an error
    os.close(ours)
    return process.returncode, printed.decode()


if __name__ == "__main__":
    raise SystemExit(main())
