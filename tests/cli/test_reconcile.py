"""Doubt on the command line: exit code 3, the next command, and what a person may record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from support.market import Market, market

from imcloud.cli.root import cli

ORDER = ["customerId=1000005", "type=sales", "products[0].id=PRD100118", "products[0].quantity=2"]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    with market() as running:
        for name, value in {**running.fields, "settle_seconds": "0.2", "kind": "sandbox"}.items():
            monkeypatch.setenv(f"IMCLOUD_{name.upper()}", str(value))
        yield running


def imcloud(*words: str) -> Any:
    return CliRunner().invoke(cli, list(words))


def lose(shop: Market, *, applied: bool) -> None:
    inner = shop.server.pipeline

    def pipeline(request: Any, apply: Any) -> Any:
        if request.method == "POST" and request.path.endswith("/orders"):
            shop.server.pipeline = inner
            if applied:
                inner(request, apply)
            raise ConnectionError
        return inner(request, apply)

    shop.server.pipeline = pipeline


def test_a_lost_answer_is_told_and_can_be_settled_by_a_person(shop: Market) -> None:
    lose(shop, applied=False)
    lost = imcloud("run", "create_order", *ORDER, "--json", "--key", "T1")
    assert lost.exit_code == 3
    marker = json.loads(lost.stdout)["intent"]["marker"]
    assert f"imcloud reconcile {marker}" in lost.stderr
    assert imcloud("reconcile", marker, "--json").exit_code == 3
    assert imcloud("reconcile", "--not-applied").exit_code == 2
    assert imcloud("reconcile", "T1", "--not-applied", "--table").exit_code == 0
    assert imcloud("reconcile", "--table").stdout.strip() == "nothing is in doubt"
    again = imcloud("run", "create_order", *ORDER, "--json", "--key", "T1")
    assert again.exit_code == 5
    assert sum(row["operation"] == "create_order" for row in shop.ledger()) == 1


def test_an_applied_write_can_be_recorded_by_its_id(shop: Market) -> None:
    lose(shop, applied=False)
    imcloud("run", "create_order", *ORDER, "--json", "--key", "T2")
    recorded = imcloud("reconcile", "T2", "--applied", "2000001", "--json")
    assert recorded.exit_code == 0
    again = json.loads(imcloud("run", "create_order", *ORDER, "--json", "--key", "T2").stdout)
    assert again["data"] == {"id": "2000001"}
    assert imcloud("reconcile", "T2", "--applied", "2000001").exit_code == 2


def test_one_more_send_can_be_chosen(shop: Market) -> None:
    lose(shop, applied=False)
    assert imcloud("run", "create_order", *ORDER, "--json", "--on-unknown", "resubmit_once").exit_code == 5
