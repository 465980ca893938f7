"""The system's keyring, an optional extra: encrypted stores only, never a plain-text fallback."""

from __future__ import annotations

from typing import Any

from imcloud.errors import ConfigError

ENCRYPTED = frozenset(
    {
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
    }
)
_INSTEAD = "keep the secret in the environment ({env: NAME}) or in a file ({file: path}) instead"


def get_secret(pack: str, name: str, field: str) -> str | None:
    """The stored secret, or None. Raises `ConfigError` when there is no encrypted keyring, or it is locked."""
    value: str | None = _call("read", "get_password", pack, _user(name, field))
    return value


def set_secret(pack: str, name: str, field: str, value: str) -> None:
    """Store a secret. Raises `ConfigError` as `get_secret` does."""
    _call("changed", "set_password", pack, _user(name, field), value)


def delete_secret(pack: str, name: str, field: str) -> None:
    """Forget a secret; one that is not there is no error."""
    if get_secret(pack, name, field) is not None:
        _call("changed", "delete_password", pack, _user(name, field))


def is_available() -> bool:
    """Whether an encrypted keyring can be used here."""
    try:
        _backend()
    except ConfigError:
        return False
    return True


def _user(name: str, field: str) -> str:
    return f"{name}/{field}"


def _call(what: str, method: str, pack: str, *arguments: str) -> Any:
    backend = _backend()
    try:
        return getattr(backend, method)(f"imcloud:{pack}", *arguments)
    except Exception as error:  # backends raise whatever their system raises, and its text may quote the value
        raise ConfigError(f"the keyring could not be {what} ({type(error).__name__}); {_INSTEAD}") from None


def _backend() -> Any:
    try:
        import keyring
    except ImportError:
        raise ConfigError(f"no keyring here: install imcloud[keyring], or {_INSTEAD}") from None
    chosen = keyring.get_keyring()
    for backend in getattr(chosen, "backends", None) or [chosen]:
        if f"{type(backend).__module__}.{type(backend).__qualname__}" in ENCRYPTED:
            return backend
    raise ConfigError(f"no encrypted keyring here; {_INSTEAD}")
