"""`imcloud demo`: the pack at work on a fresh sandbox, every line proved by the sandbox's own ledger."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import app as shared
from imcloud.cli.output import emit_json, formats, value_at
from imcloud.cli.patience import Patience
from imcloud.cli.proof import Recorder, Witness
from imcloud.cli.safe import safe
from imcloud.cli.watching import DONE, FAILED, Watcher

if TYPE_CHECKING:
    from imcloud.pack import Action, Pack
    from imcloud.results import Result
    from imcloud.runbooks.outcome import RunResult
    from imcloud.runner import Runner

WIDTHS = {"action": 27, "both": 66}
LONGEST_ID = 12


@click.command()
@formats("json", "table")
@shared.options
def demo(fmt: str | None) -> int:
    """Watch the whole pack work on a fresh sandbox, which is gone afterwards. Needs no account and no network."""
    from imcloud.cli.sandbox import environment, pack_with_sandbox
    from imcloud.runner import Runner
    from imcloud.runner.opening import sandbox_starter

    app = shared.current()
    pack = pack_with_sandbox(app)
    started = time.monotonic()
    server = sandbox_starter(pack)(state=None)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            prefix = f"{pack.manifest['env_prefix']}_"
            env = {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
            env |= {**environment(pack, server.fields), "IMCLOUD_HOME": home}
            with Runner(env=env) as runner:
                show = _Show(app, runner, pack, Witness(server.base_url), quiet=fmt == "json")
                return show.play(started)
    finally:
        server.stop()


class _Show:
    """Plays the entries of the manifest's `demo` and keeps what was proved."""

    def __init__(self, app: shared.App, runner: Runner, pack: Pack, witness: Witness, *, quiet: bool) -> None:
        self._app, self._runner, self._pack, self._witness, self._quiet = app, runner, pack, witness, quiet
        # An action without a path of its own is no operation of the marketplace.
        self._wanted = {name: a for name, a in pack.actions.items() if not a.raw["request"].get("raw_path")}
        self._lines: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._sweeping = False
        self._patience: Patience | None = None

    def play(self, started: float) -> int:
        """Run every entry; 0 when all runs are ok and every action is proved."""
        self._say(click.style(f"{self._pack.manifest['title']}, on a fresh sandbox\n", bold=True))
        entries = self._pack.manifest.get("demo", [])
        runs = [self._run(entry, sweep=place == len(entries) - 1) for place, entry in enumerate(entries)]
        missing = [name for name in self._wanted if not self._lines.get(name, {}).get("proved")]
        for name in missing:
            if name not in self._lines:
                self._say(f"{FAILED} {name}: was not called")
        done = len(self._wanted) - len(missing)
        ok = not missing and all(run.ok for run in runs)
        if self._quiet:
            emit_json({"ok": ok, "done": done, "total": len(self._wanted), "actions": list(self._lines.values())})
        seconds = time.monotonic() - started
        text = f"{done} of {len(self._wanted)} actions done"
        skipped = (
            f", {self._witness.skipped:.0f} s of waiting skipped on the sandbox's clock"
            if self._witness.skipped
            else ""
        )
        self._say(f"\n{DONE if ok else FAILED} {click.style(text, bold=True)} in {seconds:.1f} s{skipped}")
        return 0 if ok else 1

    def _run(self, entry: Mapping[str, Any], *, sweep: bool) -> RunResult:
        from imcloud.cli.tables import print_output
        from imcloud.runbooks.engine import run_runbook
        from imcloud.runbooks.loading import find_runbook

        self._sweeping = sweep
        self._say(click.style(safe(entry["title"]), fg="cyan", bold=True))
        book = find_runbook(f"{self._pack.name}.{entry['runbook']}", self._runner.packs)
        with Patience(self._app, safe(entry["title"])) as patience:
            self._patience = patience
            result = run_runbook(
                book,
                entry.get("inputs") or {},
                runner=Recorder(self._runner, self._told),
                on_event=Watcher(patience, None if sweep or self._quiet else click.echo),
                yes=True,
                clock=self._witness.clock,
                sleep=self._witness.sleep,
            )
        if result.output and not self._quiet and not sweep:
            click.echo()
            print_output(self._app.out, result.output)
        if not result.ok:
            from imcloud.cli.failures import headline, show_errors

            headline(f"{book.name}: {result.outcome.replace('_', ' ')}")
            show_errors(result.errors)
        self._say("")
        return result

    def _told(self, ref: str, result: Result) -> None:
        action = self._runner.find_action(ref)
        with self._lock:
            known = self._lines.get(action.name)
            if action.name not in self._wanted or (known is not None and known["proved"] and known["shown"]):
                return
            line = self._line(action, result)
            # What is asked for again and again until it is ready shows once, when it has an answer that counts.
            line["shown"] = self._sweeping and (result.ok or known is None)
            self._lines[action.name] = line
        if line["shown"] and self._patience is not None:
            self._patience.aside(lambda: self._say(_print_line(line, self._app.out.width)))

    def _line(self, action: Action, result: Result) -> dict[str, Any]:
        request = result.request or {}
        return {
            "action": action.name,
            "method": request.get("method"),
            "path": request.get("path"),
            "status": result.status_code,
            "back": _back(self._runner, action, result),
            "elapsed_ms": result.elapsed_ms,
            "proved": self._witness.proves(result, writes=action.writes),
        }

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text)


def _back(runner: Runner, action: Action, result: Result) -> str:
    if not result.ok:
        return result.errors[0].message if result.errors else "failed"
    if isinstance(result.data, list):
        total = result.page.total if result.page is not None else None
        rows = f"{len(result.data)} row{'' if len(result.data) == 1 else 's'}"
        return f"{rows} of {total}" if total not in (None, len(result.data)) else rows
    data = result.data if isinstance(result.data, dict) else {}
    outputs = action.raw["outputs"]
    ident, label = (data.get(outputs.get(key, "")) for key in ("id", "label"))
    short = ident if ident is not None and (label is None or len(str(ident)) <= LONGEST_ID) else None
    words = [str(value) for value in dict.fromkeys((short, label)) if value is not None]
    return " ".join(words) or _price(runner, action, data) or "an answer"


def _price(runner: Runner, action: Action, data: Mapping[str, Any]) -> str:
    # What an action answers with when another one names it as the source of its price.
    for other in runner.packs[action.pack].actions.values():
        spec = other.raw["effect"].get("price", {})
        if spec.get("action") == action.name:
            return " ".join(str(value_at(data, spec[key])) for key in ("amount", "currency"))
    return ""


def _print_line(line: Mapping[str, Any], width: int) -> str:
    back_width = max(12, width - WIDTHS["both"] - 14)
    action = f"{safe(line['action']):<{WIDTHS['action']}}"
    method = str(line["method"])
    path = _cut(safe(line["path"] or ""), WIDTHS["both"] - len(action) - len(method) - 2)
    gap = " " * (WIDTHS["both"] - len(action) - len(method) - len(path) - 2)
    mark = DONE if line["proved"] else FAILED
    status = click.style(str(line["status"]), dim=True)
    back = safe(line["back"])
    back = back if len(back) <= back_width else f"{back[: back_width - 1]}…"
    head = f"{mark} {click.style(action, bold=True)} {click.style(method, fg='cyan')} {path}{gap}"
    return f"{head} {status} {back:<{back_width}} {line['elapsed_ms']:>3} ms"


def _cut(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
