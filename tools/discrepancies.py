"""The page of everything that the two documents of the marketplace disagree about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from imcloud.cli.catalogue import wire_name
from imcloud.pack import Action, Pack
from tools.fields import Field, fields
from tools.markdown import anchor, code, codes, page, plain, table

INTRO = """\
This pack is written after two documents. The **guide** is the reference of Rewst's Ingram Micro integration: names,
inputs and verbs as workflow users know them. The **vendor file** is the OpenAPI description that CloudBlue publishes of
the platform's reseller API: types, required fields, allowed values and nested bodies. They do not always agree. What is
listed here is what the manifests record, action by action, and what the pack does about it.
"""
Found = tuple[Action, Field]
SECTIONS: tuple[tuple[str, str, Callable[[Field], bool]], ...] = (
    (
        "Inputs that the vendor file calls read-only",
        "The guide offers them as inputs, the vendor file says that only the platform sets them. They are accepted, "
        "sent as given, sorted under advanced, and the result carries a warning.",
        lambda field: field.read_only and field.documented != "vendor",
    ),
    (
        "Inputs that only the guide has",
        "The vendor file does not know them in the request: its update bodies, above all, are narrower. They are sent "
        "as given and may be ignored.",
        lambda field: field.documented == "guide",
    ),
    (
        "Inputs that only the vendor file has",
        "The guide has no place for these, not even among its objects. They are inputs here like all others.",
        lambda field: field.documented == "vendor",
    ),
)


def text(pack: Pack) -> str:
    """The whole page."""
    inputs = [(action, field) for action in pack.actions.values() for field in fields(action.inputs)]
    lines = ["# Where the documents disagree", "", *INTRO.splitlines(), ""]
    lines += _verbs(pack)
    lines += _whole(pack)
    for section in SECTIONS:
        lines += _listed(inputs, *section)
    lines += _others(inputs)
    return page(lines)


def _link(action: Action) -> str:
    return f"[{code(action.name)}](actions/{action.resource}.md#{anchor(action.title)})"


def _verbs(pack: Pack) -> list[str]:
    rows = [
        [
            _link(action),
            code(wire_name(action).split()[1]),
            code(action.method),
            code(action.raw["request"]["alternate_method"]),
        ]
        for action in pack.actions.values()
        if "alternate_method" in action.raw["request"]
    ]
    return [
        "## Two verbs",
        "",
        "The guide's verb goes first. When the platform proves that it knows no such operation (405, or the "
        "gateway's own 404), nothing was applied, and the other verb is sent once and remembered for that connection.",
        "",
        *table(["Action", "Path", "Guide", "Vendor file"], rows),
    ]


def _whole(pack: Pack) -> list[str]:
    rows = [
        [_link(action), plain(action.raw["source"]["dispute"])]
        for action in pack.actions.values()
        if action.raw.get("source", {}).get("dispute")
    ]
    return ["## Whole operations", "", *table(["Action", "What differs"], rows)]


def _listed(inputs: list[Found], title: str, intro: str, wanted: Callable[[Field], bool]) -> list[str]:
    rows: dict[str, tuple[Action, list[str]]] = {}
    for action, field in inputs:
        known = rows.get(action.name, (action, []))[1]
        if wanted(field) and not any(field.path.startswith((f"{path}.", f"{path}[]")) for path in known):
            rows.setdefault(action.name, (action, []))[1].append(field.path)
    if not rows:
        return []
    found = table(["Action", "Inputs"], ([_link(action), codes(paths)] for action, paths in rows.values()))
    return [f"## {title}", "", intro + " What stands inside a listed input is not listed again.", "", *found]


def _others(inputs: list[Found]) -> list[str]:
    texts: dict[str, dict[str, list[str]]] = {}
    for action, field in inputs:
        if field.dispute and not field.read_only:
            texts.setdefault(field.dispute, {}).setdefault(field.path, []).append(action.name)
    lines = ["## Single inputs", ""]
    for note, paths in texts.items():
        lines += [f"**{plain(note)}**", "", *_places(paths), ""]
    return lines


def _places(paths: dict[str, list[str]]) -> Iterator[str]:
    by_actions: dict[tuple[str, ...], list[str]] = {}
    for path, actions in paths.items():
        by_actions.setdefault(tuple(actions), []).append(path)
    for names, found in by_actions.items():
        yield f"- {codes(found)} in {codes(names)}"
