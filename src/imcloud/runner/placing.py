"""Sends what changes something: at most once for each intent, and never again without having looked.

The intent is on the disk, with its count of sends raised, before the first byte leaves. Whatever happens afterwards,
the next attempt finds the count, looks the effect up, and adopts it, halts, or (only when chosen) sends once more.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imcloud.errors import ErrorItem
from imcloud.inputs import mask
from imcloud.intents import Intent, IntentRefused, Pinned, fingerprint, marker_of
from imcloud.results import Page, Result
from imcloud.runner import contract, lookup, shape
from imcloud.strict_json import plain

if TYPE_CHECKING:
    from imcloud.connections import Settings
    from imcloud.runner.execution import Call
    from imcloud.runner.options import CallOptions

UNSENT = "imc-(set when it is sent)"
SENDS = {"halt": 1, "resubmit_once": 2}


def identified(call: Call) -> Intent:
    """The intent of a call, not stored yet. A key or a place in a run gives the same marker every time."""
    options, action = call.options, call.prepared.action
    inputs, _ = plain(mask(action.inputs, call.checked.clean))
    run, marker = _named(options)
    return Intent(
        marker=marker,
        action=action.ref,
        fingerprint=fingerprint(action.ref, inputs),
        pinned=pinned(call.connection.settings, call.prepared.pack.manifest).to_dict(),
        connection=call.connection.name,
        inputs=inputs,
        key=options.key,
        run=run,
    )


def _named(options: CallOptions) -> tuple[str, str]:
    if options.identity is not None:
        return options.identity[0], marker_of(*options.identity)
    if options.key is not None:
        return f"key {options.key}", marker_of(f"key {options.key}")
    if options.dry_run:
        return "", UNSENT
    run = uuid.uuid4().hex
    return run, marker_of(run)


def pinned(settings: Settings, manifest: Mapping[str, Any]) -> Pinned:
    """The account behind a connection: its kind, its server, and the fields that the manifest says identify it."""
    names = manifest["connection"].get("identity", manifest["connection"].get("show", ()))
    where = settings.host.rsplit(":", 1)[0] if settings.loopback else settings.base_url
    account = {name: settings.fields.get(name) for name in names}
    return Pinned(settings.pack, settings.kind, where, {name: str(value) for name, value in account.items()})


def stored(call: Call) -> Result | None:
    """What an earlier call with the same key came to; null when there is none and the call should go on."""
    wanted = call.intent
    if wanted is None or (call.options.key is None and call.options.identity is None):
        return None
    try:
        found = call.runner.intents.find(wanted.marker)
        if found is None:
            return None
        found = call.runner.intents.begin(wanted)
    except (IntentRefused, sqlite3.Error, OSError) as error:
        return _refused(call, error)
    return _replayed(call, found) if found.state == "done" else None


def place(call: Call) -> Result:
    """Send, or find out what became of an earlier send."""
    assert call.intent is not None
    try:
        intents = call.runner.intents
        intent = intents.begin(call.intent)
        with intents.alone(intent.marker, timeout=call.connection.settings.timeout):
            current = intents.find(intent.marker) or intent
            return _go_on(call, current)
    except (IntentRefused, sqlite3.Error, OSError) as error:
        return _refused(call, error)


def _go_on(call: Call, intent: Intent) -> Result:
    if intent.state == "done":
        return _replayed(call, intent)
    result: Result | None = None
    while True:
        if intent.doubtful:
            found = lookup.resolve(call, intent)
            if found.data is not None:
                return adopted(call, intent, found, result)
            if not found.absent or intent.sends >= SENDS[policy(call)]:
                return halted(call, intent, found, result)
        intent = call.runner.intents.sending(intent.marker, intent.epoch)
        result = _send(call)
        intent = _recorded(call, intent, result)
        if result.outcome != "unknown":
            return replace(result, intent=intent.to_dict())


def policy(call: Call) -> str:
    """What to do when the effect cannot be found: `halt`, or `resubmit_once`."""
    chosen = call.options.on_unknown or call.connection.settings.fields.get("on_unknown") or "halt"
    return str(chosen)


def _send(call: Call) -> Result:
    client, options = call.connection.client, call.options
    reply = client.send(
        call.wire,
        retry=False,
        deadline=options.deadline,
        operation=call.prepared.action.name,
        needs=contract.needed(call),
    )
    return shape.of_reply(call, contract.kept(call, reply))


def _recorded(call: Call, intent: Intent, result: Result) -> Intent:
    state = "done" if result.outcome == "done" else result.outcome
    try:
        call.runner.intents.finish(intent.marker, state, result.to_dict() if state == "done" else None)
    except (sqlite3.Error, OSError):
        # It was sent and cannot be written down: the count of sends stands, so the next attempt looks before it sends.
        return intent
    return replace(intent, state=state)


def adopted(call: Call, intent: Intent, found: lookup.Found, result: Result | None) -> Result:
    """The result of a lost answer whose effect was found."""
    base = result or shape.ended(call, ())
    note = "the answer was lost: the effect was found by looking it up, and was not sent again"
    data = mask(call.prepared.action.output, found.data)
    failed, pending = shape.judged(call, found.data)
    adopted = replace(
        base,
        ok=not failed,
        outcome="done",
        data=data,
        errors=shape.failed_errors(failed, base.status_code, base.correlation_id),
        pending=pending,
        warnings=(*base.warnings, note),
        attempts=base.attempts + found.reads,
    )
    intent = _recorded(call, intent, adopted)
    return replace(adopted, intent=intent.to_dict())


def halted(call: Call, intent: Intent, found: lookup.Found, result: Result | None) -> Result:
    """The result when nobody knows: a person must look."""
    base = result or shape.ended(call, ())
    command = f"imcloud reconcile {intent.marker}"
    item = ErrorItem(
        "outcome_unknown",
        f"it is not known whether this was applied: {found.reason}",
        hint=f"look again with: {command}",
        rule=found.rule,
        outcome="unknown",
        status_code=base.status_code,
        correlation_id=base.correlation_id,
        allowed=found.candidates or None,
    )
    attempts = base.attempts + found.reads
    halted = replace(base, ok=False, outcome="unknown", errors=(item, *base.errors), attempts=attempts)
    intent = _recorded(call, intent, halted)
    return replace(halted, intent=intent.to_dict())


def told(call: Call, intent: Intent) -> Result:
    """What is on record about an intent."""
    if intent.state == "done":
        return _replayed(call, intent)
    return replace(shape.ended(call, ()), outcome="not_applied", intent=intent.to_dict())


def _replayed(call: Call, intent: Intent) -> Result:
    """The stored envelope, as a result once more."""
    kept = intent.result or {}
    page = kept.get("page")
    failed, pending = shape.judged(call, kept.get("data"))
    return replace(
        shape.ended(call, ()),
        ok=not failed,
        outcome="done",
        status_code=kept.get("status_code"),
        headers=kept.get("headers", {}),
        data=kept.get("data"),
        page=None if page is None else Page(**page),
        errors=shape.failed_errors(failed, kept.get("status_code"), kept.get("correlation_id")),
        correlation_id=kept.get("correlation_id"),
        warnings=(*kept.get("warnings", ()), "this call was made before: the stored result is given, nothing was sent"),
        request=kept.get("request"),
        intent=intent.to_dict(),
        pending=pending,
    )


def _refused(call: Call, error: Exception) -> Result:
    if isinstance(error, IntentRefused):
        kind: Any = "conflict" if error.rule in ("busy", "epoch") else "input"
        item = ErrorItem(kind, str(error), rule=error.rule)
    else:
        item = ErrorItem("config", "the intent cannot be stored on this machine, so nothing was sent", rule="intents")
    return shape.ended(call, (item,))
