"""The judge of a marketplace's history: what was applied, against what was intended, counted and told.

`Witness` sits in the sandbox's pipeline and notes each request as it arrives, together with what stood in the table of
intents at that moment. `violations` compares that, the ledger and the results afterwards. The rules:

I1 an intent has at most one effect.          I2 "done" names an effect of its own intent.
I3 nothing is changed without an intent.      I4 "done" is exactly one effect.
I5 "not applied" is no effect.                I6 between two sends there is a look-up, complete and done twice.
I7 requests stay within a bound.              I8 a send is counted before its first byte arrives.
I9 the table of intents says what the caller was told.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imcloud.intents import Intent
from imcloud.results import Result
from imcloud.runner import Runner
from support.market import Market

# Statuses that prove an early refusal, by the documented matrix: such a request may be followed by another.
REFUSED = (307, 308, 400, 401, 403, 404, 405, 415, 422)


@dataclass
class Seen:
    """One request as it arrived. `counted`: the intents in state `sent` at that moment, marker -> sends."""

    method: str
    path: str
    body: Any
    correlation_id: str
    counted: dict[str, int]
    status: int = 0
    refused: bool = False
    offset: int = 0
    rows: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Told:
    """What a caller was told about one call."""

    action: str
    inputs: Mapping[str, Any]
    result: Result


class Witness:
    """Notes what arrives, in sequence. `intents` is the file of the table."""

    def __init__(self, inner: Callable[..., Any], intents: Path) -> None:
        self.seen: list[Seen] = []
        self._inner, self._intents = inner, intents

    def __call__(self, request: Any, apply: Callable[[Any], Any]) -> Any:
        """Note the request and pass it on."""
        changes = request.method != "GET" and not request.path.endswith(("/token", "/estimate", "/parameters"))
        counted = self._counted() if changes else {}
        note = Seen(request.method, request.path, _json(request.body), request.correlation_id, counted)
        self.seen.append(note)
        answer = self._inner(request, apply)
        note.status = answer.status
        body = answer.body if isinstance(answer.body, dict) else {}
        note.refused = answer.status in REFUSED or (answer.status == 429 and "statusCode" in body)
        page = body.get("pagination")
        if answer.status == 200 and isinstance(page, dict) and isinstance(body.get("data"), list):
            note.offset, note.rows, note.total = int(page["offset"]), len(body["data"]), int(page["total"])
        return answer

    def _counted(self) -> dict[str, int]:
        if not self._intents.exists():
            return {}
        with closing(sqlite3.connect(self._intents, timeout=10)) as base:
            return dict(base.execute("SELECT marker, sends FROM intents WHERE state = 'sent'").fetchall())


@dataclass
class _Story:
    """Everything about one intent, or about one request body that no intent knows."""

    intent: Intent | None = None
    posts: list[tuple[int, Seen]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)


def violations(
    shop: Market,
    witness: Witness,
    runner: Runner,
    told: Sequence[Told],
    *,
    after: int = 0,
    since: float = 0.0,
    bound: int | None = None,
) -> list[str]:
    """Every rule that is broken, in words; empty when all hold.

    `after` is the ledger's number before it began, `since` the moment (UTC seconds).
    """
    rows = {row["correlation_id"]: row for row in shop.since(after)}
    seen = [note for note in witness.seen if note.correlation_id in rows]
    stories = _stories(every_intent(runner, since), runner, seen, rows)
    found = [text for story in stories.values() for text in _about(story, seen, rows, runner)]
    for one in told:
        found += _told(shop, one, stories)
    if bound is not None and len(rows) > bound:
        found.append(f"I7 {len(rows)} requests, at most {bound} were allowed")
    return found


def _stories(intents: list[Intent], runner: Runner, seen: list[Seen], rows: Mapping[str, Any]) -> dict[str, _Story]:
    stories: dict[str, _Story] = defaultdict(_Story)
    known: dict[str, str] = {}
    for intent in intents:
        stories[intent.marker].intent = intent
        known.setdefault(_shape(runner, intent), intent.marker)
    for index, note in enumerate(seen):
        row = rows[note.correlation_id]
        if note.method == "GET" or row["operation"] in ("estimate_an_order_price", PARAMETERS):
            continue
        name = marker_in(note.body) or known.get(_key(note.path, note.body)) or f"?{_key(note.path, note.body)}"
        stories[name].posts.append((index, note))
        stories[name].effects += [{**effect, "row": row} for effect in row["effects"]]
    return stories


PARAMETERS = "validate_product_activation_parameters"


def every_intent(runner: Runner, since: float = 0.0) -> list[Intent]:
    """The table of intents, from a moment on."""
    with closing(sqlite3.connect(runner.intents._file)) as base:
        rows = base.execute("SELECT marker FROM intents WHERE created >= ? ORDER BY created", (since,)).fetchall()
    return [found for row in rows if (found := runner.intents.find(row[0])) is not None]


def _shape(runner: Runner, intent: Intent) -> str:
    wire = runner.prepared(runner.find_action(intent.action)).request.build(intent.inputs)
    return _key("/marketplace/sandbox" + wire.path, wire.body)


def _key(path: str, body: Any) -> str:
    return json.dumps([path, body], sort_keys=True, default=str)


def marker_in(body: Any) -> str | None:
    """The marker that a body carries, whatever its place."""
    if not isinstance(body, dict):
        return None
    places = [body.get("poNumber"), *(body.get("attributes") or {}).values()]
    return next((str(value) for value in places if isinstance(value, str) and value.startswith("imc-")), None)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _made(story: _Story) -> list[dict[str, Any]]:
    """The effects that are one each time: things created, or for an update the requests that were applied."""
    made = [effect for effect in story.effects if effect["what"] == "created" and effect["kind"] in WANTED]
    if made or any(note.method == "POST" and _creates(note) for _, note in story.posts):
        return made
    return list({effect["row"]["seq"]: effect for effect in story.effects}.values())


WANTED = ("order", "customer", "reseller", "report")


def _creates(note: Seen) -> bool:
    return note.path.endswith(("/orders", "/customers", "/resellers", "/reports"))


def _about(story: _Story, seen: list[Seen], rows: Mapping[str, Any], runner: Runner) -> Iterable[str]:
    made = _made(story)
    name = story.intent.marker if story.intent else (story.posts[0][1].path if story.posts else "?")
    if len(made) > 1:
        yield f"I1 {name} has {len(made)} effects: {[effect['id'] for effect in made]}"
    if story.intent is None:
        if story.posts:
            yield f"I3 {name} was sent without an intent"
        return
    doubtful = 0
    for number, (index, note) in enumerate(story.posts):
        if note.counted.get(story.intent.marker, 0) < doubtful + 1:
            yield f"I8 {name}: send {doubtful + 1} was not counted before it arrived"
        if number and not story.posts[number - 1][1].refused:
            between = seen[story.posts[number - 1][0] + 1 : index]
            if not _looked(runner, story.intent, between, rows):
                yield f"I6 {name} was sent again without a complete look-up in between"
        doubtful += not note.refused


def _looked(runner: Runner, intent: Intent, between: list[Seen], rows: Mapping[str, Any]) -> bool:
    effect = runner.find_action(intent.action).raw["effect"]
    if "verify" in effect:
        get = effect["verify"]["get"]
        return any(rows[note.correlation_id]["operation"] == get and note.status == 200 for note in between)
    if "lookup" not in effect:
        return False
    pages = [note for note in between if rows[note.correlation_id]["operation"] == effect["lookup"]["list"]]
    return _complete_scans(pages) >= 2


def _complete_scans(pages: list[Seen]) -> int:
    scans, at = 0, -1
    for page in pages:
        if page.total is None or page.offset not in (0, at):
            at = -1
            continue
        at = page.offset + page.rows
        if at >= page.total:
            scans, at = scans + 1, -1
    return scans


def _told(shop: Market, one: Told, stories: Mapping[str, _Story]) -> Iterable[str]:
    intent = one.result.intent
    if intent is None:
        return
    story = stories.get(intent["marker"], _Story())
    made = _made(story)
    ids = {str(effect["id"]) for effect in made}
    name, outcome = intent["marker"], one.result.outcome
    if outcome == "not_applied" and story.effects:
        yield f"I5 {name} was told as not applied and has effects"
    if outcome == "done" and len(made) != 1:
        yield f"I4 {name} was told as done and has {len(made)} effects"
    if outcome == "done" and ids and str(one.result.data["id"]) not in ids:
        yield f"I2 {name} was told as {one.result.data['id']} and is {sorted(ids)}"
    marked = outcome == "done" and one.action == "create_order" and "poNumber" not in one.inputs and ids
    if marked and shop.truth("order", one.result.data["id"]).get("poNumber") != name:
        yield f"I2 {name} was told as an order with another marker"
    if story.intent is not None and story.intent.state != {"done": "done", "unknown": "unknown"}.get(
        outcome, "not_applied"
    ):
        yield f"I9 {name} stands as {story.intent.state} and was told as {outcome}"
