"""Faults of the connection: it ends, stalls, or brings the answer in pieces."""

from __future__ import annotations

from ..web import Answer
from .arguments import pace, seconds, whole
from .call import Call, Kind
from .line import Finished, Gone, chunk_of, head_of, length_of

_BYTES = whole(0, 10**9)
_PACE = whole(1, 600_000)


def _pass(call: Call) -> Answer:
    return call.apply()


def _reset_before(call: Call) -> Answer:
    call.drop()
    call.line.reset()


def _reset_after(call: Call) -> Answer:
    call.apply()
    call.line.reset()


def _close_before(call: Call) -> Answer:
    call.drop()
    call.line.close()


def _close_after(call: Call) -> Answer:
    call.apply()
    call.line.close()


def _close_mid_headers(call: Call) -> Answer:
    answer = call.apply()
    head = head_of(answer, length_of(answer.payload()))
    # inside the header before the length: without that one, the end of the connection passes for an empty body
    call.line.send(head[: head.rindex(b"\r\nConnection") - 4])
    call.line.close()


def _truncate(call: Call, kept: int) -> Answer:
    answer, body = _cut(call, kept)
    call.line.send(head_of(answer, length_of(answer.payload())) + body)
    call.line.close()


def _truncate_no_length(call: Call, kept: int) -> Answer:
    answer, body = _cut(call, kept)
    call.line.send(head_of(answer) + body)
    call.line.close()


def _truncate_chunked(call: Call, kept: int) -> Answer:
    answer, body = _cut(call, kept)
    call.line.send(head_of(answer, "Transfer-Encoding: chunked") + (chunk_of(body) if body else b""))
    call.line.close()


def _cut(call: Call, kept: int) -> tuple[Answer, bytes]:
    answer = call.apply()
    body = answer.payload()
    return answer, body[: min(kept, max(0, len(body) - 1))]


def _stall(call: Call, wait: float) -> Answer:
    try:
        call.line.pause(wait)
    except Gone:
        if not call.ending.is_set():
            call.drop()
        raise
    return call.apply()


def _stall_after(call: Call, wait: float) -> Answer:
    answer = call.apply()
    call.line.pause(wait)
    return answer


def _drip(call: Call, how: tuple[int, int]) -> Answer:
    answer = call.apply()
    body = answer.payload()
    call.line.send(head_of(answer, length_of(body)))
    call.line.drip(body, how[0], how[1] / 1000)
    call.line.close()


def _drip_headers(call: Call, every: int) -> Answer:
    answer = call.apply()
    body = answer.payload()
    call.line.drip(head_of(answer, length_of(body)), 1, every / 1000)
    call.line.send(body)
    call.line.close()


def _late_commit(call: Call, wait: float) -> Answer:
    call.line.tear()
    if not call.ending.wait(wait):
        call.apply()
    raise Finished


KINDS = (
    Kind("none", _pass, applies="yes"),
    Kind("reset-before-apply", _reset_before),
    Kind("reset-after-apply", _reset_after, applies="yes"),
    Kind("close-before-answer", _close_before),
    Kind("close-after-apply", _close_after, applies="yes"),
    Kind("close-mid-headers", _close_mid_headers, applies="yes"),
    Kind("truncate:N", _truncate, (_BYTES,), applies="yes"),
    Kind("truncate-no-length:N", _truncate_no_length, (_BYTES,), applies="yes"),
    Kind("truncate-chunked:N", _truncate_chunked, (_BYTES,), applies="yes"),
    Kind("stall:SECONDS", _stall, (seconds,), applies="late"),
    Kind("stall-after-apply:SECONDS", _stall_after, (seconds,), applies="yes"),
    Kind("drip:BYTES/MS", _drip, (pace,), applies="yes"),
    Kind("drip-headers:MS", _drip_headers, (_PACE,), applies="yes"),
    Kind("late-commit:SECONDS", _late_commit, (seconds,), applies="late"),
)
