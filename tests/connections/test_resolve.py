"""Which connection is meant: every rule of the sequence, and every way in which it must be an error instead."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from support.canaries import FILE_VALUE

from imcloud.connections import SandboxWanted, Settings, field_rows, known_connections, resolve, sandbox_settings
from imcloud.errors import ConfigError
from imcloud.secrets import MASK, Secret

# A pack of another make than the one that is shipped.
FORM: dict[str, Any] = {
    "properties": {
        "base_url": {"type": "string", "title": "Address"},
        "realm": {"type": "string", "enum": ["north", "south", "no"]},
        "user": {"type": "string"},
        "phrase": {"type": "string", "x-secret": True, "title": "Pass phrase"},
        "app": {"type": "string"},
        "retries": {"type": "integer", "minimum": 1, "maximum": 9},
        "strict": {"type": "boolean"},
        "timeout": {"type": "number", "default": 90},
        "proxy": {"type": "string"},
        "ca_bundle": {"type": "string"},
    },
    "required": ["base_url", "realm", "user", "phrase"],
}
MANIFEST: dict[str, Any] = {
    "pack": "toy",
    "env_prefix": "TOY",
    "sandbox": "toy:start",
    "connection": {"show": ["realm"]},
}
ENV = {
    "TOY_BASE_URL": "https://API.example.test/v1/",
    "TOY_REALM": "north",
    "TOY_USER": "me",
    "TOY_PHRASE": "phrase-from-env",
}
FILE = """\
format: 1
default: eu
connections:
  eu:
    pack: toy
    writes: allow
    methods: {change: POST}
    base_url: https://eu.example.test/v1
    realm: no
    user: file-user
    phrase: {env: EU_SECRET}
    app: file-app
  us:
    pack: toy
    kind: sandbox
    base_url: https://us.example.test
    realm: south
    user: us-user
    phrase: {file: PHRASE_FILE}
  other:
    pack: another
    anything: goes
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config"


