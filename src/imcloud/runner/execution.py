"""One call of an action, from raw inputs to the envelope. Each step either goes on or ends in a result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from imcloud.errors import ErrorItem, PackError
from imcloud.inputs import Checked, mask, secret_texts
from imcloud.intents import Intent
from imcloud.logs import trail
from imcloud.pack import Action, WireRequest
from imcloud.rendering import RenderProblem
from imcloud.results import Result
from imcloud.runner import contract, dry_run, guards, kinds, placing, shape
from imcloud.runner.catalogue import ambiguities
from imcloud.runner.connection import Connection
from imcloud.runner.covered import covering_action
from imcloud.runner.given import check_inputs, item_of
from imcloud.runner.marking import marked
from imcloud.runner.options import CallOptions, Confirmation
from imcloud.runner.prepared import Prepared

if TYPE_CHECKING:
    from imcloud.runner.runner import Runner


T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A call that may be sent: validated inputs and the request they make. `shown` is that request, redacted."""

    runner: Runner
    prepared: Prepared
    connection: Connection
    options: CallOptions
    checked: Checked = field(repr=False)
    wire: WireRequest
    shown: dict[str, Any]
    effect_class: str
    intent: Intent | None = None

    @property
    def writes(self) -> bool:
        """Whether sending it may change something."""
        return self.effect_class not in ("read", "check")

    def nested(self, action: str, inputs: Mapping[str, Any], **changes: Any) -> Result:
        """Another action over the same connection, for checks and prices."""
        return self.runner.run_action(action, inputs, connection=self.connection, **changes)


def execute(
    runner: Runner, action: Action, inputs: Mapping[str, Any], connection: Connection, options: CallOptions
) -> Result:
    """Run one call. Never raises for what the inputs hold or the world does; a broken pack raises `PackError`."""
    started = time.monotonic()
    call = _before(action, connection, lambda: admit(runner, action, inputs, connection, options))
    result = call if isinstance(call, Result) else _run(call)
    return replace(result, elapsed_ms=round((time.monotonic() - started) * 1000))


def _before(action: Action, connection: Connection, step: Callable[[], T]) -> T | Result:
    """A step before anything is sent: whatever breaks in it, nothing was applied."""
    try:
        return step()
    except PackError:
        raise
    except Exception as error:  # a callback of the caller's, or a fault of ours: it must not read as a doubtful write
        logging.getLogger("imcloud").debug("preparing %s failed: %s", action.ref, trail(error))
        message = f"preparing the call failed: {type(error).__name__}; nothing was sent"
        item = ErrorItem("config", message, rule="internal")
        return Result(action.ref, ok=False, outcome="not_applied", connection=connection.describe(), errors=(item,))


def admit(
    runner: Runner, action: Action, inputs: Mapping[str, Any], connection: Connection, options: CallOptions
) -> Call | Result:
    """Validate and build; a `Result` when nothing may be sent."""
    prepared = runner.prepared(action)
    ended = Result(action.ref, ok=False, outcome="not_applied", connection=connection.describe())
    checked = check_inputs(runner.renderer, prepared, inputs, options.context)
    if checked.errors:
        return replace(ended, errors=checked.errors, coerced=checked.coerced)
    try:
        wire = replace(prepared.request.build(checked.clean), secrets=secret_texts(action.inputs, checked.clean))
        masked = prepared.request.build(mask(action.inputs, checked.clean))
    except RenderProblem as problem:
        return replace(ended, errors=(item_of(problem),))
    shown = connection.client.redacted(masked)
    effect_class = prepared.effect_class(wire.method)
    call = Call(runner, prepared, connection, options, checked, wire, shown, effect_class)
    refused = (
        _covered(call)
        or guards.key_problem(call.writes, options.key)
        or guards.refusal(connection.settings, effect_class, options)
    )
    if refused:
        return replace(ended, errors=(refused,), coerced=checked.coerced, request=shown)
    return call


def _covered(call: Call) -> ErrorItem | None:
    if call.prepared.action.raw["effect"].get("covered") != "refuse":
        return None
    other = covering_action(call.prepared.pack, call.wire)
    if other is None:
        return None
    message = f"{call.wire.method} {call.wire.path} is what the action {other.ref} does"
    return ErrorItem("input", message, pointer="/path", rule="covered", nearest=other.ref, hint=f"use {other.ref}")


def _run(call: Call) -> Result:
    if call.writes:
        return _write(call)
    if call.prepared.scheme is not None:
        return explained(call, shape.of_pages(call))
    reply = call.connection.client.send(
        call.wire,
        retry=True,
        deadline=call.options.deadline,
        operation=call.prepared.action.name,
        needs=contract.needed(call),
    )
    return explained(call, shape.of_reply(call, contract.kept(call, reply)))


def _write(call: Call) -> Result:
    intended = marked(replace(call, intent=placing.identified(call)))

    def early() -> Result | None:
        return (None if call.options.dry_run else placing.stored(intended)) or _before_sending(intended)

    ended = _before(call.prepared.action, call.connection, early)
    return ended or explained(intended, placing.place(intended))


def _before_sending(call: Call) -> Result | None:
    """The checks of a write, the dry run and the person's word; null when the call may be sent."""
    problems = ambiguities(call) or kinds.before_sending(call)
    if problems:
        return shape.ended(call, problems)
    if call.options.dry_run:
        return dry_run.result(call)
    settings, options = call.connection.settings, call.options
    refused = guards.unconfirmed(settings, options)
    if refused is None and settings.writes == "confirm" and not options.yes:
        assert options.confirm is not None
        action = call.prepared.action
        question = Confirmation(action.ref, action.title, call.connection.describe(), call.shown, dry_run.price(call))
        refused = None if options.confirm(question) else guards.declined()
    return shape.ended(call, (refused,)) if refused else None


def explained(call: Call, result: Result) -> Result:
    """A not-found answer, with the reason in front if one of the ids turns out to be of another kind."""
    if not call.options.explain or not any(error.kind == "not_found" for error in result.errors):
        return result
    problems = kinds.after_not_found(call)
    return replace(result, errors=(*problems, *result.errors)) if problems else result
