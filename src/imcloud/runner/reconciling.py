"""Finds out, without sending anything, what became of writes whose outcome is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from imcloud.errors import ConfigError, UnknownName
from imcloud.inputs import Checked
from imcloud.intents import Intent
from imcloud.rendering import RenderProblem
from imcloud.results import Result
from imcloud.runner import lookup, placing, shape
from imcloud.runner.connection import Connection
from imcloud.runner.execution import Call
from imcloud.runner.options import CallOptions

if TYPE_CHECKING:
    from imcloud.runner.runner import Runner


def doubtful(runner: Runner, name: str | None) -> list[Intent]:
    """The intents to look at: the one with this marker or key, or all that are in doubt. Raises `UnknownName`."""
    if name is None:
        return runner.intents.doubtful()
    found = runner.intents.find(name)
    if found is None:
        raise UnknownName("intent", name, [intent.marker for intent in runner.intents.doubtful()][:3])
    return [found]


def reconcile(runner: Runner, intent: Intent, connection: Connection | None) -> Result:
    """Look the effect up and record what is certain. Nothing is sent but reads. Raises `ConfigError`."""
    opened = connection or _reopened(runner, intent)
    call = _call(runner, intent, opened)
    if placing.pinned(opened.settings, call.prepared.pack.manifest).to_dict() != intent.pinned:
        raise ConfigError(f"{intent.marker} belongs to another account than the connection {opened.name!r}")
    with runner.intents.alone(intent.marker, timeout=opened.settings.timeout):
        current = runner.intents.find(intent.marker) or intent
        if not current.doubtful:
            return placing.told(call, current)
        found = lookup.resolve(call, current)
        if found.data is not None:
            return placing.adopted(call, current, found, None)
        return placing.halted(call, current, found, None)


def record(runner: Runner, intent: Intent, id: str | None, connection: Connection | None) -> Result:
    """Write down what a person found out: done, with the id of what is there, or not applied. Raises `ConfigError`."""
    if not intent.doubtful:
        raise ConfigError(f"{intent.marker} is not in doubt: it is {intent.state}")
    call = _call(runner, intent, connection or _reopened(runner, intent))
    state: Literal["done", "not_applied"] = "not_applied" if id is None else "done"
    data = None if id is None else {call.prepared.action.raw["outputs"].get("id", "id"): id}
    base = replace(shape.ended(call, ()), ok=id is not None, outcome=state, data=data)
    noted = replace(base, intent={**intent.to_dict(), "state": state}, warnings=("recorded by a person",))
    runner.intents.finish(intent.marker, state, noted.to_dict() if state == "done" else None)
    return noted


def _reopened(runner: Runner, intent: Intent) -> Connection:
    if intent.connection == "argument":
        raise ConfigError(f"{intent.marker} was sent over a connection made of arguments: give that connection")
    return runner.connection(intent.connection, pack=str(intent.pinned["pack"]))


def _call(runner: Runner, intent: Intent, connection: Connection) -> Call:
    prepared = runner.prepared(runner.find_action(intent.action))
    try:
        wire = prepared.request.build(intent.inputs)
    except RenderProblem as problem:
        raise ConfigError(f"{intent.marker} cannot be read back: {problem.message}") from None
    return Call(
        runner=runner,
        prepared=prepared,
        connection=connection,
        options=CallOptions(key=intent.key),
        checked=Checked(intent.inputs, (), ()),
        wire=wire,
        shown=connection.client.redacted(wire),
        effect_class=prepared.effect_class(wire.method),
        intent=intent,
    )
