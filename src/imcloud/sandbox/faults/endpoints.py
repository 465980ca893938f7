"""`/_sandbox/faults`: plans made, looked at and thrown away."""

from __future__ import annotations

import json
from typing import Any

from ..errors import RefusalError, bad_request
from ..web import Answer, Request
from .injector import Faults


def serve_faults(faults: Faults, request: Request, rest: list[str]) -> Answer:
    """Answer a request for fault plans. Raises a refusal."""
    if len(rest) > 1 or (request.method == "POST" and rest):
        raise RefusalError(404, "No such sandbox endpoint.")
    if request.method == "POST":
        return Answer(200, {"id": _added(faults, request.body)})
    if request.method not in ("GET", "DELETE"):
        raise RefusalError(404, "No such sandbox endpoint.")
    if request.method == "DELETE":
        return Answer(200, _removed(faults, rest))
    return Answer(200, _report(faults, rest[0]) if rest else {"data": faults.plans.reports()})


def _added(faults: Faults, body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    try:
        return faults.add(document)
    except ValueError as error:
        raise bad_request(f"{error}.") from None


def _removed(faults: Faults, rest: list[str]) -> dict[str, Any]:
    if not rest:
        faults.plans.clear()
        return {}
    report = _report(faults, rest[0])
    faults.remove(rest[0])
    return report


def _report(faults: Faults, name: str) -> dict[str, Any]:
    try:
        return faults.report(name)
    except KeyError:
        raise RefusalError(404, f"There is no fault plan '{name[:60]}'.") from None
