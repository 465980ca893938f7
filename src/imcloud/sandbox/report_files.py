"""The content of a report in its four formats, from the orders in its period."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .clock import iso
from .context import Context
from .money import amount_text
from .web import dump

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xml": "application/xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_COLUMNS = {
    "orders": "orderNumber type status customerId customerName creationDate provisioningDate currency amount".split(),  # noqa: SIM905
    "payments": "paymentNumber orderNumber customerId customerName paymentDate currency amount".split(),  # noqa: SIM905
}
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Report" sheetId="1" '
    'r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


def build(ctx: Context, report: sqlite3.Row) -> bytes:
    """The bytes of the file."""
    dataset = ctx.value("SELECT dataset FROM report_names WHERE name = ?", report["name"])
    rows = [_entry(row, dataset) for row in _orders(ctx, report)]
    columns = _COLUMNS[dataset]
    return {"csv": _csv, "json": _json, "xml": _xml, "xlsx": _xlsx}[report["format"]](columns, rows)


def _orders(ctx: Context, report: sqlite3.Row) -> list[sqlite3.Row]:
    return ctx.all(
        "SELECT o.*, a.name AS customer FROM orders o JOIN accounts a ON a.id = o.customer_id WHERE o.reseller_id = ? "
        "AND o.status = 'completed' AND o.created >= ? AND o.created <= ? ORDER BY o.id",
        report["reseller_id"],
        report["starts"],
        report["ends"],
    )


def _entry(row: sqlite3.Row, dataset: str) -> dict[str, str]:
    done = iso(row["provisioned"]) if row["provisioned"] is not None else ""
    values = {
        "orderNumber": row["number"],
        "type": row["type"],
        "status": row["status"],
        "customerId": str(row["customer_id"]),
        "customerName": row["customer"],
        "creationDate": iso(row["created"]),
        "provisioningDate": done,
        "paymentNumber": f"PM{row['id']}",
        "paymentDate": done,
        "currency": row["currency"],
        "amount": amount_text(Decimal(row["total"])),
    }
    return {name: values[name] for name in _COLUMNS[dataset]}


def _csv(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _json(columns: list[str], rows: list[dict[str, str]]) -> bytes:  # noqa: ARG001
    return dump(rows).encode()


def _xml(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    lines = ["".join(f"<{name}>{escape(row[name])}</{name}>" for name in columns) for row in rows]
    body = "".join(f"<row>{line}</row>" for line in lines)
    return f'<?xml version="1.0" encoding="UTF-8"?><report>{body}</report>'.encode()


def _xlsx(columns: list[str], rows: list[dict[str, str]]) -> bytes:
    table: list[list[Any]] = [columns, *[[row[name] for name in columns] for row in rows]]
    lines = "".join(f"<row r={quoteattr(str(i))}>{''.join(map(_cell, row))}</row>" for i, row in enumerate(table, 1))
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{lines}</sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            # a fixed date: the same report gives the same bytes
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def _cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'
