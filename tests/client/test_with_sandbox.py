"""The client with the pack that is shipped, against its sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from imcloud.client import Client
from imcloud.connections import SandboxWanted, resolve, sandbox_settings
from imcloud.pack import WireRequest
from imcloud.rendering import Renderer, build_environment

ROOT = Path(__file__).resolve().parents[2]
FORM = json.loads((ROOT / "schemas/connection.json").read_text())
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text())


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    module, _, function = MANIFEST["sandbox"].partition(":")
    with getattr(import_module(module), function)() as running:
        yield running


@pytest.fixture
def client(server: Any, tmp_path: Path) -> Iterator[Client]:
    wanted = resolve(FORM, MANIFEST, env={}, config_dir=tmp_path)
    assert isinstance(wanted, SandboxWanted)
    settings = sandbox_settings(FORM, MANIFEST, wanted, server.fields)
    render = Renderer(build_environment()).render
    with Client(settings, MANIFEST, render=render, state_dir=tmp_path / "state") as made:
        yield made


def test_a_list_to_its_end(client: Client) -> None:
    pages = list(client.pages(WireRequest("GET", ("orders",)), MANIFEST["paging"]["offset"], page_size=50))
    rows = [row for page in pages for row in page.rows]
    assert len(pages) > 1
    assert pages[-1].page.complete
    assert pages[-1].page.total == len(rows) == len({row["id"] for row in rows})


def test_the_list_that_ignores_paging(client: Client) -> None:
    pages = list(client.pages(WireRequest("GET", ("reports",)), MANIFEST["paging"]["offset"], page_size=2))
    assert (len(pages), pages[-1].page.complete) == (1, True)


def test_an_object_that_is_not_there(client: Client) -> None:
    reply = client.send(WireRequest("GET", ("customers", "1")), retry=True)
    assert reply.error is not None
    assert (reply.error.kind, reply.outcome) == ("not_found", "not_applied")
    assert reply.correlation_id


def test_the_key_and_the_password_are_told_apart(client: Client, server: Any, tmp_path: Path) -> None:
    found = {}
    for field in ("password", "subscription_key"):
        wrong = {**server.fields, field: "wrong-wrong-wrong"}
        settings = sandbox_settings(FORM, MANIFEST, SandboxWanted(), wrong)
        with Client(settings, MANIFEST, render=Renderer(build_environment()).render, state_dir=tmp_path) as other:
            error = other.send(WireRequest("GET", ("plans",)), retry=True).error
            assert error is not None
            found[field] = (error.kind, error.rule)
    assert found == {"password": ("auth", "sign_in_refused"), "subscription_key": ("auth", "gateway_refused")}