def write(folder: Path, text: str = FILE, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    secret = folder / "phrase.txt"
    secret.write_text(f"{FILE_VALUE}\n")
    secret.chmod(0o600)
    file = folder / "connections.yaml"
    file.write_text(text.replace("PHRASE_FILE", str(secret)))
    file.chmod(mode)
    return file


def find(folder: Path, env: dict[str, str] | None = None, **more: Any) -> Any:
    return resolve(FORM, {**MANIFEST, **more.pop("manifest", {})}, env=env or {}, config_dir=folder, **more)


def renamed(name: str) -> dict[str, str]:
    return {key.replace("TOY_", f"TOY_{name}_"): value for key, value in ENV.items()}


# Nothing configured, and everything that must not be taken for it


def test_with_nothing_configured_the_sandbox_serves(folder: Path) -> None:
    wanted = find(folder)
    assert isinstance(wanted, SandboxWanted)
    assert (wanted.name, wanted.implicit, wanted.writes, wanted.read_only) == ("sandbox", True, "allow", False)


@pytest.mark.parametrize("left_out", sorted(ENV))
@pytest.mark.parametrize("empty", [False, True])
def test_a_partly_configured_environment_is_an_error(left_out: str, empty: bool, folder: Path) -> None:
    env = {key: value for key, value in ENV.items() if key != left_out} | ({left_out: ""} if empty else {})
    with pytest.raises(ConfigError) as caught:
        find(folder, env)
    text = str(caught.value)
    assert f"set but empty: {left_out}" in text if empty else f"missing: {left_out}." in text
    assert all(key in text for key in ENV)
    assert not any(value in text for value in ENV.values() if value != "me")


@pytest.mark.parametrize(
    "env",
    [
        {"TOY_PHRASE": ""},
        {"TOY_PHRASE_FILE": ""},
        {"TOY_PHRASE_FILE": "/run/secrets/phrase"},
        {"TOY_APP": "x"},
        {"TOY_TIMEOUT": "5"},
        {"TOY_PROXY": "http://proxy:3128"},
        {"TOY_KIND": "production"},
        {"TOY_EU_PHRASE": "x"},
        {"TOY_EU_PHRASE_FILE": ""},
        {"TOY_CONNECTION": ""},
        {"TOY_CONNECTION": " "},
        {"TOY_CONNECTION": "typo"},
    ],
)
def test_one_variable_is_enough_to_rule_out_the_silent_sandbox(env: dict[str, str], folder: Path) -> None:
    with pytest.raises(ConfigError):
        find(folder, env)


def test_an_unreadable_file_is_never_the_sandbox(folder: Path) -> None:
    write(folder, "format: 2\n")
    with pytest.raises(ConfigError, match="format: 1"):
        find(folder)


def test_a_production_connection_that_is_wanted_is_never_the_sandbox(folder: Path) -> None:
    with pytest.raises(ConfigError, match="production"):
        find(folder, explicit={"kind": "production"})


def test_a_pack_without_a_sandbox_says_what_to_set(folder: Path) -> None:
    with pytest.raises(ConfigError, match="TOY_BASE_URL, TOY_REALM, TOY_USER, TOY_PHRASE"):
        find(folder, manifest={"sandbox": None})


# The sandbox by name


@pytest.mark.parametrize("env", [{"TOY_CONNECTION": "sandbox"}, {**ENV, "TOY_CONNECTION": "sandbox"}])
def test_the_sandbox_by_name(env: dict[str, str], folder: Path) -> None:
    assert find(folder, env).implicit is False
    assert find(folder, {"TOY_PHRASE": ""}, name="sandbox") == find(folder, env)


def test_the_sandbox_needs_no_readable_file(folder: Path) -> None:
    write(folder, "junk", 0o644)
    assert isinstance(find(folder, name="sandbox"), SandboxWanted)


def test_the_sandbox_takes_no_account(folder: Path) -> None:
    with pytest.raises(ConfigError, match="brings its own fields"):
        find(folder, name="sandbox", explicit={"user": "me"})
    wanted = find(folder, {"TOY_TIMEOUT": "7"}, name="sandbox")
    assert (wanted.fields, wanted.sources) == ({"timeout": 7}, {"timeout": "environment TOY_TIMEOUT"})


def test_settings_of_a_started_sandbox(folder: Path) -> None:
    wanted = find(folder, {"TOY_TIMEOUT": "7", "TOY_READ_ONLY": "1"}, name="sandbox")
    given = {"base_url": "http://127.0.0.1:8080/x", "realm": "north", "user": "u", "phrase": "sandbox-phrase", "z": 1}
    settings = sandbox_settings(FORM, MANIFEST, wanted, given)
    assert (settings.kind, settings.writes, settings.loopback, settings.timeout) == ("sandbox", "deny", True, 7.0)
    assert settings.describe() == {"name": "sandbox", "kind": "sandbox", "host": "127.0.0.1:8080", "realm": "north"}
    assert settings.sources["phrase"] == "sandbox"
    assert "z" not in settings.fields


# The environment


def test_a_whole_environment(folder: Path) -> None:
    settings = find(folder, ENV)
    assert isinstance(settings, Settings)
    assert (settings.name, settings.kind, settings.writes) == ("environment", "production", "confirm")
    assert settings.base_url == "https://api.example.test/v1"
    assert settings.fields["phrase"] == Secret("phrase-from-env")
    assert settings.sources["phrase"] == "environment TOY_PHRASE"
    assert (settings.timeout, settings.sources["timeout"]) == (90.0, "default")
    assert settings.describe() == {
        "name": "environment",
        "kind": "production",
        "host": "api.example.test",
        "realm": "north",
    }


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    write(folder)
    settings = find(folder, {**ENV, "EU_SECRET": "secret-of-eu"})
    assert settings.name == "environment"
    assert "app" not in settings.fields  # nothing of another account slips in


def test_mounted_secrets(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "phrase"
    path.write_bytes(f"{FILE_VALUE}\r\n".encode())
    path.chmod(0o600)
    env = {**ENV, "TOY_PHRASE_FILE": str(path)}
    with pytest.raises(ConfigError, match="TOY_PHRASE and TOY_PHRASE_FILE are both set"):
        find(folder, env)
    del env["TOY_PHRASE"]
    settings = find(folder, env)
    assert settings.fields["phrase"].reveal() == FILE_VALUE
    assert settings.sources["phrase"] == "file named by TOY_PHRASE_FILE"
    for broken in (b"\xff" * 20, b"x" * 5000):
        path.write_bytes(broken)
        with pytest.raises(ConfigError, match="TOY_PHRASE_FILE"):
            find(folder, env)
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        find(folder, env)


def test_empty_optional_variables_are_not_given(folder: Path) -> None:
    assert "app" not in find(folder, {**ENV, "TOY_APP": ""}).fields


def test_a_default_in_the_file_does_not_hide_a_partial_environment(folder: Path) -> None:
    write(folder)
    with pytest.raises(ConfigError, match="partly"):
        find(folder, {"TOY_USER": "me", "EU_SECRET": "secret-of-eu"})


def test_variables_of_another_pack_mean_nothing_here(folder: Path) -> None:
    assert isinstance(find(folder, {"OTHER_USER": "x", "TOYS_USER": "y"}), SandboxWanted)


# Names


def test_variables_with_a_name(folder: Path) -> None:
    env = renamed("MY_EU")
    for settings in (find(folder, env, name="my-eu"), find(folder, {**env, "TOY_CONNECTION": "my_eu"})):
        assert settings.fields["user"] == "me"
        assert settings.sources["user"] == "environment TOY_MY_EU_USER"
    with pytest.raises(ConfigError, match="variables of my_eu are set, but no connection is named"):
        find(folder, env)


def test_a_named_connection_does_not_take_the_unnamed_variables(folder: Path) -> None:
    env = {**ENV, **renamed("EU")}
    del env["TOY_EU_PHRASE"]
    with pytest.raises(ConfigError, match=r"'eu' is incomplete.*missing: TOY_EU_PHRASE"):
        find(folder, env, name="eu")


def test_an_argument_wins_over_the_variable_that_names(folder: Path) -> None:
    write(folder)
    env = {"TOY_CONNECTION": "us", "EU_SECRET": "secret-of-eu"}
    assert find(folder, env).name == "us"
    assert find(folder, env, name="eu").name == "eu"
    assert find(folder, {**env, **ENV}).name == "us"
    assert find(folder, {**env, **ENV}, name="environment").name == "environment"


def test_an_unknown_name_shows_the_nearest(folder: Path) -> None:
    write(folder)
    with pytest.raises(ConfigError, match="no connection is called 'uss'; did you mean 'us'"):
        find(folder, name="uss")
    with pytest.raises(ConfigError, match="known are eu, us, sandbox"):
        find(folder, name="zzzzzz")
    with pytest.raises(ConfigError, match="no connection"):
        find(folder, name="")


def test_a_connection_of_another_pack(folder: Path) -> None:
    write(folder)
    with pytest.raises(ConfigError, match="belongs to the pack 'another'"):
        find(folder, name="other")


# The file


def test_the_file(folder: Path) -> None:
    write(folder)
    settings = find(folder, {"EU_SECRET": "secret-of-eu"})
    assert (settings.name, settings.kind, settings.writes) == ("eu", "production", "allow")
    assert settings.fields["realm"] == "no"  # not False
    assert settings.fields["phrase"] == Secret("secret-of-eu")
    assert settings.sources["phrase"] == "environment EU_SECRET"
    assert settings.sources["user"] == f"file {folder / 'connections.yaml'}"
    assert settings.pinned_methods == {"change": "POST"}
    us = find(folder, name="us")
    assert (us.kind, us.writes, us.fields["phrase"]) == ("sandbox", "allow", Secret(FILE_VALUE))


def test_variables_with_a_name_win_over_the_file(folder: Path) -> None:
    write(folder)
    settings = find(folder, {"TOY_EU_PHRASE": "phrase-override", "TOY_EU_USER": "other", "TOY_TIMEOUT": "3"})
    assert settings.fields["phrase"] == Secret("phrase-override")
    assert settings.fields["user"] == "other"
    assert settings.fields["app"] == "file-app"
    assert settings.sources["timeout"] == "environment TOY_TIMEOUT"


def test_a_secret_that_is_not_there(folder: Path) -> None:
    write(folder)
    with pytest.raises(ConfigError, match="EU_SECRET is not set"):
        find(folder)
    with pytest.raises(ConfigError, match="EU_SECRET is empty"):
        find(folder, {"EU_SECRET": ""})


def test_one_connection_needs_no_default_and_several_do(folder: Path) -> None:
    write(folder, FILE.replace("default: eu\n", ""))
    with pytest.raises(ConfigError, match=r"several connections are configured \(eu, us\)"):
        find(folder)
    one = FILE.replace("default: eu\n", "").split("  us:")[0]
    write(folder, one)
    assert find(folder, {"EU_SECRET": "secret-of-eu"}).name == "eu"


def test_the_sandbox_as_the_files_default(folder: Path) -> None:
    write(folder, FILE.replace("default: eu", "default: sandbox"))
    wanted = find(folder)
    assert (wanted.name, wanted.implicit) == ("sandbox", False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("phrase: {env: EU_SECRET}", "phrase: literal-canary", "phrase is written out"),
        ("phrase: {env: EU_SECRET}", "phrase: {vault: x}", "must be {keyring: true}"),
        ("phrase: {env: EU_SECRET}", "phrase: {keyring: false}", "must be {keyring: true}"),
        ("phrase: {env: EU_SECRET}", "", "missing: TOY_EU_PHRASE"),
        ("user: file-user", "usr: file-user", "'usr' is not known; did you mean 'user'"),
        ("user: file-user", "user: [a]", "user must be a text"),
        ("writes: allow", "writes: maybe", "writes must be deny, confirm or allow"),
        ("writes: allow", "kind: lab", "kind must be sandbox or production"),
        ("methods: {change: POST}", "methods: {change: FETCH}", "methods must be"),
        ("https://eu.example.test/v1", "http://eu.example.test/v1", "base_url must be https"),
        ("realm: no", "realm: east", "realm must be one of north, south, no"),
        ("default: eu", "default: nobody", "2: the default names no connection"),
        ("default: eu", "defaults: eu", "2: 'defaults' is not known here"),
        ("  us:", "  US:", "1 to 32 of a-z"),
        ("  us:", "  sandbox:", "the name 'sandbox' is taken"),
        ("  us:", "  eu:", "a second time"),
        ("connections:\n", "connections: []\nx:\n", "not known here"),
    ],
)
def test_mistakes_in_the_file(old: str, new: str, words: str, folder: Path) -> None:
    assert old in FILE
    write(folder, FILE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        find(folder, {"EU_SECRET": "secret-of-eu"})
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes exist on POSIX only")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused_with_the_remedy(mode: int, folder: Path) -> None:
    file = write(folder, mode=mode)
    with pytest.raises(ConfigError, match=f"run: chmod 600 {file}"):
        find(folder)


@pytest.mark.skipif(os.name != "posix", reason="links to files of others are a matter of POSIX systems here")
def test_links_and_other_things_are_refused(folder: Path, tmp_path: Path) -> None:
    file = write(folder)
    file.rename(tmp_path / "real.yaml")
    file.symlink_to(tmp_path / "real.yaml")
    with pytest.raises(ConfigError, match="it is a link"):
        find(folder)
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="not a plain file"):
        find(folder)


def test_a_file_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder)
    monkeypatch.setattr(os, "getuid", lambda: 4242, raising=False)
    monkeypatch.setattr(os, "name", "posix")
    with pytest.raises(ConfigError, match="belongs to another user"):
        find(folder)


