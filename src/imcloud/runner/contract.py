"""An answer that is about something else than the call was is no success: it proves nothing about this call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from imcloud.client import Reply
from imcloud.errors import ErrorItem, Outcome

if TYPE_CHECKING:
    from imcloud.runner.execution import Call


def needed(call: Call) -> str | None:
    """The dotted path of the id without which an answer is no success; null where there is none."""
    name = call.prepared.action.raw["outputs"].get("id")
    return None if name is None else str(name)


def kept(call: Call, reply: Reply) -> Reply:
    """The reply, turned into a failure when it is not about what was asked for. A doubt for a call that changes."""
    problem = None if reply.error is not None else _problem(call, reply)
    if problem is None:
        return reply
    outcome: Outcome = "unknown" if call.writes else "not_applied"
    item = ErrorItem(
        "outcome_unknown" if call.writes else "remote",
        problem,
        outcome=outcome,
        status_code=reply.status,
        correlation_id=reply.correlation_id,
        rule="contract",
    )
    return replace(reply, error=item, outcome=outcome)


def _problem(call: Call, reply: Reply) -> str | None:
    if call.prepared.scheme is not None or call.prepared.action.output.get("type") != "object":
        return None
    if not isinstance(reply.body, Mapping):
        return "the answer is not the JSON object that was to be expected"
    for field, wanted in _expected(call):
        there = reply.body.get(field)
        if isinstance(there, str | int) and str(there) != wanted:
            return f"the answer is about another {field} than the one that was asked for"
    return None


def _expected(call: Call) -> Iterator[tuple[str, str]]:
    """Fields of the answer and what must stand there: the typed ids among the inputs."""
    outputs = call.prepared.action.raw["outputs"]
    for name, schema in call.prepared.action.inputs.get("properties", {}).items():
        declared = schema.get("x-reference")
        kind = declared.get("kind") if isinstance(declared, Mapping) else declared
        value = call.checked.clean.get(name)
        if kind is None or not isinstance(value, str):
            continue
        own = kind == outputs.get("kind")
        if own or name != outputs.get("id"):
            yield (str(outputs.get("id", name)) if own else name), value
