"""`imcloud connection`: nothing is saved that does not work, no secret is an argument, a failed test says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import Ran, invoke

from imcloud import sandbox

Add = Callable[..., Ran]
SECRETS = {"MY_PASSWORD": "password", "MY_KEY": "subscription_key"}


@pytest.fixture
def add(bare: dict[str, Any], market: Any) -> Add:
    """Runs `connection add eu` with the fields of the sandbox, some of them changed."""

    def command(*words: str, stdin: str | None = None, env: dict[str, Any] | None = None, **changed: str) -> Ran:
        fields = {**market.fields, **changed}
        sets = [f"--set={name}={fields[name]}" for name in ("base_url", "marketplace", "username")]
        secrets = [f"--secret={field}=env:{variable}" for variable, field in SECRETS.items()]
        known = {variable: fields[field] for variable, field in SECRETS.items()}
        return invoke({**bare, **known, **(env or {})}, "connection", "add", "eu", *sets, *secrets, *words, stdin=stdin)

    return command


def saved(bare: dict[str, Any]) -> str:
    file = Path(str(bare["IMCLOUD_HOME"])) / "config" / "connections.yaml"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def test_a_connection_is_tried_and_saved_without_its_secrets(add: Add, bare: dict[str, Any], market: Any) -> None:
    ran = add()
    assert ran.code == 0 and "✔ it works" in ran.err and "saved 'eu'" in ran.err
    assert "MY_PASSWORD" in saved(bare)
    for secret in (market.fields["password"], market.fields["subscription_key"]):
        assert secret not in saved(bare) + ran.out + ran.err
    env = {**bare, **{variable: market.fields[field] for variable, field in SECRETS.items()}}
    listed = invoke(env, "connection", "list").json
    assert [(row["name"], row["default"]) for row in listed] == [("eu", True), ("sandbox", False)]
    shown = invoke(env, "connection", "show", "eu", "--table")
    assert "environment MY_PASSWORD" in shown.out and "********" in shown.out and "not set" in shown.out
    assert invoke(env, "connection", "show").json["fields"][3]["value"] == "********"
    assert invoke(env, "connection", "test", "eu").json["ok"] is True
    assert invoke(env, "connection", "test", "--table").code == 0
    ran = invoke(env, "run", "list_customers", "--max-items", "1", "--connection", "eu")
    assert ran.json["connection"]["name"] == "eu" and ran.err == ""
    assert invoke(bare, "run", "list_customers", "--connection", "eu").code == 2
    assert invoke(env, "connection", "remove", "eu").code == 2
    assert invoke(env, "connection", "remove", "eu", "--yes").code == 0
    assert "eu" not in saved(bare)


REFUSALS = [
    ({"subscription_key": "a-key-that-is-wrong"}, {}, "Subscription Key is wrong"),
    ({"password": "a-password-that-is-wrong"}, {}, "Username or Password is wrong"),
    ({"username": "nobody@sandbox.api"}, {}, "Username or Password is wrong"),
    ({"marketplace": "zz"}, {}, "Marketplace is wrong"),
    ({}, {"credentials_too_new": True}, "up to 24 hours"),
]


@pytest.mark.parametrize(("changed", "setting", "cause"), REFUSALS, ids=[cause for _, _, cause in REFUSALS])
def test_a_failed_test_says_why_and_saves_nothing(
    add: Add, bare: dict[str, Any], changed: dict[str, str], setting: dict[str, Any], cause: str
) -> None:
    with sandbox.start(None, settings=setting) as server:
        ran = add(**{"base_url": server.base_url, **changed})
    assert ran.code == 1 and saved(bare) == ""
    probably = next(line for line in ran.err.splitlines() if "probably" in line)
    assert cause in probably
    assert all(value not in ran.err for value in changed.values() if value != "zz")


def test_a_wrong_region_is_told_from_an_address_that_nobody_answers(add: Add, market: Any) -> None:
    elsewhere = add(base_url=market.base_url.replace("/sandbox", "/elsewhere"))
    assert elsewhere.code == 1 and "probably API URL is wrong" in elsewhere.err and "cannot reach" not in elsewhere.err
    nobody = add(base_url="http://127.0.0.1:9/marketplace/sandbox")
    assert nobody.code == 1 and "this machine cannot reach it" in nobody.err


def test_a_user_who_is_not_activated(add: Add, market: Any) -> None:
    ran = add(**market.users["inactive"])
    assert ran.code == 1 and "probably the user is not activated" in ran.err


def test_without_a_test_anything_complete_is_saved(add: Add, bare: dict[str, Any]) -> None:
    assert add("--no-test", password="a-password-that-is-wrong").code == 0 and "MY_PASSWORD" in saved(bare)
    again = add("--no-test")
    assert again.code == 2 and "--replace" in again.err
    assert add("--no-test", "--replace", "--writes", "deny", "--kind", "sandbox", "--default").code == 0
    assert "deny" in saved(bare)


def test_secrets_from_files(add: Add, bare: dict[str, Any], market: Any, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(market.fields["password"] + "\n", encoding="utf-8")
    file.chmod(0o600)
    file.chmod(0o600)
    env = {**bare, "MY_KEY": market.fields["subscription_key"]}
    sets = [f"--set={name}={market.fields[name]}" for name in ("base_url", "marketplace", "username")]
    secrets = [f"--secret=password=file:{file}", "--secret=subscription_key=env:MY_KEY"]
    ran = invoke(env, "connection", "add", "us", *sets, *secrets)
    assert ran.code == 0, ran.err
    assert invoke(env, "run", "list_customers", "--max-items", "1").json["ok"] is True


MISTAKES = [
    (["--set=password=hunter2hunter2"], "password is a secret"),
    (["--secret=password=hunter2hunter2"], "names a source"),
    (["--set=username"], "FIELD=VALUE"),
    (["--set=usernam=x"], "did you mean username?"),
    (["--set=username=x", "--set=username=y"], "given twice"),
    (["--secret=password=stdin", "--secret=subscription_key=stdin"], "only one secret"),
    (["--secret=password=env:NOT_SET_ANYWHERE"], "missing without a terminal"),
    ([], "missing without a terminal: base_url, marketplace, username, password, subscription_key"),
    (["--pack=nonsense"], "no pack is called"),
]


@pytest.mark.parametrize(("words", "text"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_mistakes_save_nothing_and_repeat_no_secret(bare: dict[str, Any], words: list[str], text: str) -> None:
    ran = invoke(bare, "connection", "add", "eu", *words, stdin="")
    assert ran.code == 2 and text in ran.err and "hunter2" not in ran.err and saved(bare) == ""


def test_a_variable_that_is_not_set(add: Add, bare: dict[str, Any]) -> None:
    ran = add(env={"MY_PASSWORD": None})
    assert ran.code == 2 and "'MY_PASSWORD' is not set" in ran.err and saved(bare) == ""


@pytest.mark.parametrize("name", ["sandbox", "EU", "../x", "-x", "environment"])
def test_names_that_cannot_be(add: Add, bare: dict[str, Any], name: str) -> None:
    ran = invoke(bare, "connection", "add", "--no-test", "--", name, stdin="")
    assert ran.code == 2 and saved(bare) == ""


@pytest.mark.usefixtures("person")
def test_a_person_is_asked_for_what_is_missing(bare: dict[str, Any], market: Any) -> None:
    fields = market.fields
    env = {**bare, "PW": fields["password"], "KEY": fields["subscription_key"]}
    answers = "\n".join([fields["base_url"], fields["marketplace"], fields["username"], "PW", "KEY", ""])
    ran = invoke(env, "connection", "add", "asked", stdin=answers)
    assert ran.code == 0, ran.err
    assert "API URL:" in ran.err and "saved 'asked'" in ran.err and ran.out == ""


@pytest.mark.usefixtures("person")
def test_secrets_are_asked_for_without_echo_and_go_to_the_keyring(
    bare: dict[str, Any], market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imcloud.connections import vault

    kept: dict[tuple[str, str, str], str] = {}
    monkeypatch.setattr(vault, "is_available", lambda: True)
    monkeypatch.setattr(vault, "set_secret", lambda *where: kept.__setitem__(where[:3], where[3]))
    monkeypatch.setattr(vault, "get_secret", lambda *where: kept.get(where))
    monkeypatch.setattr(vault, "delete_secret", lambda *where: kept.pop(where, None))
    fields = market.fields
    words = [f"--set={name}={fields[name]}" for name in ("base_url", "marketplace", "username")]
    answers = f"{fields['password']}\n{fields['subscription_key']}\n"
    ran = invoke(bare, "connection", "add", "kept", *words, stdin=answers)
    assert ran.code == 0, ran.err
    assert sorted(kept.values()) == sorted([fields["password"], fields["subscription_key"]])
    assert fields["password"] not in ran.out + ran.err + saved(bare)
    assert invoke(bare, "run", "list_customers", "--max-items", "1").json["connection"]["name"] == "kept"


@pytest.mark.usefixtures("person")
def test_a_person_may_save_what_does_not_work(add: Add, bare: dict[str, Any]) -> None:
    assert add(password="a-password-that-is-wrong", stdin="n\n").code == 1 and saved(bare) == ""
    assert add(password="a-password-that-is-wrong", stdin="y\n").code == 0 and "eu" in saved(bare)


@pytest.mark.usefixtures("person")
def test_removing_asks(add: Add, bare: dict[str, Any]) -> None:
    add("--no-test")
    assert invoke(bare, "connection", "remove", "eu", stdin="n\n").code == 2 and "eu" in saved(bare)
    assert invoke(bare, "connection", "remove", "eu", stdin="y\n").code == 0
    assert invoke(bare, "connection", "remove", "eu", "--yes").code == 2


def test_nothing_configured_shows_the_sandbox(bare: dict[str, Any]) -> None:
    assert [row["name"] for row in invoke(bare, "connection", "list").json] == ["sandbox"]
    assert "sandbox (default)" in invoke(bare, "connection", "list", "--table").out
    assert invoke(bare, "connection", "show").json["implicit"] is True
    assert invoke(bare, "connection", "test", "nowhere").code == 2
