"""What docs/sandbox.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imcloud import sandbox

from .conftest import Api

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "sandbox.md", "exec"), {})


@pytest.mark.parametrize("mpn", sorted(set(re.findall(r"^\| (?:product|MPN) `([^`]+)`", PAGE, re.MULTILINE))))
def test_products_named(reader: Api, mpn: str) -> None:
    found = reader.get("/products", mpn=mpn)["data"]
    assert len(found) == {"SBX7TTC0LH02:0001": 3, "BACKUP-100": 2}.get(mpn, 1)


def test_figures(shared: sandbox.Server, reader: Api) -> None:
    rows = dict(re.findall(r"^\| ([a-z ]+)[^|]* \| ([\d,]+) \|", PAGE, re.MULTILINE))
    with shared._state.transaction() as db:
        for name, sql in (
            ("resellers", "SELECT count(*) FROM accounts WHERE kind = 'reseller'"),
            ("customers", "SELECT count(*) FROM accounts WHERE kind = 'customer'"),
            ("products", "SELECT count(*) FROM products"),
            ("service plans", "SELECT count(*) FROM plans"),
            ("subscriptions", "SELECT count(*) FROM subscriptions"),
            ("orders", "SELECT count(*) FROM orders"),
            ("reports", "SELECT count(*) FROM reports"),
        ):
            assert rows[name] == str(db.execute(sql).fetchone()[0]), name


def test_facts_named(reader: Api) -> None:
    status = {f"100000{i}": reader.get(f"/customers/100000{i}")["status"] for i in range(5, 10)}
    assert list(status.values()) == ["active", "creditHold", "pending", "cancelled", "adminHold"]
    assert reader.get("/plans/10013")["name"] == "Inkoath Monthly"
    assert {switch["planId"] for switch in reader.get("/plans/10013")["planSwitches"]} == {10013, 10014}
    for name in ("Daily Orders", "Monthly Orders", "Every Invoice", "Payments"):
        assert f"`{name}`" in PAGE
        assert reader.post("/reports", {"name": name, "startDate": "2020-01-01T00:00:00Z"})["status"] == "submitted"
