"""What can be told about connections without showing a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imcloud import paths
from imcloud.connections.resolve import Case, resolve
from imcloud.connections.settings import SANDBOX, SandboxWanted, Settings
from imcloud.errors import ConfigError
from imcloud.secrets import mask_secrets


@dataclass(frozen=True)
class FieldRow:
    """A field of a connection: its value (secrets masked, None when not set) and where it comes from."""

    field: str
    title: str
    value: Any
    source: str


@dataclass(frozen=True)
class Known:
    """A connection that can be named. `problem` tells why it cannot be used, if so."""

    name: str
    kind: str
    host: str | None
    writes: str
    source: str
    default: bool
    problem: str | None = None


def field_rows(settings: Settings, form: Mapping[str, Any]) -> list[FieldRow]:
    """Every field of the form, in the form's sequence."""
    return [
        FieldRow(
            key,
            str(schema.get("title", key)),
            mask_secrets(settings.fields.get(key)),
            settings.sources.get(key, "not set"),
        )
        for key, schema in form["properties"].items()
    ]


def known_connections(
    form: Mapping[str, Any],
    manifest: Mapping[str, Any],
    *,
    env: Mapping[str, str] = os.environ,
    config_dir: Path | None = None,
) -> list[Known]:
    """Every connection that can be named, the default marked; broken ones carry their problem.

    Raises `ConfigError` when the connections file itself cannot be read.
    """
    folder = config_dir or paths.config_dir(env)
    case = Case(form, manifest, {}, env, folder)
    default = _default_name(case, form, manifest)
    names = dict.fromkeys(case.entries, "connections file")
    variables = {name.replace("-", "_") for name in names}
    names |= {name: "environment" for name in case.environment.named_elsewhere() if name not in variables}
    if case.environment_is_meant:
        names["environment"] = "environment"
    rows = [_known(case, name, source, name == default) for name, source in sorted(names.items())]
    if manifest.get("sandbox"):
        rows.append(
            Known(SANDBOX, "sandbox", None, case.sandbox(implicit=False).writes, "built in", default == SANDBOX)
        )
    return rows


def _default_name(case: Case, form: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    if chosen := case.env.get(f"{case.prefix}CONNECTION"):
        return chosen
    try:
        return resolve(form, manifest, env=case.env, config_dir=case.folder).name
    except ConfigError:
        return None


def _known(case: Case, name: str, source: str, default: bool) -> Known:
    try:
        found = resolve(case.form, case.manifest, name=name, env=case.env, config_dir=case.folder)
    except ConfigError as error:
        return Known(name, "unknown", None, "unknown", source, default, str(error))
    if isinstance(found, SandboxWanted):  # pragma: no cover - the name is taken, no entry can have it
        return Known(name, "sandbox", None, found.writes, source, default)
    return Known(name, found.kind, found.host, found.writes, source, default)
