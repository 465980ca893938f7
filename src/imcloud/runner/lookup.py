"""Finds out whether an effect exists: by its marker among everything that could be it, or by reading back.

Rows are only candidates: every page, by the rows' own dates, each fetched whole, marker and content compared here. A
list counts when two scans in a row agree. "Not there" means something only after the settle window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from imcloud.intents import Intent
from imcloud.pack import Action
from imcloud.results import Result
from imcloud.runner.comparing import agree
from imcloud.runner.marking import marker_path, own_value
from imcloud.runner.shape import at

if TYPE_CHECKING:
    from imcloud.runner.execution import Call

SETTLE_SECONDS = 60.0
SETTLE_LOOPBACK = 3.0
SKEW_SECONDS = 600.0
OWN_SKEW_SECONDS = 5.0
MAX_SCANS = 12


@dataclass(frozen=True)
class Found:
    """`data` is the effect; `absent` means that it is not there after the settle window; else nobody knows."""

    data: Any = None
    absent: bool = False
    reason: str = ""
    rule: str = "unknown"
    candidates: tuple[str, ...] = ()
    reads: int = 0


@dataclass
class _Search:
    call: Call
    intent: Intent
    reads: int = 0
    hits: dict[str, Any] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)


def resolve(call: Call, intent: Intent) -> Found:
    """Look until something is certain or the settle window is over."""
    effect = call.prepared.action.raw["effect"]
    if "verify" in effect:
        return _settled(call, intent, _read_back)
    spec = effect.get("lookup")
    if spec is None:
        return Found(reason="nothing says where to look it up", rule="no_lookup")
    missing = [name for name in spec["by"] if at(call.checked.clean, name) in (None, "")]
    if missing:
        return Found(reason=f"without {', '.join(missing)} it cannot be looked up", rule="no_lookup")
    if effect.get("marker") is not None and marker_path(call) is None:
        return Found(reason="the connection's marker is none, so nothing tells it from others", rule="no_marker")
    return _settled(call, intent, _scan_twice)


def _settled(call: Call, intent: Intent, look: Any) -> Found:
    timing = call.connection.client.timing
    over = timing.clock() + settle_seconds(call)
    wait, reads = 0.5, 0
    while True:
        found: Found = look(call, intent)
        reads += found.reads
        if not found.absent or timing.clock() >= over:
            return Found(found.data, found.absent, found.reason, found.rule, found.candidates, reads)
        timing.sleep(min(wait, max(0.05, over - timing.clock())))
        wait *= 2


def settle_seconds(call: Call) -> float:
    """For how long after a doubtful send "not there" proves nothing."""
    chosen = call.connection.settings.fields.get("settle_seconds")
    if chosen is not None:
        return float(chosen)
    return SETTLE_LOOPBACK if call.connection.settings.loopback else SETTLE_SECONDS


def _read_back(call: Call, _: Intent) -> Found:
    spec = call.prepared.action.raw["effect"]["verify"]
    answer = call.nested(spec["get"], {spec["id"]: at(call.checked.clean, spec["id"])}, explain=False)
    if not answer.ok:
        return Found(reason="it could not be read back", rule="unreadable", reads=answer.attempts)
    asked = [entry for entry in spec.get("compare", ()) if _given(call, entry)]
    if not asked:
        return Found(reason="none of what was sent can be read back", rule="unreadable", reads=answer.attempts)
    if all(agree(entry, call.checked.clean, answer.data, call.runner.renderer) for entry in asked):
        return Found(data=answer.data, reads=answer.attempts)
    return Found(absent=True, reason="what is there differs from what was sent", rule="absent", reads=answer.attempts)


def _given(call: Call, entry: str | Mapping[str, Any]) -> bool:
    path = entry if isinstance(entry, str) else entry["path"]
    return at(call.checked.clean, path.split("[")[0]) is not None


def _scan_twice(call: Call, intent: Intent) -> Found:
    reads, before = 0, None
    for _ in range(MAX_SCANS):
        search = _Search(call, intent)
        stable = _scan(search)
        reads += search.reads
        now = (frozenset(search.hits), frozenset(search.strange)) if stable else None
        if now is not None and now == before:
            return _verdict(search, reads)
        before = now
    return Found(reason="the list kept changing while it was read", rule="unstable", reads=reads)


def _verdict(search: _Search, reads: int) -> Found:
    if search.strange:
        reason = "its marker is there on something else"
        return Found(reason=reason, rule="mismatch", candidates=tuple(sorted(search.strange)), reads=reads)
    if len(search.hits) > 1:
        reason = f"{len(search.hits)} fit where one was wanted"
        return Found(reason=reason, rule="duplicate", candidates=tuple(sorted(search.hits)), reads=reads)
    if search.hits:
        return Found(data=next(iter(search.hits.values())), reads=reads)
    return Found(absent=True, reason="it was not found", rule="absent", reads=reads)


def _scan(search: _Search) -> bool:
    """One pass over every candidate; false when the list was not whole or a candidate could not be read."""
    call = search.call
    spec = call.prepared.action.raw["effect"]["lookup"]
    query = {name: at(call.checked.clean, name) for name in spec["by"]}
    listed = call.nested(spec["list"], query, explain=False)
    search.reads += listed.attempts
    if not listed.ok or listed.page is None or not listed.page.complete:
        return False
    skew = _server_ahead(call, listed)
    for row in _candidates(search, spec, listed.data, skew):
        full = _fetched(search, spec, row)
        if full is None:
            return False
        _judge(search, spec, full)
    return True


def _candidates(search: _Search, spec: Mapping[str, Any], rows: list[Any], skew: float) -> Iterator[Mapping[str, Any]]:
    """The rows that may have been created since the intent; a row without a readable date may."""
    # With a marker of ours the window may be wide. A value of the caller's own may stand on earlier effects as well.
    slack = SKEW_SECONDS if own_value(search.call) is None else OWN_SKEW_SECONDS
    earliest = search.intent.created + skew - slack
    known = search.call.runner.intents.results_of(search.intent, _id_of(search.call.prepared.action))
    name = _id_of(search.call.prepared.pack.actions[spec["list"]])
    for row in rows:
        if isinstance(row, Mapping):
            created = _seconds(row.get(spec.get("created", "")))
            if (created is None or created >= earliest) and at(row, name) not in known:
                yield row


def _fetched(search: _Search, spec: Mapping[str, Any], row: Mapping[str, Any]) -> Any:
    if "then" not in spec:
        return row
    reference = search.call.prepared.pack.actions[spec["then"]]
    (name,) = reference.inputs["required"]
    value = at(row, _id_of(search.call.prepared.pack.actions[spec["list"]]))
    answer = search.call.nested(spec["then"], {name: value}, explain=False)
    search.reads += answer.attempts
    return answer.data if answer.ok else None


def _judge(search: _Search, spec: Mapping[str, Any], data: Any) -> None:
    call = search.call
    path = marker_path(call)
    name = str(at(data, _id_of(call.prepared.action)))
    same = all(agree(entry, call.checked.clean, data, call.runner.renderer) for entry in spec.get("compare", ()))
    if path is None:
        if same:
            search.hits[name] = data
        return
    own = at(call.checked.clean, path)
    if at(data, path) != (own or search.intent.marker):
        return
    if same:
        search.hits[name] = data
    elif own is None:
        search.strange.append(name)


def _id_of(action: Action) -> str:
    return str(action.raw["outputs"].get("id", "id"))


def _server_ahead(call: Call, listed: Result) -> float:
    """By how many seconds the server's clock is ahead of ours."""
    try:
        server = parsedate_to_datetime(listed.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return 0.0
    return server - call.connection.client.timing.now()


def _seconds(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) and "T" in text else None
    except ValueError:
        return None
