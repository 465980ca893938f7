"""Text from outside, made fit for a terminal: nothing in it can move the cursor, change colours or reverse a line."""

from __future__ import annotations

import json
import re
from typing import Any

# C0 and C1 controls, marks that reverse the reading direction, invisible separators, lone surrogates, tag characters.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: object) -> str:
    """One line in which every character that a terminal would act on is written as an escape."""
    return _UNSAFE.sub(_escape, str(text))


def safe_lines(text: str) -> str:
    """As `safe`, but line breaks stay."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_text(value: Any, indent: int | None = 2) -> str:
    """JSON of exactly the same data that a terminal can show: unsafe characters are written as JSON escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return _UNSAFE.sub(lambda match: match.group() if match.group() == "\n" else _json_escape(match.group()), text)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
