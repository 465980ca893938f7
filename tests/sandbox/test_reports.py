"""Reports are made while one waits, and fetched without sign-in."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from imcloud import sandbox

from .conftest import FIRST, Admin, Api

DAY = 86400


def finished(api: Api, admin: Admin, **more: Any) -> Any:
    made = api.post("/reports", {"name": "Daily Orders", "startDate": "2020-01-01T00:00:00Z", **more})
    assert (made["status"], made["type"]) == ("submitted", "onetime")
    assert "downloadUrl" not in made
    admin.advance(1.5)
    return api.get(f"/reports/{made['id']}")


def test_life_of_a_report(api: Api, admin: Admin) -> None:
    admin.settings(report_seconds=100)
    made = api.post("/reports", {"name": "Payments", "startDate": "2020-01-01T00:00:00Z", "customizationName": "c"})
    assert made["customizationName"] == "c"
    admin.advance(30)
    assert api.get(f"/reports/{made['id']}")["status"] == "processing"
    admin.advance(71)
    assert api.get(f"/reports/{made['id']}")["status"] == "completed"
    assert api.get("/reports")["data"][0]["id"] == made["id"]


@pytest.mark.parametrize("form", ["csv", "json", "xml", "xlsx"])
def test_download(api: Api, admin: Admin, form: str) -> None:
    report = finished(api, admin, format=form, endDate="2999-01-01T00:00:00Z")
    assert report["format"] == form
    answer = requests.get(report["downloadUrl"])
    assert answer.status_code == 200
    rows = api.get("/orders", status="completed", limit=500)["data"]
    assert count(form, answer.content) == len(rows)
    assert requests.get(report["downloadUrl"]).content == answer.content
    assert f".{form}" in answer.headers["Content-Disposition"]


def count(form: str, content: bytes) -> int:
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        assert rows[0]["orderNumber"]
        return len(rows)
    if form == "json":
        return len(json.loads(content))
    if form == "xml":
        return len(ElementTree.fromstring(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return len(list(sheet[0])) - 1


def test_a_report_covers_its_period(api: Api, admin: Admin) -> None:
    api.order(FIRST, {"mpn": "SANDBOX-SEAT", "quantity": 1})
    admin.advance(3)
    start = admin.get("clock")["now"][:10] + "T00:00:00Z"
    report = finished(api, admin, format="json", startDate=start, name="Payments")
    rows = requests.get(report["downloadUrl"]).json()
    assert {"paymentNumber", "orderNumber", "amount"} <= set(rows[0])
    assert len(rows) < 20
    assert rows[-1]["amount"] == "10.00"


def test_wrong_signatures_and_old_files(api: Api, admin: Admin) -> None:
    url = finished(api, admin)["downloadUrl"]
    assert requests.get(url[:-1]).status_code == 403
    assert requests.get(url.partition("?")[0]).status_code == 403
    assert requests.get(url.replace("/download/", "/download/x")).status_code == 403
    admin.advance(91 * DAY)
    assert requests.get(url).status_code == 404
    assert "sig=" not in json.dumps(admin.get("ledger"))


def test_tenants(api: Api, server: sandbox.Server) -> None:
    made = api.get("/reports")["data"][0]
    assert Api(server.users["bluefin"]).call("GET", f"/reports/{made['id']}").status_code == 400


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "name is required; startDate is required"),
        ({"name": "My own", "startDate": "2020-01-01T00:00:00Z"}, "not configured"),
        ({"name": "Payments", "startDate": "2020-01-01"}, "startDate must be a date-time"),
        ({"name": "Payments", "startDate": "2020-01-01T00:00:00Z", "format": "pdf"}, "format must be one of"),
        ({"name": "Payments", "startDate": "2020-01-02T00:00:00Z", "endDate": "2020-01-01T00:00:00Z"}, "before"),
    ],
)
def test_bad_reports(reader: Api, body: Any, part: str) -> None:
    answer = reader.call("POST", "/reports", body)
    assert answer.status_code == 400
    assert part in answer.json()["message"]
