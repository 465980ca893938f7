"""`run_action` and `iter_action` for type checkers: every action of the built-in pack by name, with its inputs typed.

At run time these are the functions of `imcloud`. What a type checker knows stands in `typed.pyi`, which is generated
from the pack: an action's name gives the type of its inputs, a `TypedDict` that can be imported by its own name, too.
Use `imcloud.run_action` for the actions of other packs and for inputs with templates in them (`context=`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from imcloud.api import iter_action, run_action

__all__ = ["iter_action", "run_action"]


def __getattr__(name: str) -> Any:
    # A TypedDict is a dict at run time: the generated names need no second definition.
    if name in _types():
        return dict
    raise AttributeError(f"module 'imcloud.typed' has no attribute {name!r}")


@cache
def _types() -> frozenset[str]:
    text = Path(__file__).with_suffix(".pyi").read_text("utf-8")
    return frozenset(re.findall(r"^(?:class )?(\w+)(?: = |\()TypedDict\b", text, re.MULTILINE))
