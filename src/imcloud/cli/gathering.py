"""Gathers the fields of a connection: from options, from references to secrets, from a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli.mistakes import Mistake
from imcloud.secrets import Secret

if TYPE_CHECKING:
    from imcloud.cli.app import App
    from imcloud.pack import Pack

MAX_SECRET = 4096


def gather(app: App, pack: Pack, words: Sequence[str], sources: Sequence[str]) -> dict[str, Any]:
    """Every field given or asked for; a secret is a `Secret`, `{"env": …}` or `{"file": …}`. Raises `Mistake`."""
    form = pack.connection_form
    given = {**_plain(form, words), **_references(form, sources)}
    missing: list[str] = []
    for name, spec in sorted(form["properties"].items(), key=lambda item: item[1].get("x-ui", {}).get("order", 99)):
        if name in given or name not in form.get("required", ()):
            continue
        if app.interactive:
            given[name] = _ask(name, spec)
        else:
            missing.append(name)
    if missing:
        secret = [name for name in missing if form["properties"][name].get("x-secret")]
        plain = [name for name in missing if name not in secret]
        hints = [f"--set {name}=…" for name in plain] + [f"--secret {name}=env:VARIABLE" for name in secret]
        raise Mistake(f"missing without a terminal: {', '.join(missing)}", " ".join(hints))
    return given


def revealed(app: App, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields with references followed, to try them. Raises `ConfigError`."""
    from imcloud.connections.sources import read_secret_file

    found: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(value, Mapping):
            found[name] = value
        elif "file" in value:
            found[name] = read_secret_file(str(value["file"]), name)
        elif (text := app.runner.env.get(str(value["env"]))) is not None:
            found[name] = Secret(text)
        else:
            raise Mistake(f"{name}: the variable {value['env']!r} is not set here", "set it, or save with --no-test")
    return found


def _plain(form: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for word in words:
        name, value = _pair(form, word, "--set", given)
        if form["properties"][name].get("x-secret"):
            raise Mistake(
                f"{name} is a secret: it does not go on a command line, where others can read it",
                f"leave it out to be asked, or --secret {name}=env:VARIABLE",
            )
        given[name] = value
    return given


def _references(form: Mapping[str, Any], sources: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for word in sources:
        name, source = _pair(form, word, "--secret", given)
        kind, _, rest = source.partition(":")
        if source == "stdin":
            if any(isinstance(value, Secret) for value in given.values()):
                raise Mistake("only one secret can be read from standard input")
            given[name] = Secret(sys.stdin.readline(MAX_SECRET).rstrip("\r\n"))
        elif kind in ("env", "file") and rest:
            given[name] = {kind: rest}
        else:
            # What stands there may be the secret itself: it is not repeated.
            raise Mistake(
                f"--secret {name}=… names a source", "env:VARIABLE, file:PATH or stdin; never the secret itself"
            )
    return given


def _pair(form: Mapping[str, Any], word: str, option: str, given: Mapping[str, Any]) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    known = list(form["properties"])
    if not sign:
        raise Mistake(f"{option} is of the form FIELD=VALUE")
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise Mistake(
            f"{option}: no field is called {name!r}", f"did you mean {close[0]}?" if close else ", ".join(known)
        )
    if name in given:
        raise Mistake(f"{option}: {name} is given twice")
    return name, value


def _ask(name: str, spec: Mapping[str, Any]) -> Any:
    title = str(spec.get("title", name))
    if spec.get("description"):
        click.secho(str(spec["description"]), err=True, dim=True)
    if not spec.get("x-secret"):
        return click.prompt(title, err=True)
    from imcloud.connections.vault import is_available

    if is_available():
        return Secret(click.prompt(f"{title} (not shown)", hide_input=True, err=True))
    click.secho("There is no encrypted keyring here: name the variable that holds it.", err=True, fg="yellow")
    return {"env": click.prompt(f"{title}: name of an environment variable", err=True)}
