"""Connections on disk and their secrets in the keyring."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import KEYRING_VALUE

from imcloud.connections import Store, resolve, vault
from imcloud.connections import file as file_module
from imcloud.errors import ConfigError
from imcloud.secrets import Secret

FORM: dict[str, Any] = {
    "properties": {
        "base_url": {"type": "string"},
        "user": {"type": "string"},
        "user_key": {"type": "string", "x-secret": True},
        "rate": {"type": "integer"},
    },
    "required": ["base_url", "user", "user_key"],
}
MANIFEST: dict[str, Any] = {"pack": "toy", "env_prefix": "TOY", "sandbox": "toy:start", "connection": {}}
VALUES: dict[str, Any] = {"base_url": "https://api.example.test/v1", "user": "no", "user_key": {"env": "MY_KEY"}}


class Encrypted:
    """Stands for a system's keyring; known by its place, as the real ones are."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    def get_password(self, service: str, user: str) -> str | None:
        if self.broken:
            raise RuntimeError(f"locked: {KEYRING_VALUE}")
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, value: str) -> None:
        self.kept[service, user] = value

    def delete_password(self, service: str, user: str) -> None:
        del self.kept[service, user]


class Plain(Encrypted):
    """Stands for a store that writes secrets in the clear."""


Encrypted.__module__, Encrypted.__qualname__ = "keyring.backends.SecretService", "Keyring"
Plain.__module__, Plain.__qualname__ = "keyrings.alt.file", "PlaintextKeyring"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Encrypted]:
    module = pytest.importorskip("keyring")
    backend = Encrypted()
    monkeypatch.setattr(module, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "config")


def add(store: Store, name: str, values: dict[str, Any] | None = None, **how: Any) -> None:
    store.add(name, FORM, MANIFEST, {**VALUES, **(values or {})}, **how)


def test_what_is_added_can_be_resolved(store: Store) -> None:
    add(store, "eu", {"rate": "5", "kind": "sandbox", "writes": "confirm", "methods": {"change": "PUT"}})
    settings = resolve(FORM, MANIFEST, env={"MY_KEY": "secret-value"}, config_dir=store.folder)
    assert (settings.name, settings.kind, settings.writes) == ("eu", "sandbox", "confirm")
    assert settings.fields == {  # type: ignore[union-attr]
        "base_url": "https://api.example.test/v1",
        "user": "no",
        "user_key": Secret("secret-value"),
        "rate": 5,
    }
    assert settings.pinned_methods == {"change": "PUT"}


@pytest.mark.parametrize(
    "text", ["no", "1e5", "00123", "null", "a: b # c", "é 'quoted\"", "{x}", "-", "~", "\U0001f600"]
)
def test_texts_stay_texts(text: str, store: Store) -> None:
    add(store, "eu", {"user": text})
    assert store.list().entries["eu"]["user"] == text


@pytest.mark.skipif(os.name != "posix", reason="modes exist on POSIX only")
def test_files_are_private_whatever_the_umask(store: Store) -> None:
    before = os.umask(0)
    try:
        add(store, "eu")
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.folder / ".connections.yaml.lock").stat().st_mode) == 0o600


def test_the_first_becomes_the_default(store: Store) -> None:
    add(store, "eu")
    add(store, "us")
    assert (list(store.list().entries), store.list().default) == (["eu", "us"], "eu")
    add(store, "asia", default=True)
    assert store.list().default == "asia"
    store.set_default("sandbox")
    assert store.list().default == "sandbox"
    store.set_default("us")
    with pytest.raises(ConfigError, match="no connection is called 'uk'"):
        store.set_default("uk")
    assert store.list().default == "us"


def test_nothing_is_replaced_by_accident(store: Store) -> None:
    add(store, "eu")
    with pytest.raises(ConfigError, match="there already"):
        add(store, "eu", {"user": "other"})
    assert store.list().entries["eu"]["user"] == "no"
    add(store, "eu", {"user": "other"}, replace_existing=True)
    assert store.list().entries["eu"]["user"] == "other"


def test_remove_and_rename(store: Store) -> None:
    add(store, "eu")
    add(store, "us")
    store.rename("eu", "europe")
    assert (list(store.list().entries), store.list().default) == (["europe", "us"], "europe")
    with pytest.raises(ConfigError, match="there already"):
        store.rename("us", "europe")
    store.remove("europe")
    assert (list(store.list().entries), store.list().default) == (["us"], None)
    for change in (lambda: store.remove("eu"), lambda: store.rename("eu", "x")):
        with pytest.raises(ConfigError, match="no connection is called 'eu'; the file holds: us"):
            change()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "1 to 32"),
        ("EU", "1 to 32"),
        ("a b", "1 to 32"),
        ("../x", "1 to 32"),
        ("x" * 33, "1 to 32"),
        ("sandbox", "is taken"),
        ("environment", "is taken"),
        ("user", "TOY_USER_KEY mean two things"),
    ],
)
def test_names(name: str, words: str, store: Store) -> None:
    with pytest.raises(ConfigError, match=words):
        add(store, name)
    assert not store.path.exists()


