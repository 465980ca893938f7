"""How a place in the inputs is named, and the one shape of a fault found there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.strict_json import pointer

Path = tuple[str | int, ...]
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")
_LONGEST = 60


def dotted(path: Path) -> str:
    """A path as people write it, such as `lines[0].id`; odd keys are quoted, shortened and printable."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_NAME.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{printable(part)}]" if text else printable(part)
    return text


def printable(key: str) -> str:
    """A key in quotation marks, with everything escaped that a terminal could take for a command."""
    shown = key if len(key) <= _LONGEST else key[:_LONGEST] + "…"
    return "'" + "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown) + "'"


def fault(
    path: Path,
    rule: str,
    message: str,
    *,
    hint: str | None = None,
    allowed: Sequence[Any] | None = None,
    nearest: Any = None,
) -> ErrorItem:
    """An error about the value at `path`; `message` follows the name of the place. A nearest value makes the hint."""
    if hint is None and nearest is not None:
        hint = f"did you mean {_written(nearest)}?"
    text = f"{dotted(path) or 'the inputs'} {message}"
    return ErrorItem("input", text, pointer=pointer(path), rule=rule, hint=hint, allowed=allowed, nearest=nearest)


def listed(names: Iterable[Any]) -> str:
    """Names in one sentence: `a, b and c`."""
    texts = [str(name) for name in names]
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
