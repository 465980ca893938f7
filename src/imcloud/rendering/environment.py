"""The one Jinja environment: sandboxed, keys before attributes, and a listed set of filters and tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, Literal, NoReturn

from jinja2 import ChainableUndefined, Environment, StrictUndefined, TemplateRuntimeError, pass_environment
from jinja2.filters import do_round, make_attrgetter
from jinja2.sandbox import ImmutableSandboxedEnvironment

from imcloud.strict_json import plain

_FILTERS = (
    "abs capitalize count d default dictsort first float int items join last length list lower map max min reject "
    "rejectattr replace reverse round select selectattr sort string sum title tojson trim unique upper"
)
_TESTS = (
    "boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer le lessthan lower lt mapping "
    "ne none number odd sameas sequence string true undefined upper"
)
MAX_TEXT = 64 * 1024
_MAX_PRECISION = 18
STOCK_FILTERS = frozenset(_FILTERS.split())
STOCK_TESTS = frozenset(_TESTS.split()) | {"==", "!=", "<", "<=", ">", ">="}


class Missing(ChainableUndefined, StrictUndefined):
    """An undefined value: it may be walked into, and is an error as soon as it is shown, compared or iterated."""

    # Chaining first: `inputs.address.city` of an absent address is absent, not an error. Using it stays one.
    __slots__ = ()
    __getattr__ = ChainableUndefined.__getattr__
    __getitem__ = ChainableUndefined.__getitem__  # type: ignore[assignment]  # StrictUndefined refuses what chaining allows

    @property
    def _undefined_message(self) -> str:
        return self._undefined_hint or f"{self._undefined_name!r} is not there"


class PackEnvironment(ImmutableSandboxedEnvironment):
    """Looks up keys of mappings and positions of lists, and no attribute or method of anything else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: the key of a mapping, else undefined."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: a key of a mapping or a position of a list, else undefined."""
        if isinstance(obj, ChainableUndefined):
            return obj
        if isinstance(obj, Mapping) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple) and isinstance(argument, int | slice) and not isinstance(argument, bool):
            try:
                return obj[argument]
            except IndexError:
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002  # the signature is the base class's
        """Nothing is called from a manifest's expression."""
        return False


def build_environment(extra_filters: Mapping[str, Any] | None = None) -> PackEnvironment:
    """A new environment with the listed filters; `extra_filters` (from plugins) come on top."""
    # Not optimised: folding constants would run filters while a file is loaded, a long row of them again and again.
    env = PackEnvironment(
        undefined=Missing, autoescape=False, keep_trailing_newline=True, cache_size=0, optimized=False
    )
    env.filters = {name: _bounded(env.filters[name]) for name in STOCK_FILTERS}
    env.filters |= {"replace": _replace, "join": _join, "round": _round, "tojson": _bounded(_tojson)}
    env.filters |= {"except": _except, "only": _only, "decimal": _decimal, **(extra_filters or {})}
    env.tests = {name: env.tests[name] for name in STOCK_TESTS}
    env.globals = {}
    return env


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose text may not grow without end: filters in a row would multiply it."""

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        value = function(*args, **kwargs)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            _fail(f"the text would be longer than {MAX_TEXT} characters")
        return value

    return checked


def _replace(value: Any, old: str, new: str, count: int | None = None) -> str:
    text, old, new = str(value), str(old), str(new)
    times = text.count(old) if count is None else min(count, text.count(old))
    if len(text) + times * (len(new) - len(old)) > MAX_TEXT:
        _fail(f"the text would be longer than {MAX_TEXT} characters")
    return text.replace(old, new, -1 if count is None else count)


@pass_environment
def _join(environment: Environment, value: Any, d: str = "", attribute: str | int | None = None) -> str:
    rows = value if attribute is None else map(make_attrgetter(environment, attribute), value)
    texts = [str(row) for row in rows]
    between = str(d)
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_TEXT:
        _fail(f"the text would be longer than {MAX_TEXT} characters")
    return between.join(texts)


def _round(value: Any, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> Any:
    if abs(precision) > _MAX_PRECISION:
        _fail(f"round takes at most {_MAX_PRECISION} places")
    return do_round(value, precision, method)


def _tojson(value: Any, indent: int | None = None) -> str:
    return json.dumps(plain(value)[0], ensure_ascii=False, allow_nan=False, indent=None if indent is None else 2)


def _except(value: Any, *names: str) -> Any:
    return _keys(value, lambda key: key not in names)


def _only(value: Any, *names: str) -> Any:
    return _keys(value, lambda key: key in names)


def _keys(value: Any, wanted: Callable[[str], bool]) -> Any:
    if isinstance(value, list | tuple):
        return [_keys(item, wanted) for item in value]
    if not isinstance(value, Mapping):
        _fail("the filter takes an object or a list of objects")
    return {key: item for key, item in value.items() if wanted(key)}


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
        _fail("decimal takes a number or its text")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        _fail("decimal: the text is not a number")
    if not number.is_finite() or abs(number.adjusted()) > 2 * _MAX_PRECISION:
        _fail("decimal: the number is not finite, or has too many digits")
    return number


def _fail(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)


def names_of(env: Environment) -> tuple[Iterable[str], Iterable[str]]:
    """The filters and the tests that a template may use."""
    return sorted(env.filters), sorted(env.tests)
