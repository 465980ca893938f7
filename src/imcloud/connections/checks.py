"""Checks of what a connection says about itself beside the form's fields: kind, writes, verbs, and unknown keys."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

from imcloud.connections.settings import Kind, Writes
from imcloud.errors import ConfigError

SETTINGS = ("kind", "writes", "methods")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STRICTNESS = ("allow", "confirm", "deny")


def check_kind(value: Any, where: str) -> Kind:
    """`sandbox` or `production`. Raises `ConfigError` for anything else."""
    if value not in ("sandbox", "production"):
        raise ConfigError(f"{where}: kind must be sandbox or production")
    return cast(Kind, value)


def check_writes(value: Any, where: str) -> Writes:
    """`deny`, `confirm` or `allow`. Raises `ConfigError` for anything else."""
    if value not in _STRICTNESS:
        raise ConfigError(f"{where}: writes must be deny, confirm or allow")
    return cast(Writes, value)


def stricter(one: Writes, other: Writes) -> Writes:
    """The stricter of two."""
    return max(one, other, key=_STRICTNESS.index)


def check_methods(value: Any, where: str) -> dict[str, str]:
    """Pinned verbs, action -> verb. Raises `ConfigError` unless it is a mapping of names to known verbs."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or any(verb not in VERBS for verb in value.values()):
        raise ConfigError(f"{where}: methods must be a mapping of actions to {', '.join(VERBS)}")
    return {str(action): str(verb) for action, verb in value.items()}


def check_keys(form: Mapping[str, Any], data: Mapping[str, Any], where: str, extra: tuple[str, ...] = ()) -> None:
    """Raise `ConfigError` for the first key that is neither a field of the form nor a setting."""
    known = [*form["properties"], *SETTINGS, *extra]
    for key in data:
        if key not in known:
            near = get_close_matches(str(key), known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise ConfigError(f"{where}: {key!r} is not known{hint}")


def check_no_literals(form: Mapping[str, Any], data: Mapping[str, Any], where: str) -> None:
    """Raise `ConfigError` when a secret field is written out: the file may hold references to secrets only."""
    for key, value in data.items():
        if form["properties"].get(key, {}).get("x-secret") and not isinstance(value, Mapping) and value is not None:
            raise ConfigError(
                f"{where}: {key} is written out; a secret may not stand in this file."
                " Write {keyring: true}, {env: NAME} or {file: path}, and change the secret: it was readable here"
            )
