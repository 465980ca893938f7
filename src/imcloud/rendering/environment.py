"""The one Jinja environment: sandboxed, keys before attributes, and a listed set of filters and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from jinja2 import ChainableUndefined, Environment, StrictUndefined, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_FILTERS = (
    "abs capitalize count d default dictsort first float int items join last length list lower map max min reject "
    "rejectattr replace reverse round select selectattr sort string sum title tojson trim unique upper"
)
_TESTS = (
    "boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer le lessthan lower lt mapping "
    "ne none number odd sameas sequence string true undefined upper"
)
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
    env = PackEnvironment(undefined=Missing, autoescape=False, keep_trailing_newline=True, cache_size=0)
    env.filters = {name: env.filters[name] for name in STOCK_FILTERS}
    env.filters |= {"except": _except, "only": _only, "decimal": _decimal, **(extra_filters or {})}
    env.tests = {name: env.tests[name] for name in STOCK_TESTS}
    env.globals = {}
    return env


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
    if not number.is_finite():
        _fail("decimal: the number is not finite")
    return number


def _fail(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)


def names_of(env: Environment) -> tuple[Iterable[str], Iterable[str]]:
    """The filters and the tests that a template may use."""
    return sorted(env.filters), sorted(env.tests)
