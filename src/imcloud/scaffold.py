"""Writes the files of a new action: a manifest, the schema of its inputs and the schema of what comes back.

What is written lints clean and runs; every text that a person should replace begins with `TODO`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imcloud.strict_yaml import load_yaml

METHODS = {"GET": "read", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "update"}
VERBS = {"POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}


@dataclass(frozen=True)
class Wanted:
    """An action that does not exist yet."""

    pack: str
    name: str
    resource: str
    method: str
    path: str
    ids: tuple[str, ...]

    @property
    def is_list(self) -> bool:
        """A GET whose path does not end in an id."""
        return self.method == "GET" and not self.path.endswith("}")

    @property
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ").title()

    @property
    def has_body(self) -> bool:
        """Whether the request carries a body."""
        return self.method in ("POST", "PUT", "PATCH")


def scaffold(
    folder: Path, method: str, path: str, *, name: str | None = None, resource: str | None = None
) -> list[Path]:
    """Write the files into the pack at `folder` and return their paths.

    Raises ValueError, with a text for people, for a method, path or name that cannot be, and when a file exists.
    """
    text = (folder / "manifest.yaml").read_text(encoding="utf-8")
    manifest = load_yaml(text, "manifest.yaml").value
    wanted = _wanted(str(manifest["pack"]), method.upper(), path, name, resource)
    files = {
        folder / "actions" / wanted.resource / f"{wanted.name}.yaml": _manifest(wanted, manifest),
        folder / "schemas" / "inputs" / f"{wanted.name}.json": _json(_inputs(wanted, manifest)),
        folder / "schemas" / "outputs" / f"{wanted.name}.json": _json(_outputs(wanted)),
    }
    if (folder / "actions").is_dir() and any((folder / "actions").glob(f"*/{wanted.name}.yaml")):
        raise ValueError(f"there is an action {wanted.name!r} already: choose another name (--name)")
    for file in files:
        if file.exists():
            raise ValueError(f"{file} exists: choose another name (--name)")
    changed = _with_resource(text, manifest, wanted.resource)
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8", newline="\n")
    if changed is None:
        return list(files)
    (folder / "manifest.yaml").write_text(changed, encoding="utf-8", newline="\n")
    return [*files, folder / "manifest.yaml"]


def _wanted(pack: str, method: str, path: str, name: str | None, resource: str | None) -> Wanted:
    if method not in METHODS:
        raise ValueError(f"{method!r} is not one of {', '.join(METHODS)}")
    if not path.startswith("/") or len(path) < 2:
        raise ValueError("the path begins with '/', for example /things/{thingId}")
    segments = path.strip("/").split("/")
    for segment in segments:
        if not (_SEGMENT.fullmatch(segment) and segment not in (".", "..")) and not _PARAMETER.fullmatch(segment):
            raise ValueError(f"{segment!r} is no part of a path: write a word, or {{nameOfAnInput}}")
    ids = [match.group(1) for segment in segments if (match := _PARAMETER.fullmatch(segment))]
    if len(set(ids)) < len(ids):
        raise ValueError("two inputs in the path have the same name")
    words = [_snake(segment) for segment in segments if not _PARAMETER.fullmatch(segment)]
    resource = resource or (words[0] if words else "other")
    name = name or _name(method, segments, words)
    for what, value in (("name", name), ("resource", resource)):
        if not _NAME.fullmatch(value):
            raise ValueError(f"the {what} {value!r} is not made of lower-case letters, digits and underscores")
    return Wanted(pack, name, resource, method, "/" + "/".join(segments), tuple(ids))


def _name(method: str, segments: list[str], words: list[str]) -> str:
    last = words[-1] if words else "thing"
    owner = f"{_singular(words[-2])}_" if len(words) > 1 and _PARAMETER.fullmatch(segments[-2]) else ""
    if segments[-1].endswith("}"):
        return f"{VERBS.get(method, 'get')}_{_singular(last)}"
    if method == "GET":
        return f"list_{owner}{last}"
    if method == "POST" and len(words) > 1 and last == _singular(last):
        # A verb at the end of the path: POST /things/{thingId}/pause.
        return f"{last}_{_singular(words[-2])}"
    return f"{VERBS[method]}_{owner}{_singular(last)}"


def _snake(text: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_") or "x"


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _example(wanted: Wanted) -> dict[str, Any]:
    return {**dict.fromkeys(wanted.ids, "1000001"), **({"name": "Example"} if wanted.has_body else {})}


def _manifest(wanted: Wanted, manifest: dict[str, Any]) -> str:
    inputs = _example(wanted)
    path = _PARAMETER.sub(r"{{ inputs.\1 }}", wanted.path)
    rest = f"inputs | except({', '.join(map(repr, wanted.ids))})" if wanted.ids else "inputs"
    scheme = _paging(wanted, manifest)
    pages = bool(scheme)
    where = {"body": f"{{{{ {rest} }}}}"} if wanted.has_body else {"query": f"{{{{ {rest} }}}}"} if pages else {}
    sent = {"body": {"name": "Example"}} if wanted.has_body else {}
    row = {"id": "1000001", "name": "Example"}
    query = {"query": {scheme["offset"]: "0", scheme["limit"]: str(scheme["page_size"])}} if pages else {}
    done = {
        "title": "TODO: a call that succeeds",
        "inputs": inputs,
        "request": {"method": wanted.method, "path": _PARAMETER.sub("1000001", wanted.path), **query, **sent},
        "response": {"status": 200, "body": _page(manifest, row) if pages else row},
        "result": {"ok": True},
    }
    lines = [
        "format: 1",
        f"action: {wanted.name}",
        f"title: {wanted.title}",
        "description: TODO say in a sentence what it does and what to watch for.",
        f"effect: {{class: {METHODS[wanted.method]}}}",
        *(["paging: offset"] if pages else []),
        f"inputs: schemas/inputs/{wanted.name}.json",
        f"request: {_flow({'method': wanted.method, 'path': path, **where})}",
        f"outputs: {_flow({'schema': f'schemas/outputs/{wanted.name}.json', 'id': 'id', 'label': 'name'})}",
        "examples:",
        *_entry(done),
        *_entry(_refusal(wanted, inputs)),
    ]
    return "\n".join(lines) + "\n"


def _refusal(wanted: Wanted, inputs: dict[str, Any]) -> dict[str, Any]:
    if wanted.ids:
        first = wanted.ids[0]
        return {
            "title": "refused: an id that would leave its place in the path",
            "inputs": {**inputs, first: ".."},
            "errors": [{"pointer": f"/{first}", "rule": "pattern"}],
        }
    return {
        "title": "refused: an input that does not exist",
        "inputs": {**inputs, "unknownInput": "x"},
        "errors": [{"pointer": "/unknownInput", "rule": "unknown"}],
    }


def _page(manifest: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    scheme = manifest["paging"]["offset"]
    body: dict[str, Any] = {}
    for dotted, value in ((scheme["rows"], [row]), (scheme["total"], 1)):
        *parents, last = dotted.split(".")
        place = body
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return body


def _entry(example: dict[str, Any]) -> list[str]:
    lines = [f"{key}: {_flow(value)}" for key, value in example.items()]
    return [f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])]


def _flow(value: Any) -> str:
    # JSON is YAML: quoting is left to the one who knows how.
    return json.dumps(value, ensure_ascii=False)


def _with_resource(text: str, manifest: dict[str, Any], resource: str) -> str | None:
    if resource in manifest.get("resources", {}):
        return None
    entry = f"  {resource}:\n    title: {resource.replace('_', ' ').title()}\n    description: TODO say what it is.\n"
    if "resources" not in manifest:
        return f"{text.rstrip()}\nresources:\n{entry}"
    block = re.search(r"^resources:[ \t]*\n((?:[ \t#].*\n|\n)*)", text, re.MULTILINE)
    if block is None:
        raise ValueError(f"add {resource!r} to the resources of manifest.yaml first")
    end = block.start(1) + len(block.group(1).rstrip("\n")) + 1
    return text[:end] + entry + text[end:]


def _schema(wanted: Wanted, what: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:imcloud:{wanted.pack}:{what}/{wanted.name}",
        "title": wanted.title,
        "description": "TODO say what it is.",
        "type": "object",
    }


def _paging(wanted: Wanted, manifest: dict[str, Any]) -> dict[str, Any]:
    """How the pack pages its lists; empty for what is no list, or in a pack that does not page."""
    scheme = manifest.get("paging", {}).get("offset", {}) if wanted.is_list else {}
    return dict(scheme)


def _inputs(wanted: Wanted, manifest: dict[str, Any]) -> dict[str, Any]:
    specs: dict[str, dict[str, Any]] = {name: {**_ID, "description": "TODO which one."} for name in wanted.ids}
    if wanted.has_body:
        specs["name"] = {"type": "string", "maxLength": 255, "description": "TODO replace it by the inputs there are."}
    scheme = _paging(wanted, manifest)
    paging = (scheme["offset"], scheme["limit"]) if scheme else ()
    for name, least, about in zip(paging, (0, 1), ("How many rows to skip.", "Rows to ask for at once."), strict=False):
        specs[name] = {"type": "integer", "minimum": least, "description": about}
    for place, (name, spec) in enumerate(specs.items(), 1):
        title = _snake(name).replace("_", " ").capitalize()
        spec["title"] = title
        spec["x-ui"] = {"order": place, "group": "paging" if name in paging else "basic"}
    schema = {**_schema(wanted, "inputs"), "properties": specs}
    return {**schema, **({"required": list(wanted.ids)} if wanted.ids else {}), "additionalProperties": False}


def _outputs(wanted: Wanted) -> dict[str, Any]:
    specs = {
        "id": {"type": "string", "title": "Id", "description": "Its id."},
        "name": {"type": ["string", "null"], "title": "Name", "description": "Its name."},
    }
    return {**_schema(wanted, "outputs"), "properties": specs, "additionalProperties": True}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
