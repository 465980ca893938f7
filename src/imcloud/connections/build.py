"""From found values to checked `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from imcloud.connections.checks import check_kind, check_methods, check_writes, stricter
from imcloud.connections.settings import SandboxWanted, Settings, Writes
from imcloud.connections.sources import Found
from imcloud.connections.values import check_field
from imcloud.hosts import is_loopback


@dataclass(frozen=True)
class Parts:
    """What is known about a connection beside its fields; of the tuples the first that is not None counts."""

    name: str
    kind: tuple[Any, ...]
    writes: tuple[Any, ...]
    general_writes: str | None
    methods: Any
    read_only: bool


def build_settings(
    form: Mapping[str, Any], manifest: Mapping[str, Any], found: Mapping[str, Found], parts: Parts
) -> Settings:
    """The checked connection. Raises `ConfigError`."""
    fields, sources = check_fields(form, found)
    base_url = str(fields["base_url"])
    where = f"the connection {parts.name!r}"
    loopback = is_loopback(urlsplit(base_url).hostname or "")
    stated = _first(parts.kind)
    kind = ("sandbox" if loopback else "production") if stated is None else check_kind(stated, where)
    usual: Writes = "allow" if kind == "sandbox" else "confirm"
    return Settings(
        name=parts.name,
        kind=kind,
        pack=manifest["pack"],
        base_url=base_url,
        fields=fields,
        writes=choose_writes(parts.general_writes, parts.writes, usual, parts.read_only),
        sources=sources,
        read_only=parts.read_only,
        pinned_methods=check_methods(parts.methods, where),
        show=tuple(manifest["connection"].get("show", ())),
    )


def sandbox_settings(
    form: Mapping[str, Any], manifest: Mapping[str, Any], wanted: SandboxWanted, fields: Mapping[str, Any]
) -> Settings:
    """The connection to a sandbox that was started; `fields` are those that the sandbox gave. Raises `ConfigError`."""
    found = {key: Found(lambda value=value: value, "sandbox") for key, value in fields.items()}  # type: ignore[misc]
    checked, sources = check_fields(form, {key: item for key, item in found.items() if key in form["properties"]})
    return Settings(
        name=wanted.name,
        kind="sandbox",
        pack=manifest["pack"],
        base_url=str(checked["base_url"]),
        fields={**checked, **wanted.fields},
        writes=wanted.writes,
        implicit=wanted.implicit,
        sources={**sources, **wanted.sources},
        read_only=wanted.read_only,
        pinned_methods=wanted.pinned_methods,
        show=tuple(manifest["connection"].get("show", ())),
    )


def check_fields(form: Mapping[str, Any], found: Mapping[str, Found]) -> tuple[dict[str, Any], dict[str, str]]:
    """The checked values and their sources. Raises `ConfigError` for the first that will not do."""
    values = {key: check_field(key, form["properties"][key], item.read(), item.source) for key, item in found.items()}
    return values, {key: item.source for key, item in found.items()}


def choose_writes(general: str | None, own: tuple[Any, ...], usual: Writes, read_only: bool) -> Writes:
    """What may be written: read-only wins; a general rule tightens what a connection says, and never loosens it."""
    rule = None if general is None else check_writes(general, "the general setting WRITES")
    said = _first(own)
    if read_only:
        return "deny"
    if said is None:
        return rule or usual
    checked = check_writes(said, "the connection")
    return checked if rule is None else stricter(checked, rule)


def _first(values: tuple[Any, ...]) -> Any:
    return next((value for value in values if value is not None), None)
