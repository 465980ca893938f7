"""What is left on a terminal after everything was printed: progress bars are drawn over and gone."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|\x1b.?")


class Screen:
    """Knows as much of a terminal as progress bars use: line breaks, returns, going up and erasing."""

    def __init__(self) -> None:
        self._lines: list[str] = [""]
        self._row = self._column = 0

    def feed(self, text: str) -> str:
        """Print the text and return all lines as they stand."""
        for match in _TOKEN.finditer(text):
            number, letter, control, plain = match.groups()
            if plain is not None:
                self._put(plain)
            elif control == "\n":
                self._down()
            elif control == "\r":
                self._column = 0
            elif letter == "A":
                self._row = max(0, self._row - int(number or 1))
            elif letter == "K":
                line = self._lines[self._row]
                self._lines[self._row] = "" if number == "2" else line[: self._column]
        return "\n".join(line.rstrip() for line in self._lines)

    def _put(self, text: str) -> None:
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + text + line[self._column + len(text) :]
        self._column += len(text)

    def _down(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._lines):
            self._lines.append("")