def test_two_names_with_the_same_variables(store: Store) -> None:
    add(store, "my-eu")
    with pytest.raises(ConfigError, match="share their environment variables"):
        add(store, "my_eu")
    add(store, "us")
    with pytest.raises(ConfigError, match="share their environment variables"):
        store.rename("us", "my_eu")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"user_key": {"keyring": True}}, "must be a value"),
        ({"user_key": {"env": ""}}, "must be a value"),
        ({"user_key": "short"}, "8 to 256"),
        ({"user": None}, "missing: user"),
        ({"usr": "x"}, "did you mean 'user'"),
        ({"base_url": "http://api.example.test"}, "https"),
        ({"rate": "x"}, "number"),
        ({"kind": "lab"}, "kind"),
        ({"writes": "x"}, "writes"),
        ({"methods": {"a": "b"}}, "methods"),
    ],
)
def test_what_cannot_be_stored(values: dict[str, Any], words: str, store: Store) -> None:
    with pytest.raises(ConfigError, match=words):
        add(store, "eu", values)
    assert not store.path.exists()


def test_a_secret_goes_to_the_keyring_and_nowhere_else(store: Store, keyring: Encrypted) -> None:
    add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})
    assert keyring.kept == {("imcloud:toy", "eu/user_key"): KEYRING_VALUE}
    assert KEYRING_VALUE not in store.path.read_text()
    settings = resolve(FORM, MANIFEST, name="eu", env={}, config_dir=store.folder)
    assert settings.fields["user_key"] == Secret(KEYRING_VALUE)
    assert settings.sources["user_key"] == "keyring"
    store.rename("eu", "us")
    assert keyring.kept == {("imcloud:toy", "us/user_key"): KEYRING_VALUE}
    store.remove("us")
    assert keyring.kept == {}


def test_a_secret_that_left_the_keyring(store: Store, keyring: Encrypted) -> None:
    add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})
    keyring.kept.clear()
    with pytest.raises(ConfigError, match="the keyring holds no such secret; run: imcloud connection add eu"):
        resolve(FORM, MANIFEST, env={}, config_dir=store.folder)
    store.remove("eu")


def test_a_failed_write_leaves_the_keyring_as_it_was(
    store: Store, keyring: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "eu", {"user_key": Secret("older-secret")})

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(file_module, "write_private", fail)
    for name in ("eu", "us"):
        with pytest.raises(OSError, match="disk full"):
            add(store, name, {"user_key": Secret("newer-secret")}, replace_existing=True)
    assert keyring.kept == {("imcloud:toy", "eu/user_key"): "older-secret"}


def test_only_encrypted_keyrings_are_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("keyring")
    plain = Plain()
    monkeypatch.setattr(module, "get_keyring", lambda: plain)
    assert not vault.is_available()
    with pytest.raises(ConfigError, match=r"no encrypted keyring here; .*\{env: NAME\}.*\{file: path\}"):
        add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})
    assert plain.kept == {}
    assert not store.path.exists()


def test_an_encrypted_keyring_among_several_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip("keyring")
    plain, encrypted = Plain(), Encrypted()
    chain = type("Chainer", (), {"backends": [plain, encrypted]})()
    monkeypatch.setattr(module, "get_keyring", lambda: chain)
    add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})
    assert (len(plain.kept), len(encrypted.kept)) == (0, 1)


def test_without_the_extra(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"install imcloud\[keyring\]"):
        add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})


def test_a_locked_keyring_does_not_speak(store: Store, keyring: Encrypted) -> None:
    add(store, "eu", {"user_key": Secret(KEYRING_VALUE)})
    keyring.broken = True
    with pytest.raises(ConfigError, match="could not be read") as caught:
        resolve(FORM, MANIFEST, env={}, config_dir=store.folder)
    assert KEYRING_VALUE not in str(caught.value)
    assert caught.value.__cause__ is None


def test_many_at_once(store: Store) -> None:
    threads = [threading.Thread(target=add, args=(store, f"c{number}")) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.list().entries) == sorted(f"c{number}" for number in range(12))
    assert {path.name for path in store.folder.iterdir()} == {"connections.yaml", ".connections.yaml.lock"}
