"""Loads one pack from its folder.

Loading reads the YAML files only; an action's schemas are read when they are first asked for. The rules that need a
whole file (meta-schemas, templates, cross-references) are `check_meta`'s and the linter's.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imcloud.errors import PackError
from imcloud.pack import Action, Pack
from imcloud.strict_yaml import Document, load_yaml

FORMAT = 1
MAX_SCHEMA_DEPTH = 24


def load_pack(folder: Path) -> Pack:
    """The pack in `folder`.

    Raises `PackError` with path and line when a file cannot be read or lacks what every file must have.
    """
    document = read_document(folder / "manifest.yaml", "manifest.yaml")
    manifest = _mapping(document, "manifest.yaml", ("pack", "title", "version", "connection"))
    schemas = SchemaFiles(folder)
    pack = str(manifest["pack"])
    actions: dict[str, Action] = {}
    for file in sorted((folder / "actions").glob("*/*.yaml")):
        action = _action(pack, file, schemas.load)
        if action.name in actions:
            raise PackError(f"a second action is called {action.name!r}", path=action.source_name, line=1)
        actions[action.name] = action
    sequence = list(manifest.get("resources", {}))
    ranked = sorted(actions.values(), key=lambda item: _rank(item, sequence))
    form = manifest["connection"].get("form") if isinstance(manifest["connection"], dict) else None
    return Pack(
        name=pack,
        folder=folder,
        manifest=manifest,
        actions={action.name: action for action in ranked},
        connection_form=schemas.load(form) if form else {},
        lines=document.lines,
    )


def read_document(file: Path, shown: str) -> Document:
    """Read and parse one YAML file. Raises `PackError`; messages name the file as `shown`."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        raise PackError("the file does not exist", path=shown) from None
    except (OSError, UnicodeDecodeError):
        raise PackError("the file cannot be read as UTF-8 text", path=shown) from None
    return load_yaml(text, shown)


def _action(pack: str, file: Path, load: Callable[[str], dict[str, Any]]) -> Action:
    shown = f"actions/{file.parent.name}/{file.name}"
    document = read_document(file, shown)
    raw = _mapping(document, shown, ("action", "title", "description", "effect", "inputs", "request", "outputs"))
    request, effect, outputs = raw["request"], raw["effect"], raw["outputs"]
    for key, value, needs in (
        ("request", request, "path"),
        ("effect", effect, "class"),
        ("outputs", outputs, "schema"),
    ):
        if not isinstance(value, dict) or not isinstance(value.get(needs), str):
            raise PackError(f"{key}.{needs} is missing", path=shown, line=document.lines.get(f"/{key}"))
    return Action(
        pack=pack,
        name=str(raw["action"]),
        resource=file.parent.name,
        title=str(raw["title"]),
        description=str(raw["description"]),
        effect_class=effect["class"],
        method=str(request.get("method", "")),
        path=request["path"],
        raw=raw,
        file=file,
        load_schema=load,
        lines=document.lines,
    )


def _mapping(document: Document, shown: str, required: tuple[str, ...]) -> dict[str, Any]:
    value = document.value
    if not isinstance(value, dict):
        raise PackError("the file must hold an object", path=shown, line=1)
    major = value.get("format")
    if major != FORMAT:
        raise PackError(
            f"format {major!r} is not known here: this version reads format {FORMAT}",
            path=shown,
            line=document.lines.get("/format", 1),
        )
    missing = [key for key in required if key not in value]
    if missing:
        raise PackError(f"missing {', '.join(missing)}", path=shown, line=1)
    return value


def _rank(action: Action, resources: list[str]) -> tuple[int, int, str]:
    place = resources.index(action.resource) if action.resource in resources else len(resources)
    return place, int(action.raw.get("source", {}).get("line", 0)), action.name


class SchemaFiles:
    """Reads the JSON Schemas of one pack and inlines their references. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._inlined: dict[Path, dict[str, Any]] = {}
        self._lock = threading.RLock()

    def load(self, relative: str) -> dict[str, Any]:
        """The schema at `relative` to the pack's folder, every `$ref` replaced. Raises `PackError`."""
        with self._lock:
            return self._file((self._folder / relative).resolve(), ())

    def _file(self, file: Path, trail: tuple[Path, ...]) -> dict[str, Any]:
        if file in self._inlined:
            return self._inlined[file]
        shown = self._shown(file)
        if file in trail or len(trail) > MAX_SCHEMA_DEPTH:
            raise PackError("a schema may not contain itself", path=shown)
        try:
            loaded = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            raise PackError("the file does not exist", path=shown) from None
        except (OSError, ValueError, RecursionError):
            raise PackError("the file is not JSON", path=shown) from None
        if not isinstance(loaded, dict):
            raise PackError("the file must hold an object", path=shown)
        inlined: dict[str, Any] = self._resolve(loaded, file, (*trail, file))
        self._inlined[file] = inlined
        return inlined

    def _resolve(self, node: Any, file: Path, trail: tuple[Path, ...]) -> Any:
        if isinstance(node, list):
            return [self._resolve(item, file, trail) for item in node]
        if not isinstance(node, dict):
            return node
        own = {key: self._resolve(item, file, trail) for key, item in node.items() if key != "$ref"}
        target = node.get("$ref")
        if not isinstance(target, str):
            return own
        if "#" in target or "://" in target:
            raise PackError(f"$ref must name a file of the pack, not {target!r}", path=self._shown(file))
        shared = self._file((file.parent / target).resolve(), trail)
        return {**{key: item for key, item in shared.items() if key not in ("$schema", "$id")}, **own}

    def _shown(self, file: Path) -> str:
        if not file.is_relative_to(self._folder):
            raise PackError("a schema outside the pack's folder is not read", path=file.name)
        return file.relative_to(self._folder).as_posix()
