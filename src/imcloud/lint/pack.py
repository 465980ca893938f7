"""Lints one pack: reads its files, then asks every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from imcloud.errors import PackError
from imcloud.findings import Finding
from imcloud.lint.book import Book, Entry, schema_of
from imcloud.lint.effects import check_effects
from imcloud.lint.examples import check_examples
from imcloud.lint.manifest import check_manifest
from imcloud.lint.names import check_files, check_names
from imcloud.lint.requests import check_requests
from imcloud.lint.schemas import check_schemas, nodes_of, safe_patterns, target
from imcloud.lint.shape import check_readable, check_shape, meta_of
from imcloud.lint.sources import Source, Sources, read_sources
from imcloud.lint.templates import check_templates
from imcloud.packs import load_pack
from imcloud.rendering import Renderer, build_environment

HARMLESS = frozenset({"IM003"})


def lint_pack(folder: Path, *, plugins: Any = None) -> list[Finding]:
    """Every finding about the pack in `folder`, in the sequence of files and lines; empty when all is well.

    `plugins` is a plugin manager whose filters the templates may use; left out, that of the installed plugins.
    Never raises for what the files hold.
    """
    sources = read_sources(Path(folder))
    found = [*check_readable(sources), *check_files(sources)]
    faults = {source.path: list(check_shape(source, meta)) for source, meta in _with_meta(sources)}
    found += [finding for listed in faults.values() for finding in listed]
    # A file with an unknown key still says enough for the other rules; one that lacks something does not.
    sound = {path for path, listed in faults.items() if all(finding.code in HARMLESS for finding in listed)}
    book = _book(sources, frozenset(sound), _renderer(plugins))
    for rule in (check_names, check_requests, check_effects, check_templates, check_examples, check_manifest):
        found += rule(book)
    found += check_schemas(book, _uses(book))
    found += _runbooks(sources.folder)
    return sorted(set(found))


def _with_meta(sources: Sources) -> Iterator[tuple[Source, str]]:
    if sources.manifest is not None:
        yield sources.manifest, "manifest"
    yield from ((source, "action") for source in sources.actions)
    yield from ((source, meta_of(path)) for path, source in sources.schemas.items())


def _renderer(plugins: Any) -> Renderer:
    environment = build_environment()
    try:
        plugins = plugins or import_module("imcloud.manager").get_plugin_manager()
        plugins.hook.prepare_jinja2_environment(env=environment)
    except PackError:
        pass  # a broken plugin is no fault of the pack: its filters are then not there
    return Renderer(environment)


def _book(sources: Sources, sound: frozenset[str], renderer: Renderer) -> Book:
    source = sources.manifest
    manifest: Mapping[str, Any] = source.value if source is not None and source.path in sound else {}
    names = [action.value.get("action") for action in sources.actions if isinstance(action.value, dict)]
    names += [Path(broken.path).stem for broken in sources.broken if broken.path.startswith("actions/")]
    # Examples are run through the patterns of their schemas: a slow one must not be tried out.
    usable = sound - {path for path, schema in sources.schemas.items() if path in sound and not safe_patterns(schema)}
    book = Book(
        sources=sources,
        renderer=renderer,
        manifest=manifest,
        form=_checked(sources, usable, str(manifest.get("connection", {}).get("form", ""))),
        named=frozenset(name for name in names if isinstance(name, str)),
        sound=sound,
    )
    for action in sources.actions:
        if action.path in sound:
            entry = Entry(
                source=action,
                raw=action.value,
                inputs=_checked(sources, usable, action.value["inputs"]),
                output=_checked(sources, usable, action.value["outputs"]["schema"]),
            )
            book.entries.setdefault(entry.name, entry)
    return book


def _checked(sources: Sources, usable: frozenset[str], path: str) -> Mapping[str, Any]:
    """The schema at `path`, empty where a file that it is made of cannot be used: rules need not fear its form."""
    return schema_of(sources, path) if _reached(sources, path) <= usable else {}


def _reached(sources: Sources, path: str) -> set[str]:
    """A schema file and all that it refers to, itself included."""
    seen: set[str] = set()
    todo = [path]
    while todo:
        current = todo.pop()
        if current in seen or current not in sources.schemas:
            continue
        seen.add(current)
        for node in nodes_of(sources.schemas[current]):
            if isinstance(node.schema.get("$ref"), str):
                todo.append(target(current, node.schema["$ref"]))
    return seen


def _uses(book: Book) -> dict[str, frozenset[str]]:
    """What each schema file is used for: `input`, `output`, `form`."""
    uses: dict[str, set[str]] = {}
    roots = [("form", str(book.manifest.get("connection", {}).get("form", "")))]
    for source in book.sources.actions:
        raw = source.value if isinstance(source.value, dict) else {}
        outputs = raw.get("outputs")
        roots.append(("input", str(raw.get("inputs"))))
        roots.append(("output", str(outputs.get("schema") if isinstance(outputs, dict) else "")))
    for use, root in roots:
        for path in _reached(book.sources, root):
            uses.setdefault(path, set()).add(use)
    return {path: frozenset(found) for path, found in uses.items()}


def _runbooks(folder: Path) -> list[Finding]:
    """The findings about the pack's runbooks, by the rules that belong to them."""
    files = sorted(file for file in (folder / "runbooks").glob("*.y*ml") if file.suffix in (".yaml", ".yml"))
    if not files:
        return []
    try:
        pack = load_pack(folder)
    except PackError:
        return []  # an action that cannot be loaded has a finding of its own
    check: Any = import_module("imcloud.runbooks.check")
    found: list[Finding] = []
    for file in files:
        shown = file.relative_to(folder).as_posix()
        found += [replace(finding, path=shown) for finding in check.check_file(file, {pack.name: pack})]
    return found
