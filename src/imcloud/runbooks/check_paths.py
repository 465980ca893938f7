"""Rules about what expressions read: names in CTX, tasks, and fields of answers."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from imcloud.runbooks.check_flow import Flow, Remark
from imcloud.runbooks.check_sites import Compiled, Site
from imcloud.runbooks.check_types import Dead, Types
from imcloud.runbooks.paths import Chain

_SHOWN = ("publish", "output", "message", "vars", "items")


def path_remarks(entry: Compiled, types: Types, flow: Flow) -> Iterator[Remark]:
    """RB020 to RB023 and RB040 for one template."""
    told: set[str] = set()
    for chain in entry.template.chains:
        for remark in _chain(chain, entry.site, types, flow):
            if remark[2] not in told:
                told.add(remark[2])
                yield remark


def _chain(chain: Chain, site: Site, types: Types, flow: Flow) -> Iterator[Remark]:
    first = chain.parts[0] if chain.parts else None
    if chain.root == "CTX" and first is not None and first != "*" and first not in types.names:
        hint = _near(str(first), types.names) or "it is no input, no var, and nothing publishes it"
        yield "RB023", site.pointer, f"CTX.{first} is never defined", hint
        return
    if chain.root == "TASKS" and first is not None and first != "*":
        problem = _task(str(first), site, flow, chain.guarded)
        if problem is not None:
            yield problem
            return
    found = types.resolve(chain, site.task)
    if isinstance(found, Dead):
        if not chain.guarded:
            upto = Chain(chain.root, chain.parts[: found.at + 1])
            hint = _near(str(chain.parts[found.at]), found.known) or _some(found.known)
            yield "RB021", site.pointer, f"{upto} cannot be there: {found.reason}", hint
    elif found.get("x-secret") and site.role in _SHOWN:
        hint = "use it in the input of the task that needs it"
        yield "RB040", site.pointer, f"{chain} is a secret and would be written into the run's record", hint


def _task(name: str, site: Site, flow: Flow, guarded: bool) -> Remark | None:
    tasks = flow.runbook.tasks
    if name not in tasks:
        hint = _near(name, list(tasks)) or f"tasks: {', '.join(tasks)}"
        return "RB020", site.pointer, f"no task is called {name!r}", hint
    if guarded or site.task is None:
        return None
    here = site.task.name
    after_itself = (name == here and site.role in ("publish", "message")) or (
        name == here and site.transition is not None
    )
    if after_itself or here in flow.reach[name] or here not in flow.reachable:
        return None
    text = f"the task {name!r} cannot have run before {here!r}"
    return "RB022", site.pointer, text, "use it further down, or say what to do without it: | default(...)"


def _near(name: str, known: list[str] | tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def _some(known: tuple[str, ...]) -> str:
    return f"there are {', '.join(sorted(known)[:20])}" if known else ""
