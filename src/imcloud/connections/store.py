"""The named connections on disk, as the command line adds, renames and removes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from imcloud.connections import vault
from imcloud.connections.checks import check_keys, check_kind, check_methods, check_no_literals, check_writes
from imcloud.connections.file import FILE, Contents, check_name, read_file, write_file
from imcloud.connections.values import check_field
from imcloud.errors import ConfigError
from imcloud.paths import private_dir
from imcloud.secrets import Secret


@dataclass(frozen=True)
class Store:
    """The connections file of a folder; every change is made under a lock and written in one step."""

    folder: Path

    @property
    def path(self) -> Path:
        """The connections file."""
        return self.folder / FILE

    def list(self) -> Contents:
        """What the file holds. Raises `ConfigError` when it cannot be read safely."""
        return read_file(self.folder)

    def add(
        self,
        name: str,
        form: Mapping[str, Any],
        manifest: Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        replace_existing: bool = False,
        default: bool = False,
    ) -> None:
        """Store a connection; `values` are fields and the settings kind, writes, methods.

        A secret field is a `Secret`, which goes to the keyring, or `{"env": NAME}` or `{"file": path}`, kept as such.
        The first connection becomes the default. Raises `ConfigError`.
        """
        check_name(name)
        _check_variables(name, form, manifest)
        entry, secrets = _entry(name, form, manifest, values)
        with self._changing() as (contents, save):
            if name in contents.entries and not replace_existing:
                raise ConfigError(f"a connection called {name!r} is there already: remove it first, or replace it")
            _check_twin(name, contents)
            first = not contents.entries and contents.default is None
            chosen = name if default or first else contents.default
            with _kept_in_keyring(manifest["pack"], name, secrets):
                save(Contents({**contents.entries, name: entry}, chosen))

    def remove(self, name: str) -> None:
        """Forget a connection and its secrets in the keyring. Raises `ConfigError` when there is none of that name."""
        with self._changing() as (contents, save):
            entry = _existing(contents, name)
            rest = {key: value for key, value in contents.entries.items() if key != name}
            save(Contents(rest, None if contents.default == name else contents.default))
        for field in _in_keyring(entry):
            vault.delete_secret(entry.get("pack", ""), name, field)

    def rename(self, name: str, new: str) -> None:
        """Give a connection another name, in the keyring, too. Raises `ConfigError`."""
        check_name(new)
        with self._changing() as (contents, save):
            entry = _existing(contents, name)
            if new in contents.entries:
                raise ConfigError(f"a connection called {new!r} is there already")
            pack = entry.get("pack", "")
            secrets = {field: vault.get_secret(pack, name, field) for field in _in_keyring(entry)}
            renamed = {new if key == name else key: value for key, value in contents.entries.items()}
            _check_twin(new, Contents({key: value for key, value in renamed.items() if key != new}))
            with _kept_in_keyring(pack, new, {key: value for key, value in secrets.items() if value is not None}):
                save(Contents(renamed, new if contents.default == name else contents.default))
        for field in secrets:
            vault.delete_secret(pack, name, field)

    def set_default(self, name: str) -> None:
        """Make a connection, or `sandbox`, the one that serves when none is named. Raises `ConfigError`."""
        with self._changing() as (contents, save):
            if name != "sandbox":
                _existing(contents, name)
            save(replace(contents, default=name))

    @contextmanager
    def _changing(self) -> Iterator[tuple[Contents, Callable[[Contents], None]]]:
        private_dir(self.folder)
        try:
            with FileLock(self.folder / f".{FILE}.lock", timeout=10, mode=0o600):
                yield read_file(self.folder), lambda contents: write_file(self.folder, contents)
        except Timeout:
            raise ConfigError(f"{self.path}: another command is changing it") from None


def _entry(
    name: str, form: Mapping[str, Any], manifest: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    where = f"the connection {name!r}"
    check_keys(form, values, where)
    given = {key: value for key, value in values.items() if value is not None}
    if missing := [key for key in form.get("required", []) if key not in given]:
        raise ConfigError(f"{where} is incomplete; missing: {', '.join(missing)}")
    entry: dict[str, Any] = {"pack": manifest["pack"]}
    if "kind" in given:
        entry["kind"] = check_kind(given["kind"], where)
    if "writes" in given:
        entry["writes"] = check_writes(given["writes"], where)
    if given.get("methods"):
        entry["methods"] = check_methods(given["methods"], where)
    secrets: dict[str, str] = {}
    for key, schema in form["properties"].items():
        if key in given:
            entry[key] = _field(key, schema, given[key], where, secrets)
    check_no_literals(form, entry, where)
    return entry, secrets


def _field(key: str, schema: Mapping[str, Any], value: Any, where: str, secrets: dict[str, str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) not in ({"env"}, {"file"}) or not all(isinstance(item, str) and item for item in value.values()):
            raise ConfigError(f"{where}: {key} must be a value, {{env: NAME}} or {{file: path}}")
        return dict(value)
    checked = check_field(key, schema, value, where)
    if not isinstance(checked, Secret):
        return checked
    secrets[key] = checked.reveal()
    return {"keyring": True}


@contextmanager
def _kept_in_keyring(pack: str, name: str, secrets: Mapping[str, str]) -> Iterator[None]:
    """Store the secrets; put back what was there before when the file could not be written."""
    before = {field: vault.get_secret(pack, name, field) for field in secrets}
    try:
        for field, value in secrets.items():
            vault.set_secret(pack, name, field, value)
        yield
    except BaseException:
        for field, old in before.items():
            if old is None:
                vault.delete_secret(pack, name, field)
            else:
                vault.set_secret(pack, name, field, old)
        raise


def _existing(contents: Contents, name: str) -> dict[str, Any]:
    if name not in contents.entries:
        known = ", ".join(sorted(contents.entries)) or "none"
        raise ConfigError(f"no connection is called {name!r}; the file holds: {known}")
    return contents.entries[name]


def _in_keyring(entry: Mapping[str, Any]) -> list[str]:
    return [key for key, value in entry.items() if value == {"keyring": True}]


def _check_variables(name: str, form: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    start = f"{name.replace('-', '_')}_"
    if clash := next((field for field in form["properties"] if field.startswith(start)), None):
        raise ConfigError(
            f"the name {name!r} would make {manifest['env_prefix']}_{clash.upper()} mean two things: choose another"
        )


def _check_twin(name: str, contents: Contents) -> None:
    variable = name.replace("-", "_")
    for other in contents.entries:
        if other != name and other.replace("-", "_") == variable:
            raise ConfigError(f"{name!r} and {other!r} would share their environment variables: choose another name")
