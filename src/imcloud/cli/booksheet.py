"""A runbook on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from imcloud.cli.describe import print_inputs, print_title
from imcloud.cli.fields import fields
from imcloud.cli.safe import safe
from imcloud.cli.tables import table

if TYPE_CHECKING:
    from rich.console import Console

    from imcloud.runbooks.model import Runbook, Task


def data_of(book: Runbook) -> dict[str, Any]:
    """The runbook as JSON-ready data."""
    return {
        "runbook": book.name,
        "title": book.title,
        "description": book.description,
        "keywords": list(book.keywords),
        "path": book.path,
        "inputs": [field.to_dict() for field in fields(book.inputs)],
        "tasks": [{"task": task.name, "action": task.action, "notes": _notes(task)} for task in book.tasks.values()],
        "output": sorted(book.output),
    }


def print_book(console: Console, book: Runbook) -> None:
    """The runbook for people."""
    head = Text(safe(book.name), style="bold")
    head.append(f"  {safe(book.title)}", style="dim")
    console.print(head)
    if book.description:
        console.print(Padding(Text(safe(book.description)), (0, 0, 0, 2)))
    print_inputs(console, fields(book.inputs))
    print_title(console, "Tasks")
    built = table("Task", "Action", "Goes to")
    for task in book.tasks.values():
        ways = [f"{way.do}{' if …' if way.conditional else ''}" for way in task.next or ()]
        action = Text(safe(task.action.rpartition(".")[2]))
        for note in _notes(task):
            action.append(f"  [{note}]", style="yellow")
        below = book.below(task.name) or "end"
        built.add_row(Text(safe(task.name), style="bold"), action, Text(safe(", ".join(ways) or below), style="dim"))
    console.print(built)
    if book.output:
        print_title(console, "Output")
        console.print(Padding(Text(safe(", ".join(book.output))), (0, 0, 0, 2)))


def _notes(task: Task) -> list[str]:
    notes = ["for each item"] if task.with_items is not None else []
    return [*notes, "repeated until"] if task.until is not None else notes
