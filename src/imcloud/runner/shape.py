"""From a reply, or from pages of rows, to the envelope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imcloud.client import PageReply, Reply
from imcloud.errors import ErrorItem
from imcloud.inputs import answer_faults, mask, places
from imcloud.rendering import MISSING, RenderProblem
from imcloud.results import Result
from imcloud.runner.prepared import says
from imcloud.strict_json import plain

if TYPE_CHECKING:
    from imcloud.runner.execution import Call

MAX_FAULTS = 3


def ended(call: Call, errors: Sequence[ErrorItem]) -> Result:
    """Nothing was sent, for these reasons."""
    return Result(
        action=call.prepared.action.ref,
        ok=False,
        outcome="not_applied",
        connection=call.connection.describe(),
        errors=tuple(errors),
        warnings=input_warnings(call),
        coerced=call.checked.coerced,
        request=call.shown,
    )


def of_reply(call: Call, reply: Reply) -> Result:
    """The envelope of one object."""
    data, number_warnings = plain(reply.body)
    derive(call, data)
    failed, pending = judged(call, data) if reply.error is None else (False, False)
    remember(call, data)
    return Result(
        action=call.prepared.action.ref,
        ok=reply.error is None and not failed,
        outcome=reply.outcome,
        connection=call.connection.describe(),
        status_code=reply.status,
        headers=dict(reply.headers),
        data=masked(call, data),
        errors=(reply.error,) if reply.error else failed_errors(failed, reply.status, reply.correlation_id),
        correlation_id=reply.correlation_id,
        attempts=reply.attempts,
        warnings=(*input_warnings(call), *reply.warnings, *number_warnings, *_answer_warnings(call, reply, data)),
        coerced=call.checked.coerced,
        request={**call.shown, "method": reply.method},
        pending=pending,
    )


def of_pages(call: Call) -> Result:
    """The envelope of a list: every page, or the one that the inputs ask for."""
    rows: list[Any] = []
    last: PageReply | None = None
    attempts = 0
    for page in pages(call):
        rows.extend(page.rows)
        attempts += page.reply.attempts
        last = page
        if call.options.on_page:
            call.options.on_page(len(rows), page.page.total)
    assert last is not None
    reply = last.reply
    clean, number_warnings = plain(rows)
    derive(call, clean)
    remember(call, clean)
    return Result(
        action=call.prepared.action.ref,
        ok=reply.error is None,
        outcome=reply.outcome,
        connection=call.connection.describe(),
        status_code=reply.status,
        headers=dict(reply.headers),
        data=mask({"items": call.prepared.action.output}, clean),
        page=last.page,
        errors=(reply.error,) if reply.error else (),
        correlation_id=reply.correlation_id,
        attempts=attempts,
        warnings=(*input_warnings(call), *last.warnings, *number_warnings, *_row_warnings(call, clean)),
        coerced=call.checked.coerced,
        request=call.shown,
    )


def pages(call: Call) -> Iterator[PageReply]:
    """The pages of a list as the client fetches them."""
    scheme = call.prepared.scheme
    assert scheme is not None
    return call.connection.client.pages(
        call.wire,
        scheme,
        max_items=call.options.max_items,
        deadline=call.options.deadline,
        operation=call.prepared.action.name,
    )


def derive(call: Call, data: Any) -> None:
    """Add the action's derived fields to the object, or to every row, in place."""
    if not call.prepared.action.raw["outputs"].get("derived"):
        return
    for row in data if isinstance(data, list) else [data]:
        if isinstance(row, dict):
            try:
                added = call.prepared.derived.render({"row": row})
            except RenderProblem:
                continue
            row.update({} if added is MISSING else added)


def remember(call: Call, data: Any) -> None:
    """Note the ids in an answer with their kind."""
    outputs = call.prepared.action.raw["outputs"]
    if "kind" in outputs and "id" in outputs:
        call.connection.seen.add(outputs["kind"], data if isinstance(data, list) else [data], outputs["id"])


def input_warnings(call: Call) -> tuple[str, ...]:
    """A remark for every input that the vendor documents as read-only on this request."""
    found = []
    for place in places(call.prepared.action.inputs, call.checked.clean):
        if place.schema.get("x-source", {}).get("read_only") and place.value is not None:
            found.append(f"{place.pointer}: the vendor documents this field as read-only here; it was sent as given")
    deprecated = call.prepared.action.raw.get("deprecated")
    if deprecated:
        found.append(f"the action is deprecated: use {deprecated.get('replacement', 'another one')}")
    return tuple(found)


def at(data: Any, dotted: str) -> Any:
    """The value at a dotted path, null when there is none."""
    for name in dotted.split("."):
        if not isinstance(data, Mapping):
            return None
        data = data.get(name)
    return data


def masked(call: Call, data: Any) -> Any:
    """A copy of an answer without its secrets, also of one that is not what was to be expected."""
    schema = call.prepared.action.output
    return mask({"items": schema} if isinstance(data, list) else schema, data)


def judged(call: Call, data: Any) -> tuple[bool, bool]:
    """Whether an effect has failed on the platform, and whether it is still going on."""
    return says(call.prepared.failed, {"data": data}), says(call.prepared.pending, {"data": data})


def failed_errors(failed: bool, status: int | None, correlation_id: str | None) -> tuple[ErrorItem, ...]:
    """The error of an effect that was applied and then failed."""
    if not failed:
        return ()
    message = "it was applied and then failed on the platform: it is never sent again"
    return (ErrorItem("remote", message, outcome="done", status_code=status, correlation_id=correlation_id),)


def _answer_warnings(call: Call, reply: Reply, data: Any) -> list[str]:
    return [] if reply.error is not None else answer_faults(call.prepared.action.output, data)


def _row_warnings(call: Call, rows: list[Any]) -> list[str]:
    found: list[str] = []
    for index, row in enumerate(rows[:500]):
        found += [f"row {index}: {fault}" for fault in answer_faults(call.prepared.action.output, row)]
        if len(found) >= MAX_FAULTS:
            break
    return found[:MAX_FAULTS]
