"""The runbooks' dialect of Jinja: the sandbox of the manifests, calls of a few listed functions, bounds on growth."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from jinja2 import TemplateRuntimeError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.utils import Namespace

from imcloud.rendering.environment import Missing, PackEnvironment, build_environment
from imcloud.runbooks.filters import FILTERS, TESTS
from imcloud.runbooks.values import MAX_TEXT, Simulated, shown

MAX_STEPS = 100_000
MAX_SECONDS = 5.0
_LOOP = frozenset(
    ["index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem", "depth", "depth0"]
)
_MOMENT = frozenset(["year", "month", "day", "hour", "minute", "second", "microsecond"])


class Function:
    """A function that expressions may call; nothing else is callable."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[..., Any]) -> None:
        self.run = run

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        return self.run(*args, **kwargs)


class Whole(dict[str, Any]):
    """A root that may be written with or without parentheses: `CTX.name`, `CTX().name`."""

    def __call__(self) -> dict[str, Any]:
        """The whole mapping."""
        return dict(self)


class Note(str):
    """A message about an undefined value that remembers where it was looked for."""

    obj: Any = None
    key: Any = None


class Absent(Missing):
    """An undefined value that knows what its surroundings do have."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        note = Note(f"{self._undefined_name!r} is not there")
        note.obj, note.key = self._undefined_obj, self._undefined_name
        return note


def grown(size: int) -> int:
    """Refuse a text or list that would grow beyond what is kept."""
    if size > MAX_TEXT:
        raise TemplateRuntimeError("the value grows too large")
    return size


class RunbookEnvironment(PackEnvironment):
    """Keys of mappings first and never a method; a listed set of harmless methods of texts and moments."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: a key, or one of the listed attributes, else undefined."""
        if isinstance(obj, str) and attribute in TEXT_METHODS:
            return Function(partial(TEXT_METHODS[attribute], obj))
        if isinstance(obj, date):
            if attribute in _MOMENT and hasattr(obj, attribute):
                return getattr(obj, attribute)
            if attribute in MOMENT_METHODS:
                return Function(partial(MOMENT_METHODS[attribute], obj))
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, Namespace) and not attribute.startswith("_"):
            return getattr(obj, attribute, self.undefined(name=attribute))
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: a key of a mapping or a position of a list or text, else undefined."""
        if isinstance(obj, Simulated):
            return obj
        if isinstance(obj, tuple) and argument in getattr(obj, "_fields", ()):
            return getattr(obj, argument)  # what groupby gives: grouper and list
        if isinstance(obj, str) and isinstance(argument, int | slice) and not isinstance(argument, bool):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(obj=obj, name=argument)  # type: ignore[arg-type]  # a position is shown as it is
        return super().getitem(obj, argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Only the dialect's own functions."""
        return isinstance(obj, Function | Whole)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # the base's names
        """Call one of the dialect's functions; the refusal does not quote what stood there."""
        if isinstance(__obj, Undefined | Simulated):
            str(__obj)  # raises: it names what is missing
        if not __self.is_safe_callable(__obj):
            raise TemplateRuntimeError("only functions can be called")
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The operators by which a small template could make a huge value."""
        if operator == "+":
            if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                grown(len(left) + len(right))
        elif operator == "%":
            if isinstance(left, str):
                raise TemplateRuntimeError("texts are put together with ~, not with %")
        else:
            _bounded_power(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _bounded_power(operator: str, left: Any, right: Any) -> None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str | list | tuple) and isinstance(other, int):
            grown(len(one) * max(other, 0))
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
        if bits > 4096:
            raise TemplateRuntimeError("the number grows too large")
    elif operator == "**" and not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TemplateRuntimeError("** takes numbers")


def _join(separator: str, items: Any) -> str:
    parts = [shown(item) for item in items]
    grown(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    grown(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


_PURE = (
    str.lower, str.upper, str.strip, str.lstrip, str.rstrip, str.split, str.rsplit, str.splitlines, str.startswith,
    str.endswith, str.title, str.capitalize, str.swapcase, str.isdigit, str.isalpha, str.isalnum, str.isnumeric,
    str.islower, str.isupper, str.find, str.rfind, str.count, str.removeprefix, str.removesuffix, str.partition,
    str.rpartition, str.casefold,
)  # fmt: skip
TEXT_METHODS: dict[str, Callable[..., Any]] = {
    **{method.__name__: method for method in _PURE},
    "replace": _replace,
    "join": _join,
}
MOMENT_METHODS: dict[str, Callable[..., Any]] = {
    "isoformat": lambda moment: moment.isoformat(),
    "strftime": lambda moment, pattern: moment.strftime(pattern[:200]),
    "weekday": lambda moment: moment.weekday(),
    "isoweekday": lambda moment: moment.isoweekday(),
    "timestamp": lambda moment: moment.timestamp(),
    "date": lambda moment: moment.date(),
}
METHODS = frozenset(TEXT_METHODS) | frozenset(MOMENT_METHODS)


def _range(*args: int) -> range:
    numbers = range(*args)
    if len(numbers) > MAX_STEPS:
        raise TemplateRuntimeError(f"range() gives at most {MAX_STEPS} numbers")
    return numbers


def _dict(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return dict(*args, **kwargs)


FUNCTIONS: Mapping[str, Any] = {
    "range": Function(_range),
    "dict": Function(_dict),
    "enumerate": Function(lambda items, start=0: [list(pair) for pair in enumerate(items, start)]),
    "namespace": Function(Namespace),
}
JOIN, TICK = "__join", "__tick"


def build_dialect(prepare: Callable[[Any], Any] | None = None) -> RunbookEnvironment:
    """The environment of runbooks: the manifests' filters and tests, the dialect's own, then those of plugins."""
    base = build_environment()
    # Not optimised: folding constants at load would run filters before any limit on them is in force.
    env = RunbookEnvironment(
        undefined=Absent, autoescape=False, keep_trailing_newline=True, cache_size=0, finalize=shown, optimized=False
    )
    env.filters = {**base.filters, **{name: stock for name in _STOCK if (stock := env.filters.get(name))}}
    env.filters |= FILTERS
    env.tests = {**base.tests, **TESTS}
    if prepare is not None:
        prepare(env)
    env.globals = {**FUNCTIONS, JOIN: Function(lambda *parts: _join("", parts))}
    return env


# Stock filters that only choose, count or rearrange; those that make text longer have bounded twins among FILTERS.
_STOCK = ["filesizeformat", "groupby", "sum", "striptags", "truncate", "wordcount"]


class Steps:
    """Counts the rounds of a template's loops, and looks at the clock."""

    def __init__(self) -> None:
        self.left = MAX_STEPS
        self.end = time.monotonic() + MAX_SECONDS

    def __call__(self) -> str:
        """One more round."""
        self.left -= 1
        if self.left < 0 or time.monotonic() > self.end:
            raise TemplateRuntimeError("the template's loops take too many steps")
        return ""


def utilities(now: Callable[[], datetime] | None = None) -> dict[str, Any]:
    """The root UTILS: `now()` (UTC) and `uuid4()`."""
    return {"now": Function(now or (lambda: datetime.now(UTC))), "uuid4": Function(lambda: str(uuid.uuid4()))}
