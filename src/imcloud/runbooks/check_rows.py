"""RB041: the first row of a similarity search is not a match.

A search by similarity answers "Acme Dental" for "Acme". Whether an input is such a search stands in the pack's manifest
(`references.<kind>.search`). Using its first row in a write needs a comparison: a condition on the way that
compares a field of that row with `==`, a choice by `selectattr('name', 'equalto', ...)`, or a comparison in the
expression itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jinja2 import nodes

from imcloud.pack import Action, Pack
from imcloud.runbooks.check_actions import may_write
from imcloud.runbooks.check_flow import Flow, Remark
from imcloud.runbooks.check_sites import Compiled
from imcloud.runbooks.model import Task
from imcloud.runbooks.paths import Chain, path_of


def similarity_inputs(packs: Mapping[str, Pack]) -> dict[str, set[str]]:
    """Inputs that search by similarity: reference of the list action -> input names."""
    found: dict[str, set[str]] = {}
    for pack in packs.values():
        for reference in pack.references.values():
            if "search" in reference:
                found.setdefault(f"{pack.name}.{reference['list']}", set()).add(reference["search"])
    return found


def row_remarks(
    flow: Flow, actions: Mapping[str, Action], packs: Mapping[str, Pack], compiled: Iterable[Compiled]
) -> Iterator[Remark]:
    """RB041 for every write that is fed by an unguarded first row."""
    searches = similarity_inputs(packs)
    templates = list(compiled)
    for task in flow.runbook.tasks.values():
        action = actions.get(task.name)
        if action is not None and searches.get(action.ref, set()) & task.input.keys():
            yield from _Search(task, flow, actions, templates).remarks()


class _Search:
    """One search, the names that carry its first row, and the ways on which nobody has compared it."""

    def __init__(self, task: Task, flow: Flow, actions: Mapping[str, Action], templates: list[Compiled]) -> None:
        self.task, self.flow, self.actions, self.templates = task, flow, actions, templates
        self.carried: set[str] = set()
        while added := {
            entry.site.defines
            for entry in templates
            if entry.site.defines
            and entry.site.defines not in self.carried
            and self._takes(entry)
            and not self._compares(entry)
            if not self._edge_guarded(entry)
        }:
            self.carried |= {name for name in added if name}

    def remarks(self) -> Iterator[Remark]:
        open_ways = self._unguarded()
        for entry in self.templates:
            site = entry.site
            if site.role != "input" or site.task is None or site.task.name not in open_ways:
                continue
            action = self.actions.get(site.task.name)
            if action is None or not may_write(site.task, action) or not self._takes(entry) or self._compares(entry):
                continue
            text = f"{action.name} is given the first row of {self.task.name!r}, a search for similar names"
            hint = "compare the row with what was asked for (==) before it is used, or search by an exact key"
            yield "RB041", site.pointer, text, hint

    def _takes(self, entry: Compiled) -> bool:
        return any(self._is_row(chain, entry.site.task) for chain in entry.template.chains)

    def _is_row(self, chain: Chain, task: Task | None) -> bool:
        parts = chain.parts[1:] if chain.root == "TASKS" and chain.parts[:1] == (self.task.name,) else None
        if chain.root == "RESULT" and task is self.task:
            parts = chain.parts
        if parts is not None:
            parts = parts[1:] if parts[:1] == ("result",) else parts
            return len(parts) >= 2 and parts[0] == "data" and isinstance(parts[1], int)
        return chain.root == "CTX" and bool(chain.parts) and chain.parts[0] in self.carried

    def _compares(self, entry: Compiled) -> bool:
        """Whether the template compares a field of the row with something."""
        for node in entry.template.tree.find_all(nodes.Compare):
            if any(operand.op == "eq" for operand in node.ops):
                sides = [node.expr, *(operand.expr for operand in node.ops)]
                if any(self._side(side, entry) for side in sides):
                    return True
        return False

    def _side(self, node: nodes.Node, entry: Compiled) -> bool:
        # `length == 1` is no comparison of the row: only a path into the row, perhaps through lower or trim, counts.
        while (
            isinstance(node, nodes.Filter)
            and node.name in ("lower", "upper", "trim", "string")
            and node.node is not None
        ):
            node = node.node
        chain = path_of(node)
        return chain is not None and self._is_row(chain, entry.site.task)

    def _guards(self, task: Task, index: int) -> bool:
        pointer = f"{task.next[index].pointer}/when" if task.next else ""
        return any(entry.site.pointer == pointer and self._compares(entry) for entry in self.templates)

    def _edge_guarded(self, entry: Compiled) -> bool:
        site = entry.site
        return site.task is not None and site.transition is not None and self._guards(site.task, site.transition)

    def _unguarded(self) -> set[str]:
        """Tasks that can be reached from the search without passing a comparison."""
        found: set[str] = set()
        waiting = [self.task]
        while waiting:
            task = waiting.pop()
            if task.next is None:
                targets = {self.flow.runbook.below(task.name)}
            else:
                open_ones = [t for i, t in enumerate(task.next) if not self._guards(task, i)]
                targets = {t.do for t in open_ones if t.pointer not in self.flow.shadowed}
            for target in targets - found:
                if target in self.flow.runbook.tasks:
                    found.add(str(target))
                    waiting.append(self.flow.runbook.tasks[str(target)])
        return found