# Arguments


def test_arguments_win_over_everything(folder: Path) -> None:
    settings = find(folder, ENV, explicit={"user": "argued"})
    assert (settings.fields["user"], settings.sources["user"]) == ("argued", "argument")
    assert settings.sources["realm"] == "environment TOY_REALM"
    write(folder)
    eu = find(folder, {"EU_SECRET": "secret-of-eu"}, name="eu", explicit={"user": "argued", "writes": "deny"})
    assert (eu.fields["user"], eu.writes) == ("argued", "deny")


def test_complete_arguments_stand_alone(folder: Path) -> None:
    write(folder)
    explicit = {
        "base_url": "https://x.example.test",
        "realm": "south",
        "user": "u",
        "phrase": Secret("argued-phrase"),
        "app": None,
    }
    env = {**ENV, "TOY_APP": "of-another-account", "TOY_TIMEOUT": "4", "TOY_CONNECTION": "eu"}
    settings = find(folder, env, explicit=explicit)
    assert (settings.name, settings.timeout) == ("argument", 4.0)
    assert "app" not in settings.fields


def test_arguments_about_the_network_change_no_choice(folder: Path) -> None:
    write(folder)
    settings = find(folder, {"EU_SECRET": "secret-of-eu"}, explicit={"timeout": 5})
    assert (settings.name, settings.timeout) == ("eu", 5.0)
    assert find(folder.parent / "none", explicit={"timeout": 5}).fields == {"timeout": 5}


