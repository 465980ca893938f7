"""Reports: scheduled, generated after a while, downloaded by a signed address without our headers."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import uuid
from typing import Any

from .clock import DAY, iso, parse_day, parse_instant
from .context import Context
from .errors import bad_request, gateway_refusal, unknown_entity
from .paging import envelope, one_status
from .report_files import MEDIA, build
from .shapes import REPORT, check
from .web import Answer, Request

_STATUSES = ("submitted", "processing", "error", "completed", "unknown")
_TYPES = ("periodic", "daily", "monthly", "onetime", "on_invoice", "unknown")
_FORMATS = ("csv", "xml", "xlsx", "json", "unknown")
_KEPT = 90 * DAY


def list_reports(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /reports`: all of them at once, whatever page is asked for."""
    query = request.query()
    where = ["reseller_id = ?"]
    values: list[Any] = [ctx.reseller_id]
    for name, allowed in (("status", _STATUSES), ("type", _TYPES), ("format", _FORMATS)):
        value = one_status({name: query.get(name, "").lower()}, allowed, name)
        if value:
            where.append(f"{name} = ?")
            values.append(value)
    if query.get("name"):
        where.append("name = ?")
        values.append(query["name"])
    for name, clause, shift in (("from", "created >= ?", 0.0), ("to", "created < ?", DAY)):
        if query.get(name):
            where.append(clause)
            values.append(_day(query[name], name) + shift)
    sql = f"SELECT * FROM reports WHERE {' AND '.join(where)} ORDER BY created DESC, serial DESC"  # noqa: S608
    rows = [_show(row, request) for row in ctx.all(sql, *values)]
    return envelope(rows, 0, len(rows), len(rows))


def _day(text: str, name: str) -> float:
    try:
        return parse_day(text)
    except ValueError as error:
        raise bad_request(f"{name}: {error}.") from None


def get_report(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`GET /reports/{reportId}`."""
    row = ctx.one("SELECT * FROM reports WHERE id = ? AND reseller_id = ?", id.lower(), ctx.reseller_id)
    if row is None:
        raise unknown_entity("report", id, ctx.settings.unknown_id_status)
    return _show(row, request)


def schedule(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /reports`: a one-time report from a preconfigured name."""
    body = check(REPORT, request.json())
    if ctx.one("SELECT 1 FROM report_names WHERE name = ?", body["name"]) is None:
        raise bad_request(f"The report '{body['name']}' is not configured.")
    starts = parse_instant(body["startDate"])
    ends = parse_instant(body["endDate"]) if "endDate" in body else ctx.now
    if ends < starts:
        raise bad_request("endDate must not be before startDate.")
    entity = str(uuid.uuid4())
    ctx.insert(
        "reports",
        id=entity,
        serial=ctx.next_number("reports"),
        reseller_id=ctx.reseller_id,
        name=body["name"],
        customization=body.get("customizationName"),
        status="submitted",
        type="onetime",
        format=body.get("format", "csv"),
        created=ctx.now,
        starts=starts,
        ends=ends,
        next_at=ctx.now + float(ctx.settings.report_seconds) * 0.25,
        next_step="process",
        signature=secrets.token_hex(16),
    )
    ctx.effect("report", entity, "created")
    return get_report(ctx, request, entity)


def _show(row: sqlite3.Row, request: Request) -> dict[str, Any]:
    shown = {
        "id": row["id"],
        "name": row["name"],
        "customizationName": row["customization"],
        "status": row["status"],
        "type": row["type"],
        "format": row["format"],
        "creationDate": iso(row["created"]),
        "startDate": iso(row["starts"]),
        "endDate": iso(row["ends"]),
    }
    if row["status"] == "completed":
        host, port = request.environ.get("SERVER_NAME", "127.0.0.1"), request.environ.get("SERVER_PORT", "80")
        place = f"http://{host}:{port}/marketplace/sandbox/download/{row['id']}.{row['format']}"
        shown["downloadUrl"] = f"{place}?sig={row['signature']}"
    return {name: value for name, value in shown.items() if value is not None}


def download(ctx: Context, request: Request, id: str) -> Answer:
    """The file of a finished report: for whoever has the signature, without any sign-in."""
    row = ctx.one("SELECT * FROM reports WHERE id = ?", id.partition(".")[0])
    signature = request.query().get("sig", "")
    if row is None or not hmac.compare_digest(row["signature"].encode(), signature.encode()):
        raise gateway_refusal(403, "Server failed to authenticate the request: the signature does not match.")
    if row["status"] != "completed" or ctx.now - row["created"] > _KEPT:
        raise gateway_refusal(404, "The specified blob does not exist.")
    content = row["content"]
    if content is None:
        content = build(ctx, row)
        ctx.update("reports", row["id"], content=content)
    name = f"{row['name'].replace(' ', '-')}.{row['format']}"
    headers = {"Content-Type": MEDIA[row["format"]], "Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(200, bytes(content), headers)
