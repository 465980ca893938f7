"""`imcloud actions` and `imcloud find`."""

from __future__ import annotations

import re
from typing import Any

import click
from click.shell_completion import CompletionItem

from imcloud.cli import app as shared
from imcloud.cli.output import chosen, emit_json, formats


def complete_group(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Groups of actions that begin with what was typed."""
    packs = ctx.ensure_object(shared.App).runner.packs.values()
    names = {name for pack in packs for name in pack.manifest.get("resources", {})}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


@click.command()
@click.option("--resource", metavar="NAME", shell_complete=complete_group, help="Only the actions of one resource.")
@formats("json", "table")
@shared.options
def actions(resource: str | None, fmt: str | None) -> int:
    """List the actions of all packs."""
    app = shared.current()
    groups = _groups(app)
    if resource is not None and resource not in groups:
        _unknown_group(resource, list(groups))
    found = [a for pack in app.runner.packs.values() for a in pack.actions.values() if resource in (None, a.resource)]
    if chosen(fmt) == "json":
        emit_json([_entry(action) for action in found])
        return 0
    _print_all(app, groups, found)
    click.secho(f"{len(found)} actions; imcloud describe ACTION shows one", err=True, dim=True)
    return 0


def _groups(app: shared.App) -> dict[str, str]:
    packs = app.runner.packs.values()
    titles = {name: spec.get("title", name) for p in packs for name, spec in p.manifest.get("resources", {}).items()}
    for pack in packs:
        for action in pack.actions.values():
            titles.setdefault(action.resource, action.resource)
    return titles


def _unknown_group(name: str, names: list[str]) -> None:
    from difflib import get_close_matches

    from imcloud.errors import UnknownName

    raise UnknownName("resource", name, get_close_matches(name, names, 2, 0.5) or names)


def _entry(action: Any) -> dict[str, Any]:
    return {
        "action": action.name,
        "ref": action.ref,
        "title": action.title,
        "resource": action.resource,
        "effect": action.effect_class,
        "method": action.method,
        "path": action.path,
        "description": action.description,
        "deprecated": action.raw.get("deprecated"),
    }


def _print_all(app: shared.App, groups: dict[str, str], found: list[Any]) -> None:
    from rich.text import Text

    from imcloud.cli.safe import safe
    from imcloud.cli.tables import table

    built = table("Action", "Effect", "Request")
    for name, title in groups.items():
        members = [action for action in found if action.resource == name]
        if members:
            built.add_row(Text(safe(title), style="cyan"))
        for action in members:
            effect = Text(action.effect_class, style="yellow" if action.writes else "dim")
            label = Text(f"  {action.name}", style="strike" if action.raw.get("deprecated") else "bold")
            built.add_row(label, effect, Text(wire_name(action), style="dim"))
    app.out.print(built)


def wire_name(action: Any) -> str:
    """Method and path with the names of inputs in it: `GET /things/{id}`."""
    from imcloud.cli.safe import safe

    named = re.sub(r"\{\{\s*(?:inputs\.)?(.*?)\s*\}\}", r"{\1}", f"{action.method} {action.path}")
    return safe(named)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100), default=8, show_default=True, help="At most so many hits.")
@formats("json", "table")
@shared.options
def find(words: tuple[str, ...], limit: int, fmt: str | None) -> int:
    """Find actions and runbooks by words, for example: imcloud find 'turn off auto renew'."""
    from imcloud.cli.books import book_entries
    from imcloud.search import entry_of_action, search

    app = shared.current()
    entries = [entry_of_action(action) for pack in app.runner.packs.values() for action in pack.actions.values()]
    hits = search(" ".join(words), [*entries, *book_entries(app)])[:limit]
    if chosen(fmt) == "json":
        emit_json([hit.to_dict() for hit in hits])
    elif hits:
        _print_hits(app, hits)
    if not hits:
        app.note("nothing was found; imcloud actions lists everything")
    return 0 if hits else 1


def _print_hits(app: shared.App, hits: list[Any]) -> None:
    from rich.text import Text

    from imcloud.cli.safe import safe
    from imcloud.cli.tables import table

    built = table("Found", "", "")
    for hit in hits:
        what = Text(safe(hit.title))
        if hit.matched:
            what.append(f"  ({', '.join(hit.matched[:4])})", style="dim")
        built.add_row(Text(hit.name, style="bold"), Text(hit.kind, style="dim"), what)
    app.out.print(built)
