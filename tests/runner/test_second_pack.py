"""A second pack, as a folder: it has everything of the first one's without a line of the runner knowing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.workshop import KEY, WIDGETS, Workshop, open_workshop

from imcloud.errors import PackError, UnknownName
from imcloud.hookspecs import hookimpl
from imcloud.manager import get_plugin_manager
from imcloud.packs import load_pack
from imcloud.runner import Confirmation, Connection, Runner

TOY = Path(__file__).parent / "toy"
LINES = [{"code": "w1", "colour": "red", "pieces": 3}, {"code": "w3", "pieces": 1}]
Live = tuple[Runner, Connection]


class ToyPlugin:
    @hookimpl
    def register_packs(self) -> list[Path]:
        return [TOY]


def toy_runner(**settings: Any) -> Runner:
    plugins = get_plugin_manager(installed=False)
    plugins.register(ToyPlugin(), name="toy")
    return Runner(plugins, **settings)


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    with open_workshop() as running:
        yield running


@pytest.fixture
def live(workshop: Workshop) -> Iterator[Live]:
    with (
        toy_runner() as runner,
        runner.open_connection(pack="toy", explicit={**workshop.fields, "kind": "sandbox"}) as connection,
    ):
        yield runner, connection


def test_both_packs_are_there_and_the_built_in_one_comes_first() -> None:
    with toy_runner() as runner:
        assert list(runner.packs) == ["im_cloud", "toy"]
        assert runner.find_action("buy_widgets").ref == "toy.buy_widgets"
        with pytest.raises(UnknownName, match="buy_widgets"):
            runner.find_action("buy_widget")


def test_two_packs_of_one_name_are_refused() -> None:
    plugins = get_plugin_manager(installed=False)
    plugins.register(ToyPlugin(), name="toy")
    plugins.register(ToyPlugin(), name="toy again")
    with pytest.raises(PackError, match="two packs are called 'toy'"):
        Runner(plugins)


def test_an_order_is_sent_once_with_the_packs_own_sign_in(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    result = runner.run_action("toy.buy_widgets", {"bench": "b7", "note": "n1", "lines": LINES}, connection=connection)
    assert (result.ok, result.outcome, result.status_code) == (True, "done", 201)
    assert result.data["number"] == "j1"
    assert result.exit_code == 5  # accepted and still going: the manifest says when
    here = {"name": connection.name, "kind": "sandbox", "host": f"127.0.0.1:{workshop.port}", "bench": "b7"}
    assert result.connection == here
    writes = [seen for seen in workshop.requests if seen["method"] == "PUT"]
    assert [(seen["path"], seen["body"]) for seen in writes] == [("/benches/b7/jobs", {"note": "n1", "lines": LINES})]
    assert (writes[0]["headers"]["X-Workshop-Key"], writes[0]["headers"]["X-Bench"]) == (KEY, "b7")
    assert "Authorization" not in writes[0]["headers"]
    assert not [path for _, path in workshop.sent() if "token" in path]
    assert result.correlation_id == f"t-{len(workshop.requests)}"
    assert KEY not in str(result.to_dict())


def test_a_dry_run_tells_request_checks_and_price_and_buys_nothing(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    inputs = {"bench": "b7", "note": "n1", "lines": LINES}
    result = runner.run_action("toy.buy_widgets", inputs, connection=connection, dry_run=True)
    assert (result.ok, result.outcome) == (True, "not_applied")
    assert result.dry_run is not None
    assert result.dry_run["price"] == {"amount": "11.50", "currency": "EUR"}
    request = result.dry_run["request"]
    assert (request["method"], request["path"]) == ("PUT", "/benches/b7/jobs")
    assert request["body"] == {"note": "n1", "lines": LINES}
    assert [(check["action"], check["ok"]) for check in result.dry_run["checks"]] == [("quote_widgets", True)]
    assert "$TOY_WORKSHOP_KEY" in result.dry_run["curl"]
    assert KEY not in str(result.to_dict())
    assert workshop.sent() == [("POST", "/benches/b7/quotes")]
    assert workshop.jobs == []


def test_a_check_that_does_not_pass_fails_the_dry_run(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    inputs = {"bench": "b7", "lines": [{"code": "w1", "pieces": 1000}]}
    result = runner.run_action("toy.buy_widgets", inputs, connection=connection, dry_run=True)
    assert (result.ok, result.exit_code) == (False, 1)
    assert result.errors[0].rule == "preflight"
    assert workshop.jobs == []


def test_a_person_is_asked_with_the_price(workshop: Workshop) -> None:
    asked: list[Confirmation] = []

    def no(question: Confirmation) -> bool:
        asked.append(question)
        return False

    explicit = {**workshop.fields, "kind": "sandbox", "writes": "confirm"}
    with toy_runner() as runner, runner.open_connection(pack="toy", explicit=explicit) as connection:
        inputs = {"bench": "b7", "lines": LINES}
        result = runner.run_action("toy.buy_widgets", inputs, connection=connection, confirm=no)
        assert (result.ok, result.errors[0].rule) == (False, "declined")
        assert asked[0].price == {"amount": "11.50", "currency": "EUR"}
        assert workshop.jobs == []
        assert runner.run_action("toy.buy_widgets", inputs, connection=connection, yes=True).ok
    assert len(workshop.jobs) == 1


def test_options_come_from_the_packs_own_list(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    found = runner.options("toy.buy_widgets", "lines[0].code", {"note": "cog"}, connection=connection)
    assert [(option.value, option.label) for option in found] == [
        ("w1", "Cog, 2.50 a piece"),
        ("w2", "Cog, 2.75 a piece"),
    ]
    assert found[1].fills == {"colour": "blue"}
    searched = runner.options("toy.get_widget", "code", search="gear", connection=connection)
    assert [option.value for option in searched] == ["w3"]
    assert workshop.requests[-1]["query"]["like"] == "gear"


def test_lists_are_paged_by_the_packs_own_names(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    result = runner.run_action("toy.list_widgets", connection=connection)
    assert result.data == WIDGETS
    assert result.page is not None
    assert (result.page.total, result.page.complete) == (5, True)
    starts = [(seen["query"]["start"], seen["query"]["count"]) for seen in workshop.requests]
    assert starts == [("0", "2"), ("2", "2"), ("4", "2")]
    stream = runner.iter_action("toy.list_widgets", {"colour": "red"}, connection=connection)
    assert [row["code"] for row in stream] == ["w1", "w3", "w4"]
    cut = runner.run_action("toy.list_widgets", connection=connection, max_items=3)
    assert cut.page is not None
    assert (len(cut.data), cut.page.complete, cut.page.next_offset) == (3, False, 3)


def test_errors_are_read_in_the_packs_own_shape(live: Live) -> None:
    runner, connection = live
    result = runner.run_action("toy.get_widget", {"code": "w9"}, connection=connection)
    assert (result.ok, result.errors[0].kind) == (False, "not_found")
    refused = runner.run_action("toy.buy_widgets", {"bench": "..", "lines": []}, connection=connection)
    assert {(error.pointer, error.rule) for error in refused.errors} == {("/bench", "pattern"), ("/lines", "minItems")}


def test_a_wrong_key_is_an_error_of_sign_in(workshop: Workshop) -> None:
    explicit = {**workshop.fields, "access_key": "another-key", "kind": "sandbox"}
    with toy_runner() as runner, runner.open_connection(pack="toy", explicit=explicit) as connection:
        result = runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)
    assert (result.ok, result.errors[0].kind) == (False, "auth")


def test_the_environment_has_the_packs_own_prefix(workshop: Workshop, own_home: Path) -> None:
    home = {"IMCLOUD_HOME": str(own_home)}
    env = {f"TOY_{name.upper()}": value for name, value in workshop.fields.items()}
    with toy_runner(env={**home, **env}) as runner:
        assert runner.run_action("toy.get_widget", {"code": "w1"}).ok
    with toy_runner(env={**home, "TOY_BENCH": "b7"}) as runner:
        partly = runner.run_action("toy.get_widget", {"code": "w1"})
        assert (partly.ok, partly.errors[0].kind) == (False, "config")
        assert "TOY_ACCESS_KEY" in partly.errors[0].message
    with toy_runner(env=home) as runner:
        nothing = runner.run_action("toy.get_widget", {"code": "w1"})
        assert "no sandbox" in nothing.errors[0].message
    assert len(workshop.requests) == 1


EXAMPLES = [
    pytest.param(action.name, example, id=f"{action.name}-{index}")
    for action in load_pack(TOY).actions.values()
    for index, example in enumerate(action.raw["examples"])
]


@pytest.mark.parametrize(("action", "example"), EXAMPLES)
def test_its_examples_run(action: str, example: dict[str, Any], live: Live, workshop: Workshop) -> None:
    runner, connection = live
    seen = workshop.requests
    result = runner.run_action(f"toy.{action}", example["inputs"], connection=connection, explain=False)
    wanted = {(error["pointer"], error["rule"]) for error in example.get("errors", ())}
    assert result.ok == example.get("result", {}).get("ok", False)
    if wanted:
        assert {(error.pointer, error.rule) for error in result.errors} == wanted
        assert seen == []
        return
    first = {key: seen[0][key] for key in ("method", "path", "query", "body")}
    assert first == {"query": {}, "body": None, **example["request"]}


def test_a_lost_answer_is_found_by_the_toys_own_marker_and_ids(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    inputs = {"bench": "b7", "lines": [{"code": "w1", "colour": "red", "pieces": 3}]}
    workshop.lose[:] = ["after"]
    found = runner.run_action("buy_widgets", inputs, connection=connection, key="K1")
    assert found.ok, found.errors
    assert (found.data["number"], len(workshop.jobs)) == ("j1", 1)
    assert runner.run_action("buy_widgets", inputs, connection=connection, key="K1").data["number"] == "j1"
    assert len(workshop.jobs) == 1


def test_doubt_halts_and_is_reconciled(live: Live, workshop: Workshop) -> None:
    runner, connection = live
    inputs = {"bench": "b7", "lines": [{"code": "w1", "colour": "red", "pieces": 3}]}
    workshop.lose[:] = ["before"]
    halted = runner.run_action("buy_widgets", inputs, connection=connection)
    assert (halted.outcome, halted.exit_code, workshop.jobs) == ("unknown", 3, [])
    assert halted.intent is not None
    # It turns up late: the same call, as the workshop would have taken it.
    workshop.jobs.append({"number": "j9", "bench": "b7", "state": "done", "note": halted.intent["marker"], **inputs})
    (settled,) = runner.reconcile(connection=connection)
    assert (settled.ok, settled.data["number"]) == (True, "j9")
    assert runner.reconcile() == []
