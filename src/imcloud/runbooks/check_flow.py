"""The graph of a runbook's tasks, and the rules about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from jinja2 import nodes

from imcloud.runbooks.grammar import single_expression
from imcloud.runbooks.model import END, FAIL, Runbook, Task
from imcloud.runbooks.templates import Template

Remark = tuple[str, str, str, str]
"""Rule, pointer, message, hint."""


class Flow:
    """Which task can follow which. Transitions that can never be taken do not count."""

    def __init__(self, runbook: Runbook, conditions: Mapping[str, Template]) -> None:
        self.runbook = runbook
        self.shadowed: dict[str, tuple[int, int]] = {}
        self.edges = {name: self._targets(task, conditions) for name, task in runbook.tasks.items()}
        self.reach = {name: self._reach(name) for name in runbook.tasks}
        first = next(iter(runbook.tasks))
        self.reachable = {first, *self.reach[first]}

    def _targets(self, task: Task, conditions: Mapping[str, Template]) -> set[str]:
        if task.next is None:
            return {self.runbook.below(task.name) or END}
        targets, seen = set(), list[frozenset[str]]()
        for index, transition in enumerate(task.next):
            if transition.when is False:
                continue
            needs = conjuncts(conditions.get(f"{transition.pointer}/when")) if transition.conditional else frozenset()
            blocker = next(
                (number for number, earlier in enumerate(seen) if needs is not None and earlier <= needs), None
            )
            both = {frozenset({"SUCCEEDED"}), frozenset({"FAILED"})} <= set(seen)
            if blocker is not None or both:
                self.shadowed[transition.pointer] = (index, blocker if blocker is not None else len(seen) - 1)
                continue
            seen.append(needs if needs is not None else frozenset({transition.pointer}))
            targets.add(transition.do)
        return targets

    def _reach(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = list(self.edges[name])
        while waiting:
            target = waiting.pop()
            if target not in found:
                found.add(target)
                waiting += self.edges.get(target, ())
        return found

    def remarks(self) -> Iterator[Remark]:
        """RB030 unreachable, RB031 unknown target, RB032 shadowed, RB035 a loop without a way out."""
        names = [*self.runbook.tasks, END, FAIL]
        for task in self.runbook.tasks.values():
            if task.name not in self.reachable:
                yield (
                    "RB030",
                    task.pointer,
                    f"the task {task.name!r} can never be reached",
                    "lead to it with `do`, or take it out",
                )
            for transition in task.next or ():
                if transition.do not in names:
                    near = get_close_matches(transition.do, names, 1)
                    hint = f"did you mean {near[0]!r}?" if near else "a task, end or fail"
                    yield "RB031", f"{transition.pointer}/do", f"no task is called {transition.do!r}", hint
                if transition.pointer in self.shadowed:
                    _, by = self.shadowed[transition.pointer]
                    text = f"this transition is never taken: transition {by + 1} is true whenever this one is"
                    yield (
                        "RB032",
                        transition.pointer,
                        text,
                        "the first true transition wins: put the special case first",
                    )
        yield from self._loops()

    def _loops(self) -> Iterator[Remark]:
        told: set[str] = set()
        for name in self.runbook.tasks:
            if name in told or name not in self.reach[name]:
                continue
            loop = {other for other in self.reach[name] if name in self.reach.get(other, ())}
            told |= loop
            if not any(target not in loop for member in loop for target in self.edges[member]):
                members = " -> ".join(task for task in self.runbook.tasks if task in loop)
                hint = "give one of them a transition that leads out of the loop, or use `until`"
                yield "RB035", self.runbook.tasks[name].pointer, f"the loop {members} has no way out", hint


def conjuncts(condition: Template | None) -> frozenset[str] | None:
    """The parts of a condition that are joined by `and`; none for `true`, None when it is not one expression."""
    expression = None if condition is None else single_expression(condition.tree)
    if expression is None:
        return None
    return frozenset(_parts(expression))


def _parts(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.And):
        yield from _parts(node.left)
        yield from _parts(node.right)
    elif (
        isinstance(node, nodes.Not) and isinstance(node.node, nodes.Name) and node.node.name in ("SUCCEEDED", "FAILED")
    ):
        yield "FAILED" if node.node.name == "SUCCEEDED" else "SUCCEEDED"
    elif isinstance(node, nodes.Name):
        yield node.name
    elif not (isinstance(node, nodes.Const) and node.value is True):
        yield repr(node)
