"""`imcloud runbook` and `imcloud demo`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli.conftest import Command

BOOK = """\
format: 1
runbook: look
title: Look at customers
inputs: {type: object, required: [many], properties: {many: {type: integer, title: How many}}}
tasks:
  look:
    action: list_customers
    input: {limit: "{{ CTX.many }}"}
output: {first: "{{ TASKS.look.data[0].id }}", rows: "{{ TASKS.look.data }}"}
"""
TWO = """\
format: 1
runbook: two
title: Make a reseller, then fail
inputs: {type: object, properties: {}}
tasks:
  first:
    action: update_customer
    input: {id: "ID", name: Renamed by a runbook}
  second:
    action: update_customer
    input: {id: "99999999", name: Nobody}
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A runbook in a file."""
    file = tmp_path / "look.yaml"
    file.write_text(BOOK, encoding="utf-8")
    return file


def test_a_runbook_runs_from_a_file(run: Command, book: Path) -> None:
    ran = run("runbook", "run", str(book), "many=2")
    assert ran.code == 0 and ran.json["ok"] and len(ran.json["output"]["rows"]) == 2
    assert "✔ look: done" in ran.err


def test_a_runbooks_output_is_tables(run: Command, book: Path) -> None:
    ran = run("runbook", "run", str(book), "many=2", "--table", "-v")
    lines = ran.out.splitlines()
    assert lines[0].split()[0] == "first" and "rows" in lines and any(line.startswith("id ") for line in lines)
    assert "✔ look " in ran.err and "list_customers" in ran.err


def test_wrong_inputs_send_nothing(run: Command, book: Path) -> None:
    ran = run("runbook", "run", str(book), "mani=2", "--table")
    assert ran.code == 2 and "many" in ran.err and "nothing was changed" in ran.err and ran.out == ""


def test_partly_applied_is_four_and_says_what_was(run: Command, tmp_path: Path) -> None:
    one = run("run", "list_customers", "--max-items", "1").json["data"][0]["id"]
    file = tmp_path / "two.yaml"
    file.write_text(TWO.replace("ID", one), encoding="utf-8")
    ran = run("runbook", "run", str(file), "--table")
    assert ran.code == 4 and "✔ first update_customer: applied" in ran.err
    assert "✘ second update_customer: not applied" in ran.err
    assert run("runbook", "run", str(file), "--dry-run").code == 0


def test_runbooks_of_the_pack_are_listed_shown_and_clean(run: Command) -> None:
    listed = run("runbook", "list").json
    assert {"onboard_customer", "every_action"} <= {entry["runbook"] for entry in listed}
    assert "onboard_customer" in run("runbook", "list", "--table").out
    assert run("runbook", "lint").json == [] and run("runbook", "lint", "onboard_customer", "--table").code == 0
    for entry in listed:
        ran = run("runbook", "show", entry["runbook"], "--table")
        assert ran.code == 0 and ran.out.startswith(entry["runbook"]) and "Tasks" in ran.out
        assert run("runbook", "show", entry["runbook"]).json["title"] == entry["title"]
    assert run("runbook", "show", "onboard_customer", "--source").out.startswith("format: 1")


def test_a_broken_runbook_is_told_with_its_line(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(BOOK.replace("list_customers", "list_custmers"), encoding="utf-8")
    ran = run("runbook", "lint", str(file), "--table")
    assert ran.code == 1 and re.search(r"broken\.yaml:7: RB\d+ error", ran.out), ran.out
    assert run("runbook", "run", str(file), "many=1", "--table").code == 2
    assert run("runbook", "lint", str(tmp_path / "nothing.yaml")).code == 1
    assert run("runbook", "run", "onboard_custmer").code == 2
    assert "onboard_customer" in run("runbook", "show", "onboard_custmer").err


@pytest.mark.parametrize("text", ["", "{", "a: b", "runbook: x", "- 1", "\x00", "runbook: [x]\ntasks: {}"])
def test_junk_is_no_runbook(run: Command, tmp_path: Path, text: str) -> None:
    file = tmp_path / "junk.yaml"
    file.write_text(text, encoding="utf-8")
    assert run("runbook", "run", str(file)).code == 2
    assert run("runbook", "lint", str(file)).code == 1
    assert run("runbook", "show", str(file)).code == 2


def test_a_runbook_obeys_the_rules_of_writes(lost: Command, run: Command, tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(TWO.replace("ID", "1"), encoding="utf-8")
    ran = lost("runbook", "run", str(file))
    assert ran.code == 2 and "implicit_sandbox" in ran.err
    assert run("runbook", "run", str(file), IMCLOUD_READ_ONLY="1").code == 2
    assert run("runbook", "run", str(file), IMCLOUD_WRITES="confirm").code == 2
    assert lost("runbook", "run", str(file), IMCLOUD_USERNAME="x").code == 2


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(("answer", "code"), [("n\n", 2), ("", 2), ("y\nn\n", 4)], ids=["no", "gone", "yes and no"])
def test_a_person_is_asked_before_every_write(run: Command, tmp_path: Path, answer: str, code: int) -> None:
    one = run("run", "list_customers", "--max-items", "1").json["data"][0]["id"]
    file = tmp_path / "two.yaml"
    file.write_text(TWO.replace("ID", one).replace("99999999", one), encoding="utf-8")
    ran = run("runbook", "run", str(file), "--table", IMCLOUD_WRITES="confirm", stdin=answer)
    assert ran.code == code, ran.err
    assert "Send it?" in ran.err and f"/customers/{one}" in ran.err and "not confirmed" in ran.err


def test_the_demo_does_every_action_and_proves_it(lost: Command) -> None:
    ran = lost("demo")
    assert ran.code == 0, ran.out + ran.err
    done = [line for line in ran.out.splitlines() if re.match(r"✔ \w+ +[A-Z]+ +/", line)]
    assert len(done) == 27 and "27 of 27 actions done" in ran.out.splitlines()[-1]
    assert all(len(line) <= 100 for line in ran.out.splitlines())


def test_the_demo_as_data(lost: Command) -> None:
    ran = lost("demo", "--json")
    assert ran.code == 0 and (ran.json["done"], ran.json["total"], ran.json["ok"]) == (27, 27, True)
    assert all(entry["proved"] for entry in ran.json["actions"])


def test_the_demo_uses_nothing_of_the_surroundings(lost: Command, tmp_path: Path) -> None:
    ran = lost(
        "demo",
        "--json",
        IMCLOUD_USERNAME="partly",
        IMCLOUD_READ_ONLY="1",
        IMCLOUD_WRITES="deny",
        http_proxy="http://127.0.0.1:9",
    )
    assert ran.code == 0 and not (tmp_path / "home" / "state" / "sandbox.db").exists()


def test_a_tick_needs_the_ledger(lost: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from imcloud.cli.proof import Witness

    real = Witness._call

    def forgetful(self: Witness, path: str, body: object = None) -> object:
        answer = real(self, path, body)
        if path.startswith("ledger"):
            answer["data"] = [entry for entry in answer["data"] if entry["operation"] != "get_order"]
        return answer

    monkeypatch.setattr(Witness, "_call", forgetful)
    ran = lost("demo")
    assert ran.code == 1 and "26 of 27 actions done" in ran.out
    assert re.search(r"✘ get_order +GET", ran.out) and not re.search(r"✔ get_order +GET", ran.out)


def test_a_write_is_proved_by_its_effect_only(lost: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from imcloud.cli.proof import Witness

    real = Witness._call

    def without_effects(self: Witness, path: str, body: object = None) -> object:
        answer = real(self, path, body)
        for entry in answer["data"] if path.startswith("ledger") else ():
            entry["effect"] = None
        return answer

    monkeypatch.setattr(Witness, "_call", without_effects)
    ran = lost("demo", "--json")
    unproved = {entry["action"] for entry in ran.json["actions"] if not entry["proved"]}
    assert ran.code == 1 and "create_order" in unproved and "list_orders" not in unproved