def test_an_unknown_argument(folder: Path) -> None:
    with pytest.raises(ConfigError, match="'usr' is not known; did you mean 'user'"):
        find(folder, explicit={"usr": "x"})


# Kinds, writes, read-only


@pytest.mark.parametrize(
    ("url", "env", "kind", "writes"),
    [
        ("https://api.example.test", {}, "production", "confirm"),
        ("http://127.0.0.1:8000/x", {}, "sandbox", "allow"),
        ("http://localhost:8000", {}, "sandbox", "allow"),
        ("http://[::1]:8000", {}, "sandbox", "allow"),
        ("https://lab.example.test", {"TOY_KIND": "sandbox"}, "sandbox", "allow"),
        ("http://127.0.0.1:8000", {"TOY_KIND": "production"}, "production", "confirm"),
        ("https://api.example.test", {"TOY_WRITES": "allow"}, "production", "allow"),
        ("https://api.example.test", {"TOY_WRITES": "deny"}, "production", "deny"),
        ("http://127.0.0.1:8000", {"TOY_WRITES": "confirm"}, "sandbox", "confirm"),
    ],
)
def test_kind_and_writes(url: str, env: dict[str, str], kind: str, writes: str, folder: Path) -> None:
    settings = find(folder, {**ENV, "TOY_BASE_URL": url, **env})
    assert (settings.kind, settings.writes) == (kind, writes)


