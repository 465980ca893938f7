"""Each hook does what its specification says, and a plugin that fails is isolated."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2.sandbox import SandboxedEnvironment
from support.canned import canned_server
from support.workshop import KEY, Workshop, open_workshop

from imcloud import hookspecs
from imcloud.errors import PackError
from imcloud.hookspecs import hookimpl
from imcloud.lint import lint_pack
from imcloud.manager import get_plugin_manager
from imcloud.pack import Action
from imcloud.results import Result
from imcloud.runner import CallOptions, Connection, Runner

TOY = Path(__file__).parent / "toy"


def plugin(**functions: Callable[..., Any]) -> SimpleNamespace:
    """A plugin made of functions."""
    return SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})


def runner_with(*plugins: Any, pack: Path = TOY, block: tuple[str, ...] = ()) -> Runner:
    manager = get_plugin_manager(block, installed=False)
    manager.register(plugin(register_packs=lambda: [pack]), name="toy")
    for number, item in enumerate(plugins):
        manager.register(item, name=f"plugin-{number}")
    manager.check_pending()
    return Runner(manager)


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    with open_workshop() as running:
        yield running


def connect(runner: Runner, workshop: Workshop, **fields: str) -> Connection:
    return runner.open_connection(pack="toy", explicit={**workshop.fields, "kind": "sandbox", **fields})


# --- register_packs


def test_register_packs_brings_a_pack() -> None:
    with runner_with() as runner:
        assert runner.packs["toy"].folder == TOY


def test_a_pack_that_cannot_be_loaded_is_an_error_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text("format: 9\n")
    with pytest.raises(PackError, match=r"manifest\.yaml:1: format 9"):
        runner_with(pack=tmp_path)


# --- run_action


class Tape:
    """Records results, then plays them back."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Result] = {}
        self.playing = False

    @hookimpl(wrapper=True)
    def run_action(self, action: Action, inputs: Mapping[str, Any]) -> Any:
        result = yield
        if not self.playing:
            self.kept[action.ref, str(inputs)] = result
        return result


class Player:
    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    @hookimpl
    def run_action(self, action: Action, inputs: Mapping[str, Any]) -> Result | None:
        return self.tape.kept.get((action.ref, str(inputs))) if self.tape.playing else None


def test_run_action_can_record_and_replay(workshop: Workshop) -> None:
    tape = Tape()
    with runner_with(tape, Player(tape)) as runner, connect(runner, workshop) as connection:
        real = runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)
        tape.playing = True
        replayed = runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)
        assert replayed is real
        assert len(workshop.requests) == 1
        # What is not on the tape goes to the built-in implementation, which comes last.
        assert runner.run_action("toy.get_widget", {"code": "w2"}, connection=connection).ok
    assert len(workshop.requests) == 2


def test_run_action_gets_everything_about_the_call(workshop: Workshop) -> None:
    seen: list[Any] = []

    def run_action(
        runner: Runner, action: Action, inputs: Mapping[str, Any], connection: Connection, options: CallOptions
    ) -> None:
        seen.extend([runner, action.name, inputs, connection, options.max_items])

    with runner_with(plugin(run_action=run_action)) as runner, connect(runner, workshop) as connection:
        runner.run_action("toy.list_widgets", {"colour": "red"}, connection=connection, max_items=1)
        assert seen == [runner, "list_widgets", {"colour": "red"}, connection, 1]


@pytest.mark.parametrize(
    ("action", "inputs", "outcome", "kind"),
    [
        ("get_widget", {"code": "w1"}, "not_applied", "config"),
        ("buy_widgets", {"bench": "b7", "lines": [{"code": "w1", "pieces": 1}]}, "unknown", "outcome_unknown"),
    ],
)
def test_a_run_action_that_fails_is_a_result(
    workshop: Workshop, action: str, inputs: dict[str, Any], outcome: str, kind: str
) -> None:
    def run_action(action: Action) -> None:
        raise RuntimeError("with a secret in it")

    with runner_with(plugin(run_action=run_action)) as runner, connect(runner, workshop) as connection:
        result = runner.run_action(f"toy.{action}", inputs, connection=connection)
    assert (result.ok, result.outcome, result.errors[0].kind) == (False, outcome, kind)
    assert "RuntimeError" in result.errors[0].message
    assert "secret" not in str(result.to_dict())
    assert workshop.requests == []


# --- get_auth


def test_get_auth_signs_in_instead_of_the_pack() -> None:
    seen: list[Mapping[str, Any]] = []

    def get_auth(connection: Mapping[str, Any]) -> dict[str, str]:
        seen.append(connection)
        return {"Authorization": "Bearer {{ not a template }}"}

    with canned_server() as server:
        server.expect((200, {"data": [], "pagination": {"offset": 0, "limit": 1, "total": 0}}))
        manager = get_plugin_manager(installed=False)
        manager.register(plugin(get_auth=get_auth))
        explicit = {**server.fields, "kind": "sandbox"}
        with Runner(manager) as runner, runner.open_connection(explicit=explicit) as connection:
            test = runner.packs["im_cloud"].manifest["connection"]["test"]
            result = runner.run_action(test["action"], test["inputs"], connection=connection)
            assert result.ok, result.errors
        (request,) = server.requests
        assert request["headers"]["Authorization"] == "Bearer {{ not a template }}"
        assert "not a template" not in str(result.to_dict())
        assert seen == [connection.describe()]
        assert "password" not in seen[0]


