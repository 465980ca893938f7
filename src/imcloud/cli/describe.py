"""`imcloud describe`: everything about one action on one screen or two."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from imcloud.cli import app as shared
from imcloud.cli.assign import words
from imcloud.cli.catalogue import wire_name
from imcloud.cli.complete import action_names
from imcloud.cli.fields import Field, fields
from imcloud.cli.output import chosen, emit_json, formats
from imcloud.cli.safe import safe

if TYPE_CHECKING:
    from rich.console import Console

    from imcloud.pack import Action

GROUPS = ("basic", "advanced", "paging")
MOST_ALLOWED = 14


@click.command()
@click.argument("action", shell_complete=action_names)
@formats("json", "table")
@shared.options
def describe(action: str, fmt: str | None) -> int:
    """Show what ACTION does, its inputs and outputs, examples to copy, and where its documents disagree."""
    app = shared.current()
    found = app.find(action)
    if chosen(fmt) == "json":
        emit_json(_data(found))
    else:
        _print(app.out, found)
    return 0


def example_line(action: Action, inputs: Mapping[str, Any]) -> str:
    """An example as a line for a shell."""
    return shlex.join(["imcloud", "run", action.name, *words(inputs)])


def _data(action: Action) -> dict[str, Any]:
    return {
        "action": action.name,
        "ref": action.ref,
        "title": action.title,
        "description": action.description,
        "resource": action.resource,
        "effect": action.raw.get("effect"),
        "method": action.method,
        "path": action.path,
        "source": action.raw.get("source"),
        "deprecated": action.raw.get("deprecated"),
        "inputs": [field.to_dict() for field in fields(action.inputs)],
        "outputs": [field.to_dict() for field in fields(action.output)],
        "input_schema": action.inputs,
        "output_schema": action.output,
        "examples": [
            {**example, "command": example_line(action, example.get("inputs") or {})}
            for example in action.raw.get("examples", ())
        ],
    }


def _print(console: Console, action: Action) -> None:
    from rich.padding import Padding
    from rich.text import Text

    head = Text(action.name, style="bold")
    head.append(f"  {action.effect_class}", style="dim" if not action.writes else "yellow")
    head.append(f"  {wire_name(action)}", style="dim")
    console.print(head)
    console.print(Padding(Text(safe(action.description)), (0, 0, 0, 2)))
    if action.raw.get("deprecated"):
        gone = action.raw["deprecated"]
        console.print(Text(f"  deprecated: use {gone.get('replacement')}. {gone.get('note', '')}", style="red"))
    print_inputs(console, fields(action.inputs))
    _outputs(console, action)
    _examples(console, action)
    _disputes(console, fields(action.inputs))


def print_title(console: Console, text: str) -> None:
    from rich.text import Text

    console.print()
    console.print(Text(text, style="bold cyan"))


def print_inputs(console: Console, found: Sequence[Field]) -> None:
    """Fields as a tree, those of one group together."""
    from rich.text import Text

    from imcloud.cli.tables import table

    if not found:
        print_title(console, "No inputs")
        return
    print_title(console, "Inputs  (* required)")
    built = table("Key", "Type", "What it is")
    built.columns[0].no_wrap = True
    built.columns[1].max_width = 18
    group = "basic"
    for field in _by_group(found):
        if field.depth == 0 and field.group != group:
            group = field.group
            built.add_row(Text(safe(group), style="italic cyan"))
        name = Text("  " * field.depth + safe(field.name), style="bold" if field.required else "")
        name.append("*" if field.required else "", style="red")
        built.add_row(name, Text(safe(field.type), style="dim"), _what(field))
    console.print(built)


def _by_group(found: Sequence[Field]) -> list[Field]:
    # What stands below a field goes where the field goes.
    group_of: dict[str, str] = {field.top: field.group for field in found if field.depth == 0}
    return sorted(found, key=lambda field: GROUPS.index(group_of[field.top]) if group_of[field.top] in GROUPS else 1)


def _what(field: Field) -> Any:
    from rich.text import Text

    text = Text(safe(field.description))
    if field.allowed:
        shown = [safe(value) for value in field.allowed[:MOST_ALLOWED]]
        rest = len(field.allowed) - MOST_ALLOWED
        _more(text, " | ".join(shown) + (f" | … {rest} more" if rest > 0 else ""), "green")
    if field.reference:
        _more(text, f"picker: {safe(field.reference)}", "magenta")
    for note in field.notes:
        _more(text, safe(note), "yellow")
    return text


def _more(text: Any, words_: str, style: str) -> None:
    text.append(" " if text.plain else "")
    text.append(f"[{words_}]", style=style)


def _outputs(console: Console, action: Action) -> None:
    from rich.padding import Padding
    from rich.text import Text

    found = [field for field in fields(action.output) if "." not in field.key and "[]." not in field.key]
    if not found:
        return
    print_title(console, "Outputs, each row" if action.is_list else "Outputs")
    line = Text()
    for index, field in enumerate(found):
        line.append(", " if index else "")
        line.append(safe(field.key))
        line.append(f" {safe(field.type.partition(',')[0])}", style="dim")
    console.print(Padding(line, (0, 0, 0, 2)))


def _examples(console: Console, action: Action) -> None:
    from rich.text import Text

    for index, example in enumerate(action.raw.get("examples", ())):
        if index == 0:
            print_title(console, "Examples")
        console.print(Text(f"  # {safe(example.get('title', ''))}", style="dim"))
        console.print(Text(f"  {safe(example_line(action, example.get('inputs') or {}))}"), soft_wrap=True)


def _disputes(console: Console, found: Sequence[Field]) -> None:
    from rich.text import Text

    disputes = [field for field in found if field.dispute]
    if disputes:
        print_title(console, "Where the documents disagree")
    for field in disputes:
        console.print(Text(f"  {safe(field.key)}: {safe(field.dispute)}"))