@pytest.mark.parametrize(
    ("own", "general", "writes"),
    [
        ({}, "confirm", "confirm"),
        ({}, "deny", "deny"),
        ({"TOY_EU_WRITES": "deny"}, "allow", "deny"),
        ({"TOY_EU_WRITES": "confirm"}, None, "confirm"),
    ],
)
def test_a_general_rule_tightens_and_never_loosens(
    own: dict[str, str], general: str | None, writes: str, folder: Path
) -> None:
    write(folder)
    env = {"EU_SECRET": "secret-of-eu", **own, **({"TOY_WRITES": general} if general else {})}
    assert find(folder, env, name="eu").writes == writes


@pytest.mark.parametrize("env", [{"TOY_WRITES": ""}, {"TOY_WRITES": "yes"}, {"TOY_KIND": "prod"}, {"TOY_KIND": ""}])
def test_settings_that_mean_nothing_are_errors(env: dict[str, str], folder: Path) -> None:
    with pytest.raises(ConfigError):
        find(folder, {**ENV, **env})


@pytest.mark.parametrize("variable", ["IMCLOUD_READ_ONLY", "TOY_READ_ONLY"])
@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
def test_read_only_wins_over_everything(variable: str, value: str, folder: Path) -> None:
    write(folder)
    env = {"EU_SECRET": "secret-of-eu", "TOY_WRITES": "allow", variable: value}
    settings = find(folder, env, explicit={"writes": "allow"})
    assert (settings.read_only, settings.writes) == (True, "deny")
    wanted = find(folder.parent / "none", {variable: value})
    assert (wanted.read_only, wanted.writes) == (True, "deny")


@pytest.mark.parametrize("value", ["0", "false", "No", "off"])
def test_read_only_can_be_switched_off(value: str, folder: Path) -> None:
    assert find(folder, {"IMCLOUD_READ_ONLY": value}).read_only is False


@pytest.mark.parametrize("value", ["", "maybe", "2", "ja"])
def test_a_misspelt_read_only_is_refused(value: str, folder: Path) -> None:
    with pytest.raises(ConfigError, match="IMCLOUD_READ_ONLY must be one of"):
        find(folder, {**ENV, "IMCLOUD_READ_ONLY": value})


# What can be told


def test_every_field_with_its_source(folder: Path) -> None:
    rows = {row.field: row for row in field_rows(find(folder, ENV), FORM)}
    assert list(rows) == list(FORM["properties"])
    assert (rows["phrase"].title, rows["phrase"].value) == ("Pass phrase", MASK)
    assert (rows["app"].value, rows["app"].source) == (None, "not set")


def test_all_connections_that_can_be_named(folder: Path) -> None:
    write(folder)
    env = {"TOY_ASIA_USER": "x", "EU_SECRET": "secret-of-eu"}
    known = {row.name: row for row in known_connections(FORM, MANIFEST, env=env, config_dir=folder)}
    assert list(known) == ["asia", "eu", "us", "sandbox"]
    assert [name for name, row in known.items() if row.default] == ["eu"]
    assert "incomplete" in str(known["asia"].problem)
    assert (known["eu"].host, known["eu"].source) == ("eu.example.test", "connections file")
    alone = known_connections(FORM, MANIFEST, env={}, config_dir=folder.parent / "none")
    assert [(row.name, row.default) for row in alone] == [("sandbox", True)]
    whole = known_connections(FORM, MANIFEST, env=ENV, config_dir=folder.parent / "none")
    assert [(row.name, row.default) for row in whole] == [("environment", True), ("sandbox", False)]
