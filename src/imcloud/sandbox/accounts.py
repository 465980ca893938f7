"""Customers and resellers: one table, two kinds."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from .context import Context, family, marks
from .errors import RefusalError, bad_request, unknown_entity
from .paging import listed
from .shapes import ACCOUNT_UPDATE, CUSTOMER, RESELLER, check
from .web import Request

_SETTABLE = ("active", "creditHold")
_COLUMNS = {"externalId": "external_id", "name": "name", "taxRegId": "tax_reg_id", "status": "status"}
_RESELLER_COLUMNS = {
    "currency": "currency",
    "taxationProviderName": "taxation_provider",
    "customerClass": "customer_class",
}


def find_account(ctx: Context, kind: str, id: str, status: int | None = None) -> sqlite3.Row:
    """An account in the caller's family; raises a refusal when there is none."""
    if id.isascii() and id.isdigit() and len(id) < 16:
        row = ctx.one("SELECT * FROM accounts WHERE id = ? AND kind = ?", int(id), kind)
        if row is not None:
            home = row["parent_id"] if kind == "customer" else row["id"]
            if home in family(ctx, ctx.reseller_id):
                return row
    raise unknown_entity(kind, id, ctx.settings.unknown_id_status if status is None else status)


def list_customers(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /customers`: the caller's own, or with `resellerId` those of a reseller below."""
    query = request.query()
    home = ctx.reseller_id
    if query.get("resellerId"):
        home = int(find_account(ctx, "reseller", query["resellerId"], 400)["id"])
    return _list(ctx, query, "customer", home)


def list_reseller_customers(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`GET /resellers/{id}/customers`."""
    return _list(ctx, request.query(), "customer", find_account(ctx, "reseller", id)["id"])


def list_resellers(ctx: Context, request: Request) -> dict[str, Any]:
    """`GET /resellers`: the resellers right below the caller."""
    return _list(ctx, request.query(), "reseller", ctx.reseller_id)


def _list(ctx: Context, query: dict[str, str], kind: str, parent: int) -> dict[str, Any]:
    where: list[tuple[str, tuple[Any, ...]]] = [("parent_id = ? AND kind = ?", (parent, kind))]
    if query.get("name"):
        words = query["name"].casefold().split()
        where.extend(("instr(folded(name), ?)", (word,)) for word in words)
    if query.get("externalId"):
        where.append(("external_id = ?", (query["externalId"],)))
    if query.get("email"):
        where.append(("id IN (SELECT account_id FROM contacts WHERE email = ? COLLATE NOCASE)", (query["email"],)))
    return listed(ctx, query, "accounts", where, "created DESC, id DESC", _row)


def _row(row: sqlite3.Row) -> dict[str, Any]:
    shown = {"id": str(row["id"]), "externalId": row["external_id"], "name": row["name"], "status": row["status"]}
    return {name: value for name, value in shown.items() if value is not None}


def get_customer(ctx: Context, request: Request, id: str) -> dict[str, Any]:  # noqa: ARG001
    """`GET /customers/{id}`."""
    return detail(ctx, find_account(ctx, "customer", id))


def get_reseller(ctx: Context, request: Request, id: str) -> dict[str, Any]:  # noqa: ARG001
    """`GET /resellers/{id}`."""
    return detail(ctx, find_account(ctx, "reseller", id))


def detail(ctx: Context, row: sqlite3.Row) -> dict[str, Any]:
    """An account with all that may be read; logins and passwords are not even kept."""
    people = ctx.all("SELECT * FROM contacts WHERE account_id = ? ORDER BY position", row["id"])
    shown = {
        **_row(row),
        "attributes": json.loads(row["attributes"]),
        "address": json.loads(row["address"]),
        "contactPersons": [
            {
                "type": p["type"],
                "firstName": p["first_name"],
                "lastName": p["last_name"],
                "email": p["email"],
                "phoneNumber": p["phone"],
            }
            for p in people
        ],
        "language": row["language"],
        "taxRegId": row["tax_reg_id"],
    }
    if row["kind"] == "customer":
        shown["resellerId"] = str(row["parent_id"])
    else:
        shown.update((key, row[column]) for key, column in _RESELLER_COLUMNS.items())
    return {name: value for name, value in shown.items() if value is not None}


def create_customer(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /customers`."""
    return _create(ctx, "customer", ctx.reseller_id, check(CUSTOMER, request.json()))


def create_reseller_customer(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`POST /resellers/{id}/customers`."""
    home = find_account(ctx, "reseller", id)["id"]
    return _create(ctx, "customer", home, check(CUSTOMER, request.json()))


def create_reseller(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /resellers`: below the caller, who must be allowed to have resellers."""
    body = check(RESELLER, request.json())
    if ctx.value("SELECT role FROM users WHERE username = ?", ctx.caller.username if ctx.caller else "") != "parent":
        raise RefusalError(403, "Access denied: the account cannot have resellers.")
    return _create(ctx, "reseller", ctx.reseller_id, body)


def _create(ctx: Context, kind: str, parent: int, body: dict[str, Any]) -> dict[str, Any]:
    status = body.get("status", "active")
    _check_status(status)
    entity = ctx.next_number("accounts")
    more = {column: body.get(key) for key, column in _RESELLER_COLUMNS.items()} if kind == "reseller" else {}
    ctx.insert(
        "accounts",
        id=entity,
        kind=kind,
        parent_id=parent,
        external_id=body.get("externalId"),
        name=body["name"],
        status=status,
        language=body["language"],
        tax_reg_id=body.get("taxRegId"),
        attributes=json.dumps(body.get("attributes", {})),
        address=json.dumps(_address(body["address"])),
        created=ctx.now,
        **more,
    )
    _write_contacts(ctx, entity, body["contactPersons"])
    ctx.effect(kind, entity, "created")
    return detail(ctx, find_account(ctx, kind, str(entity)))


def _check_status(status: str) -> None:
    if status not in _SETTABLE:
        raise bad_request(f"The status '{status}' cannot be set; supported statuses: {', '.join(_SETTABLE)}.")


def _address(given: dict[str, Any]) -> dict[str, Any]:
    known = ("streetAddress", "addressExtension", "postalCode", "city", "state", "countryCode")
    return {name: given[name] for name in known if given.get(name) is not None}


def _write_contacts(ctx: Context, account: int, people: list[dict[str, Any]]) -> None:
    ctx.run("DELETE FROM contacts WHERE account_id = ?", account)
    for position, p in enumerate(people):
        names = {"first_name": p["firstName"], "last_name": p["lastName"]}
        more = {"email": p["email"], "phone": p["phoneNumber"]}
        ctx.insert("contacts", account_id=account, position=position, type=p["type"], **names, **more)


def update_customer(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`PATCH /customers/{id}`."""
    return _update(ctx, "customer", id, check(ACCOUNT_UPDATE, request.json()))


def update_reseller(ctx: Context, request: Request, id: str) -> dict[str, Any]:
    """`PATCH /resellers/{id}`."""
    return _update(ctx, "reseller", id, check(ACCOUNT_UPDATE, request.json()))


def _update(ctx: Context, kind: str, id: str, body: dict[str, Any]) -> dict[str, Any]:
    row = find_account(ctx, kind, id)
    if body.get("status", row["status"]) != row["status"]:
        _check_status(body["status"])
    changes: dict[str, Any] = {column: body[key] for key, column in _COLUMNS.items() if key in body}
    if "address" in body:
        changes["address"] = json.dumps(_address(body["address"]))
    if ctx.settings.wide_updates:
        changes.update(_wide(kind, row, body))
    if changes:
        ctx.update("accounts", row["id"], **changes)
    if "contactPersons" in body:
        _write_contacts(ctx, row["id"], body["contactPersons"])
    ctx.effect(kind, id, "updated")
    return detail(ctx, find_account(ctx, kind, id))


def _wide(kind: str, row: sqlite3.Row, body: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "attributes" in body:
        changes["attributes"] = json.dumps({**json.loads(row["attributes"]), **body["attributes"]})
    if "language" in body:
        changes["language"] = body["language"]
    if kind == "reseller":
        changes.update((column, body[key]) for key, column in _RESELLER_COLUMNS.items() if key in body)
    return changes


def visible_homes(ctx: Context) -> tuple[str, list[int]]:
    """An SQL condition on `reseller_id` for all the caller may see, and its values."""
    homes = family(ctx, ctx.reseller_id)
    return f"reseller_id IN ({marks(homes)})", homes
