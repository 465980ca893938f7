"""Asks a person before a write: on which connection, for whom, what is sent, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli.fields import fields
from imcloud.cli.output import value_at
from imcloud.cli.patience import Patience
from imcloud.cli.safe import json_text, safe, safe_lines

if TYPE_CHECKING:
    from imcloud.cli.app import App
    from imcloud.pack import Action

MOST_LINES = 30


class NothingSent(KeyboardInterrupt):
    """The person went away instead of answering."""


def asker(app: App, action: Action, inputs: Mapping[str, Any], patience: Patience) -> Callable[[Any], bool] | None:
    """A function that asks on the terminal, or None when there is nobody to ask."""
    if not app.interactive:
        return None

    def ask(wanted: Any) -> bool:
        return bool(patience.pause(lambda: _ask(action, inputs, wanted)))

    return ask


def ask_in_runbook(app: App, patience: Patience) -> Callable[[Any], bool] | None:
    """As `asker`, for the writes of a runbook, whose inputs are known only in the request."""
    if not app.interactive:
        return None

    def ask(wanted: Any) -> bool:
        try:
            return bool(patience.pause(lambda: _ask(app.find(wanted.action), {}, wanted)))
        except NothingSent:
            # To the run this is a no: an interruption here would leave it in doubt about a write that was never sent.
            return False

    return ask


def _ask(action: Action, inputs: Mapping[str, Any], wanted: Any) -> bool:
    for name, value in describe(action, inputs, wanted):
        click.echo(f"{click.style(f'{name:<12}', fg='cyan')} {value}", err=True)
    try:
        return click.confirm("Send it?", default=False, err=True)
    except click.Abort:
        # An answer that never came is not an error of the call: nothing has been sent, and the command ends here.
        raise NothingSent from None


def describe(action: Action, inputs: Mapping[str, Any], wanted: Any) -> list[tuple[str, str]]:
    """What a person should see before saying yes, as (name, text) lines."""
    connection = wanted.connection
    request = wanted.request or {}
    place = [connection.get("name"), connection.get("kind"), connection.get("host"), connection.get("marketplace")]
    lines = [
        ("action", f"{safe(action.name)} ({safe(action.effect_class)})"),
        ("connection", safe(", ".join(str(part) for part in place if part))),
    ]
    # What the call is about: the inputs that name something which exists.
    for field in fields(action.inputs):
        value = value_at(inputs, field.typed_key) if field.reference else None
        if value not in (None, ""):
            lines.append((field.typed_key, safe(value)))
    lines.append(("request", f"{safe(request.get('method', ''))} {safe(request.get('url', ''))}"))
    if request.get("body") is not None:
        body = safe_lines(json_text(request["body"])).split("\n")
        shown = body[:MOST_LINES] + (["…"] if len(body) > MOST_LINES else [])
        lines.append(("", ("\n" + " " * 13).join(shown)))
    lines.append(("estimate", price_text(wanted.price)))
    return lines if wanted.price is not None or action.effect_class == "order" else lines[:-1]


def price_text(price: Any) -> str:
    """A price as `12.50 USD`."""
    if price is None:
        return "not known"
    if isinstance(price, Mapping):
        shown = " ".join(str(price[key]) for key in ("amount", "currency") if price.get(key) is not None)
        return safe(shown or json_text(price, None))
    return safe(price)