def test_get_auth_that_says_nothing_leaves_the_packs_sign_in(workshop: Workshop) -> None:
    with runner_with(plugin(get_auth=lambda connection: None)) as runner, connect(runner, workshop) as connection:
        assert runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection).ok
    assert workshop.requests[0]["headers"]["X-Workshop-Key"] == KEY


# --- prepare_jinja2_environment


def shouting(tmp_path: Path, template: str) -> Path:
    """The toy pack with one template changed."""
    folder = tmp_path / "toy"
    shutil.copytree(TOY, folder)
    file = folder / "actions" / "widgets" / "buy_widgets.yaml"
    text = file.read_text("utf-8")
    wanted = "{{ inputs | except('bench') }}"
    assert wanted in text
    file.write_text(text.replace(wanted, template), "utf-8")
    return folder


def add_shout(env: SandboxedEnvironment) -> None:
    env.filters["shout"] = lambda text: f"{text}!"


def test_a_plugins_filter_works_in_a_manifest_and_in_its_lint(workshop: Workshop, tmp_path: Path) -> None:
    folder = shouting(tmp_path, "{{ {'note': inputs.note | shout, 'lines': inputs.lines} }}")
    shout = plugin(prepare_jinja2_environment=add_shout)
    with runner_with(shout, pack=folder) as runner, connect(runner, workshop) as connection:
        inputs = {"bench": "b7", "note": "now", "lines": [{"code": "w1", "pieces": 1}]}
        assert runner.run_action("toy.buy_widgets", inputs, connection=connection).ok
        assert workshop.jobs[0]["note"] == "now!"
        assert "IM030" not in {finding.code for finding in lint_pack(folder, plugins=runner.plugins)}
    without = get_plugin_manager(installed=False)
    assert "IM030" in {finding.code for finding in lint_pack(folder, plugins=without)}


def test_the_allow_list_of_syntax_still_applies(workshop: Workshop, tmp_path: Path) -> None:
    folder = shouting(tmp_path, "{{ inputs.note.upper() | shout }}")
    shout = plugin(prepare_jinja2_environment=add_shout)
    with runner_with(shout, pack=folder) as runner, connect(runner, workshop) as connection:
        inputs = {"bench": "b7", "note": "now", "lines": [{"code": "w1", "pieces": 1}]}
        with pytest.raises(PackError, match="call is not allowed"):
            runner.run_action("toy.buy_widgets", inputs, connection=connection)


# --- action_finished


def test_action_finished_gets_every_result_without_secrets(workshop: Workshop) -> None:
    heard: list[tuple[str, Mapping[str, Any]]] = []
    audit = plugin(action_finished=lambda action, result: heard.append((action, result)))
    with runner_with(audit) as runner, connect(runner, workshop) as connection:
        done = runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)
        runner.run_action("toy.get_widget", {"code": ".."}, connection=connection)
    assert [(action, result["ok"]) for action, result in heard] == [("toy.get_widget", True), ("toy.get_widget", False)]
    assert heard[0][1] == done.to_dict()
    assert KEY not in str(heard)


def test_action_finished_that_fails_is_a_warning_and_the_others_still_hear(workshop: Workshop) -> None:
    heard: list[str] = []

    def broken(action: str) -> None:
        raise ValueError("a secret")

    listening = plugin(action_finished=lambda action: heard.append(action))
    failing = plugin(action_finished=broken)
    with runner_with(listening, failing) as runner, connect(runner, workshop) as connection:
        result = runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)
    assert result.ok
    assert any("plugin-1 failed in action_finished: ValueError" in warning for warning in result.warnings)
    assert "a secret" not in str(result.to_dict())
    assert heard == ["toy.get_widget"]


# --- plugins


def test_a_blocked_plugin_is_not_asked() -> None:
    manager = get_plugin_manager(["loud"], installed=False)
    heard: list[str] = []
    assert manager.register(plugin(register_packs=lambda: heard.append("asked") or []), name="loud") is None
    with Runner(manager):
        assert heard == []


def test_without_the_built_in_plugin_there_is_no_pack_and_nobody_to_run_a_call(workshop: Workshop) -> None:
    with runner_with(block=("im_cloud",)) as runner, connect(runner, workshop) as connection:
        assert list(runner.packs) == ["toy"]
        with pytest.raises(PackError, match="blocked"):
            runner.run_action("toy.get_widget", {"code": "w1"}, connection=connection)


def test_a_misspelled_hook_is_an_error() -> None:
    with pytest.raises(Exception, match="unknown hook 'action_finish'"):
        runner_with(plugin(action_finish=lambda action: None))


def test_an_argument_that_a_hook_does_not_have_is_an_error() -> None:
    with pytest.raises(Exception, match="Argument"):
        runner_with(plugin(action_finished=lambda action, answer: None))


def test_every_hook_is_tested_here() -> None:
    """A new hook needs a test whose name begins with its own."""
    hooks = {name for name, found in vars(hookspecs).items() if hasattr(found, "imcloud_spec")}
    tests = inspect.getsource(inspect.getmodule(test_every_hook_is_tested_here))  # type: ignore[arg-type]
    assert hooks == {"register_packs", "run_action", "get_auth", "prepare_jinja2_environment", "action_finished"}
    assert [name for name in sorted(hooks) if f"# --- {name}" not in tests] == []
