"""Where the values of a connection's fields are looked for: the environment, and an entry of the connections file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imcloud.connections import vault
from imcloud.connections.values import strip_newline
from imcloud.errors import ConfigError
from imcloud.secrets import Secret

# Facts about the machine and its network, and how doubt is dealt with: they may be set once for all connections.
POLICIES = ("timeout", "settle_seconds", "marker", "on_unknown")
SHARED = frozenset({*POLICIES, "ca_bundle", "proxy", "requests_per_minute", "requests_per_day"})
_MAX_SECRET_FILE = 4096


@dataclass(frozen=True)
class Found:
    """A field's raw value and the text that says where it was found."""

    read: Callable[[], Any]
    source: str


@dataclass(frozen=True)
class Environment:
    """The variables of one connection: `<prefix><FIELD>`, or `<prefix><FIELD>_FILE` with the path of a file."""

    env: Mapping[str, str]
    prefix: str
    form: Mapping[str, Any]

    def touched(self, *, shared: bool = True) -> list[str]:
        """The variables that are set, if only to nothing."""
        fields = [field for field in self.form["properties"] if shared or field not in SHARED]
        names = [self.variable(field) + end for field in fields for end in ("", "_FILE")]
        return sorted(name for name in names if name in self.env)

    def variable(self, field: str) -> str:
        """The variable of a field."""
        return f"{self.prefix}{field.upper()}"

    def setting(self, name: str) -> str | None:
        """A setting that is not a field of the form. Raises `ConfigError` when it is set to nothing."""
        value = self.env.get(f"{self.prefix}{name}")
        if value is not None and not value.strip():
            raise ConfigError(f"{self.prefix}{name} is set but empty: unset it or give it a value")
        return value

    def find(self, field: str) -> Found | None:
        """The field's value; a variable that is set to nothing counts as not there."""
        plain, mounted = self.variable(field), self.variable(field) + "_FILE"
        if self.env.get(plain) and self.env.get(mounted):
            raise ConfigError(f"{plain} and {mounted} are both set: keep one")
        if value := self.env.get(plain):
            return Found(lambda: value, f"environment {plain}")
        if path := self.env.get(mounted):
            return Found(lambda: read_secret_file(path, mounted), f"file named by {mounted}")
        return None

    def named_elsewhere(self) -> list[str]:
        """Names of connections that other variables seem to belong to (`<prefix>EU_USERNAME` -> `eu`)."""
        own = {self.variable(field) + end for field in self.form["properties"] for end in ("", "_FILE")}
        fields = "|".join(re.escape(field.upper()) for field in self.form["properties"])
        pattern = re.compile(rf"{re.escape(self.prefix)}([A-Z0-9_]+?)_({fields})(_FILE)?")
        matches = (pattern.fullmatch(name) for name in self.env if name not in own)
        return sorted({match[1].lower() for match in matches if match})


@dataclass(frozen=True)
class Entry:
    """One connection of the connections file."""

    name: str
    data: Mapping[str, Any]
    path: Path
    pack: str
    env: Mapping[str, str]

    def find(self, field: str) -> Found | None:
        """The field's value, which may live in the keyring, in a variable or in a file."""
        if field not in self.data or self.data[field] is None:
            return None
        raw, where = self.data[field], f"{self.path}: {self.name}.{field}"
        if not isinstance(raw, Mapping):
            return Found(lambda: raw, f"file {self.path}")
        if set(raw) == {"keyring"} and raw["keyring"] is True:
            return Found(lambda: self._from_keyring(field, where), "keyring")
        if set(raw) == {"env"} and isinstance(raw["env"], str):
            return Found(lambda: self._from_variable(raw["env"], where), f"environment {raw['env']}")
        if set(raw) == {"file"} and isinstance(raw["file"], str):
            return Found(lambda: read_secret_file(raw["file"], where), f"file {raw['file']}")
        raise ConfigError(f"{where} must be {{keyring: true}}, {{env: NAME}} or {{file: path}}")

    def _from_keyring(self, field: str, where: str) -> Secret:
        value = vault.get_secret(self.pack, self.name, field)
        if value is None:
            raise ConfigError(f"{where}: the keyring holds no such secret; run: imcloud connection add {self.name}")
        return Secret(value)

    def _from_variable(self, variable: str, where: str) -> str:
        value = self.env.get(variable)
        if not value:
            raise ConfigError(f"{where}: the variable {variable} is {'empty' if value == '' else 'not set'}")
        return value


def read_secret_file(name: str, where: str) -> Secret:
    """The text of a mounted file without its last line end. Raises `ConfigError` when unreadable, or open to others."""
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            _check_access(file.fileno(), f"{where}: {path}")
            data = file.read(_MAX_SECRET_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{where}: {path} cannot be read: {error.strerror}") from None
    if len(data) > _MAX_SECRET_FILE:
        raise ConfigError(f"{where}: {path} is larger than {_MAX_SECRET_FILE} bytes")
    try:
        return Secret(strip_newline(data.decode("utf-8")))
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: {path} is not UTF-8 text") from None


def _check_access(handle: int, what: str) -> None:
    """Links are followed, as containers mount secrets by them; what counts is the file at their end.

    On a read-only mount, an orchestrator's, the modes are not the reader's to choose.
    """
    if os.name != "posix":
        return
    found = os.fstat(handle)
    if found.st_uid not in (os.getuid(), 0):
        raise ConfigError(f"{what} belongs to another user")
    if stat.S_ISFIFO(found.st_mode) or os.fstatvfs(handle).f_flag & os.ST_RDONLY:
        return
    if found.st_mode & 0o022 or (found.st_mode & 0o044 and found.st_uid == os.getuid()):
        raise ConfigError(f"{what} is open to others; run chmod 600 on it, and change the secret if it was read")
