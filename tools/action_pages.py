"""The reference of the actions: a page for each resource, and the table of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imcloud.cli.catalogue import wire_name
from imcloud.pack import Action, Pack
from tools import snippets
from tools.effects import NAMES, consequences
from tools.fields import Field, fields
from tools.markdown import anchor, code, codes, fence, fold, page, plain, sentence, table

GROUPS = {"basic": "Inputs", "advanced": "Advanced inputs", "paging": "Paging"}
READ_ONLY = "The vendor file calls it read-only here: it is sent as given, with a warning."


def pages(pack: Pack) -> dict[str, str]:
    """File names below `docs/actions/` with their text."""
    found = {f"{resource}.md": _resource(pack, resource) for resource in pack.manifest["resources"]}
    return {"index.md": _index(pack), **found}


def of(pack: Pack, resource: str) -> list[Action]:
    """The actions of a resource."""
    return [action for action in pack.actions.values() if action.resource == resource]


def wire(action: Action) -> str:
    """Verb and path, inputs in braces."""
    if action.raw["request"].get("raw_path"):
        return "any verb, any path"
    other = action.raw["request"].get("alternate_method")
    return code(wire_name(action)) + (f" (or {code(other)})" if other else "")


def _index(pack: Pack) -> str:
    operations = [action for action in pack.actions.values() if not action.raw["request"].get("raw_path")]
    lines = [
        "# Actions",
        "",
        f"The {len(operations)} operations of the marketplace, and one action for any other path. "
        "`imcloud describe ACTION` shows the same in a terminal.",
        "",
        "In the tables of inputs, *found in* says which of the two documents has the field: the guide, the vendor "
        "file or both. [Where they disagree](../discrepancies.md) is a page of its own. Every example is run by the "
        "tests, in its three forms.",
        "",
    ]
    for resource, about in pack.manifest["resources"].items():
        lines += [f"## [{about['title']}]({resource}.md)", "", plain(about["description"]), ""]
        lines += table(["Action", "Request", "It", "In short"], [_summary(action) for action in of(pack, resource)])
    return page(lines)


def _summary(action: Action) -> list[str]:
    link = f"[{code(action.name)}]({action.resource}.md#{anchor(action.title)})"
    return [link, wire(action), NAMES[action.effect_class], plain(sentence(action.description))]


def _resource(pack: Pack, resource: str) -> str:
    about = pack.manifest["resources"][resource]
    lines = [f"# {about['title']}", "", plain(about["description"]), ""]
    for action in of(pack, resource):
        lines += _action(pack, action)
    return page(lines)


def _action(pack: Pack, action: Action) -> list[str]:
    lines = [f"## {action.title}", "", f"{code(action.name)}: {wire(action)}, {NAMES[action.effect_class]}.", ""]
    lines += [plain(action.description), ""]
    if "deprecated" in action.raw:
        gone = action.raw["deprecated"]
        lines += [f"**Deprecated** since {gone['since']}. {plain(gone['note'])}", ""]
    lines += [*(f"- {line}" for line in consequences(pack, action)), ""]
    lines += _inputs(fields(action.inputs))
    lines += _outputs(action)
    lines += _disputes(action)
    for place, example in enumerate(action.raw.get("examples", ())):
        lines += _example(action, place, example)
    return lines


def _inputs(found: Sequence[Field]) -> list[str]:
    if not found:
        return ["No inputs.", ""]
    lines: list[str] = []
    for group, title in GROUPS.items():
        rows = [_input(field) for field in found if field.group == group]
        if rows:
            block = table(["Input", "Type", "What it is", "Found in"], rows)
            lines += [f"**{title}**", "", *block] if group == "basic" else fold(f"{title} ({len(rows)})", block)
    return lines


def _input(field: Field) -> list[str]:
    name = f"**{code(field.path)}** required" if field.required else code(field.path)
    return [name, plain(field.type), _about(field), field.documented]


def _about(field: Field) -> str:
    notes = [plain(field.description)]
    if field.allowed:
        notes.append(f"One of {codes(field.allowed)}.")
    if field.known:
        notes.append(f"Known values: {codes(field.known)}.")
    if field.default is not None:
        notes.append(f"The platform's default: {code(str(field.default))}.")
    low, high = field.bounds
    if low is not None or high is not None:
        notes.append(f"From {low}." if high is None else f"Up to {high}." if low is None else f"{low} to {high}.")
    if field.reference and field.source:
        notes.append(f"Picker: {field.reference.replace('_', ' ')}.")
    if field.secret:
        notes.append("Secret: masked in every output.")
    if field.read_only:
        notes.append(f"*{READ_ONLY}*")
    return " ".join(note for note in notes if note)


def _outputs(action: Action) -> list[str]:
    rows = [[code(field.path), plain(field.type), _about(field)] for field in fields(action.output)]
    if not rows:
        return ["The answer is whatever the platform sends.", ""]
    title = "Outputs, each row of `data`" if action.is_list else "Outputs, in `data`"
    html = title.replace("`data`", "<code>data</code>")
    return fold(f"{html} ({len(rows)})", table(["Output", "Type", "What it is"], rows))


def _disputes(action: Action) -> list[str]:
    whole = action.raw.get("source", {}).get("dispute")
    found = [field for field in fields(action.inputs) if field.dispute and not field.read_only]
    if not whole and not found:
        return []
    lines = ["**Where the documents disagree**", ""]
    lines += [f"- {plain(whole)}"] if whole else []
    by_text: dict[str, list[str]] = {}
    for field in found:
        by_text.setdefault(str(field.dispute), []).append(field.path)
    return [*lines, *(f"- {codes(paths)}: {plain(text)}" for text, paths in by_text.items()), ""]


def _example(action: Action, place: int, example: Mapping[str, Any]) -> list[str]:
    inputs = example.get("inputs") or {}
    title = example["title"][0].upper() + example["title"][1:]
    lines = [f"<!-- example: {action.name} {place} -->", "", f"**{plain(title)}**", ""]
    lines += fence("bash", snippets.command(action, inputs))
    lines += [_comes_back(example), ""]
    others = [*fence("python", snippets.python(action, inputs)), *fence("yaml", snippets.runbook(action, inputs))]
    return [*lines, *fold("In Python, and as a task of a runbook", others)]


def _comes_back(example: Mapping[str, Any]) -> str:
    if "errors" in example:
        return f"Refused, nothing is sent: {_listed(example['errors'])}."
    shown = (f"{code(path)} is {code(_text(value))}" for path, value in example.get("result", {}).items())
    return f"Gives: {', '.join(shown)}."


def _listed(errors: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{code(error['pointer'] or '/')} ({plain(str(error['rule']))})" for error in errors)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
