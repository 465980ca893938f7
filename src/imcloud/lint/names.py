"""The rules of names: actions, files, resources, what comes back, and what is out of date."""

from __future__ import annotations

from collections.abc import Iterator

from imcloud.errors import PackError
from imcloud.findings import Finding
from imcloud.lint.book import Book, Entry
from imcloud.lint.effects import fields, named
from imcloud.lint.rules import remark
from imcloud.lint.schemas import kind_hint
from imcloud.lint.sources import Source, Sources


def check_files(sources: Sources) -> Iterator[Finding]:
    """IM010 to IM013 over every readable action file, whatever else may be wrong with it."""
    manifest = sources.manifest.value if sources.manifest is not None else None
    declared = manifest.get("resources") if isinstance(manifest, dict) else None
    resources = declared if isinstance(declared, dict) else {}
    for path in sources.ignored:
        message = "the file is never loaded: an action's file ends with .yaml"
        yield remark("IM011", Source(path, None, known={}), "", message)
    seen: dict[str, str] = {}
    used = set()
    for source in sources.actions:
        folder, _, file = source.path.removeprefix("actions/").rpartition("/")
        used.add(folder)
        name = source.value.get("action") if isinstance(source.value, dict) else None
        if isinstance(name, str) and name != file.removesuffix(".yaml"):
            yield remark("IM010", source, "/action", f"the action is called {name!r} and its file {file!r}")
        if resources and folder not in resources:
            known = ", ".join(resources)
            where = (
                f"the folder {folder!r} is no resource of the manifest"
                if folder
                else "it stands in no resource's folder"
            )
            yield remark("IM011", source, "", where, f"resources: {known}")
        if isinstance(name, str) and (first := seen.setdefault(name, source.path)) != source.path:
            yield remark("IM013", source, "/action", f"{first} has an action {name!r} already")
    if sources.manifest is not None:
        for name in resources:
            if name not in used:
                yield remark("IM012", sources.manifest, f"/resources/{name}", f"the resource {name!r} has no action")


def check_names(book: Book) -> Iterator[Finding]:
    """IM005, IM015, IM016, IM017 and IM070 over every sound action."""
    for entry in book.entries.values():
        yield from _schemas(book, entry)
        yield from _outputs(book, entry)
        deprecated = entry.raw.get("deprecated")
        if deprecated is not None and "replacement" not in deprecated:
            yield remark("IM015", entry.source, "/deprecated", "say which action replaces it")
        elif deprecated is not None:
            yield from named(book, entry.source, "/deprecated/replacement", deprecated["replacement"])


def _schemas(book: Book, entry: Entry) -> Iterator[Finding]:
    for at, path, schema in (
        ("/inputs", entry.raw["inputs"], entry.inputs),
        ("/outputs/schema", entry.raw["outputs"]["schema"], entry.output),
    ):
        yield from schema_faults(book, entry.source, at, path, bool(schema))


def schema_faults(book: Book, source: Source, at: str, path: str, had: bool) -> Iterator[Finding]:
    """IM005 for a schema that a manifest names and that is not there, or that contains itself."""
    if had or any(broken.path == path for broken in book.sources.broken):
        return
    if path not in book.sources.schemas:
        yield remark("IM005", source, at, f"there is no schema {path}")
        return
    try:
        book.sources.inlined(path)
    except PackError as error:
        # What else can be wrong with a schema is told where it stands.
        if error.path in book.sources.schemas and "itself" in error.reason:
            yield remark("IM005", source, at, str(error))


def _outputs(book: Book, entry: Entry) -> Iterator[Finding]:
    outputs, source = entry.raw["outputs"], entry.source
    for key in ("id", "label"):
        if key in outputs:
            yield from fields(source, f"/outputs/{key}", entry.output, [outputs[key]], "the answers")
    kind = outputs.get("kind")
    if kind is not None and book.manifest and kind not in book.kinds:
        yield remark("IM050", source, "/outputs/kind", f"the manifest has no kind {kind!r}", kind_hint(book, kind))
    if entry.effect == "check":
        return
    if "id" not in outputs and "id" in entry.output.get("properties", {}) and entry.effect == "read":
        yield remark("IM070", source, "/outputs", "the answers have an id: declare outputs.id")
    whose = [name for name, spec in book.kinds.items() if entry.name in (spec["list"], spec.get("get"))]
    if "id" in outputs and kind is None and whose:
        yield remark("IM070", source, "/outputs", f"the id is of a kind: {' or '.join(whose)}", "declare outputs.kind")
