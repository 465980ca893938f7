"""What a shell can complete: actions, inputs, values, connections. It never fails, it only stays silent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from imcloud.cli.app import App

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def silent(completer: Completer) -> Completer:
    """The same completer; a failure completes nothing instead of writing into the line that is being typed."""

    @wraps(completer)
    def wrapped(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        try:
            return completer(ctx, param, incomplete)
        except Exception:
            return []

    return wrapped


@silent
def action_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Actions whose name begins with what was typed."""
    packs = ctx.ensure_object(App).runner.packs.values()
    return sorted(name for pack in packs for name in pack.actions if name.startswith(incomplete))


@silent
def input_words(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Inputs of the action as `key=`, and the allowed values after the sign."""
    from imcloud.cli.fields import fields

    action = ctx.ensure_object(App).find(ctx.params["action"])
    key, sign, typed = incomplete.partition("=")
    found = fields(action.inputs)
    if sign:
        values = next((field.allowed for field in found if field.typed_key == key), ())
        return [f"{key}={value}" for value in values if str(value).startswith(typed)]
    taken = {str(word).partition("=")[0].removesuffix(":") for word in ctx.params.get("words") or ()}
    names = [field.typed_key for field in found if not field.has_fields and field.typed_key not in taken]
    return [f"{name}=" for name in names if name.startswith(incomplete)]


@silent
def field_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Fields of the action that have a picker."""
    from imcloud.cli.fields import fields

    action = ctx.ensure_object(App).find(ctx.params["action"])
    return [f.typed_key for f in fields(action.inputs) if f.reference and f.typed_key.startswith(incomplete)]


def connection_names(ctx: click.Context) -> list[str]:
    """Names of connections, none when they cannot be read."""
    try:
        from imcloud.cli.connection import known_names

        return ["sandbox", *known_names(ctx.ensure_object(App))]
    except Exception:
        return ["sandbox"]


def as_values(names: list[str]) -> list[Any]:
    """Names as click's completion items."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names]
