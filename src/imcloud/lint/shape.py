"""The rules of single files: whether each can be read, and has the form of its meta-schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imcloud.findings import Finding
from imcloud.lint.rules import remark
from imcloud.lint.schemas import BANNED, unique_objects
from imcloud.lint.sources import Source, Sources
from imcloud.packs.loading import FORMAT
from imcloud.packs.meta import Fault, meta_faults


def check_readable(sources: Sources) -> Iterator[Finding]:
    """IM001 for every file that is no source at all."""
    for broken in sources.broken:
        yield Finding(broken.path, broken.line, "IM001", "error", broken.message)


def check_shape(source: Source, meta: str) -> Iterator[Finding]:
    """What the meta-schema `meta` says about a file, IM004 alone where its format is another one."""
    if not isinstance(source.value, dict):
        yield remark("IM002", source, "", "the file must hold a mapping")
        return
    if meta in ("manifest", "action") and not _known_format(source.value.get("format")):
        message = f"format {source.value.get('format')!r} is not known here: this version reads format {FORMAT}"
        yield remark("IM004", source, "/format", message)
        return
    for fault in meta_faults(meta, source.value):
        if not _elsewhere(fault, source.value):
            code = "IM003" if fault.rule == "unknown" else "IM002"
            yield remark(code, source, fault.at, fault.message, fault.hint)


def meta_of(path: str) -> str:
    """The meta-schema of a schema file, by its folder."""
    return "input_schema" if path.startswith("schemas/inputs/") else "schema"


def _known_format(value: Any) -> bool:
    return value == FORMAT and not isinstance(value, bool)


def _elsewhere(fault: Fault, root: Any) -> bool:
    """Whether another rule says the same in better words."""
    parent, _, key = fault.at.rpartition("/")
    if fault.rule == "unknown":
        return key in BANNED or (key == "uniqueItems" and unique_objects(_at(root, parent)))
    if key in ("pattern", "x-format"):
        return fault.rule in ("pattern", "not", "enum")
    return fault.rule == "required" and fault.message.endswith("missing maxItems")


def _at(root: Any, at: str) -> Any:
    for part in at.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        root = root[int(name)] if isinstance(root, list) else root.get(name, {})
    return root
