"""From what is configured to one connection, or an error: never another marketplace, never silently the sandbox."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from imcloud import paths
from imcloud.connections.build import Parts, build_settings, check_fields, choose_writes
from imcloud.connections.checks import SETTINGS, check_keys, check_methods, check_no_literals
from imcloud.connections.file import FILE, Contents, read_file
from imcloud.connections.settings import SANDBOX, SandboxWanted, Settings
from imcloud.connections.sources import POLICIES, SHARED, Entry, Environment, Found
from imcloud.connections.values import parse_switch
from imcloud.errors import ConfigError

UNNAMED = "environment"


def resolve(
    form: Mapping[str, Any],
    manifest: Mapping[str, Any],
    *,
    name: str | None = None,
    explicit: Mapping[str, Any] | None = None,
    env: Mapping[str, str] = os.environ,
    config_dir: Path | None = None,
) -> Settings | SandboxWanted:
    """The connection that is meant: given by the caller, by the environment, by the connections file, in this sequence.

    `form` is the pack's connection form (JSON Schema), `manifest` the pack's manifest, `explicit` fields and settings
    (`kind`, `writes`, `methods`) given by the caller. Raises `ConfigError`, which names fields and variables only.
    """
    case = Case(form, manifest, dict(explicit or {}), env, config_dir or paths.config_dir(env))
    case.check()
    if name is None and case.stands_alone:
        return case.unnamed()
    wanted = name if name is not None else case.environment.setting("CONNECTION")
    if wanted is None and case.environment_is_meant:
        return case.unnamed()
    if wanted is None:
        wanted = case.default_of_file()
    if wanted is None:
        return case.nothing_configured()
    if wanted == SANDBOX:
        return case.sandbox(implicit=False)
    return case.unnamed() if wanted == UNNAMED else case.named(wanted)


@dataclass(frozen=True)
class Case:
    """One question for a connection, with everything that can answer it."""

    form: Mapping[str, Any]
    manifest: Mapping[str, Any]
    explicit: dict[str, Any]
    env: Mapping[str, str]
    folder: Path

    @cached_property
    def prefix(self) -> str:
        """What all of the pack's variables start with."""
        return f"{self.manifest['env_prefix']}_"

    @cached_property
    def environment(self) -> Environment:
        """The variables without a connection's name."""
        return Environment(self.env, self.prefix, self.form)

    @cached_property
    def contents(self) -> Contents:
        """The connections file, read when it is first needed."""
        return read_file(self.folder)

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The file's connections that belong to this pack."""
        pack = self.manifest["pack"]
        return {name: entry for name, entry in self.contents.entries.items() if entry.get("pack", pack) == pack}

    @cached_property
    def read_only(self) -> bool:
        """The switch that wins over everything; it is heeded under imcloud's own name and under the pack's."""
        names = sorted({"IMCLOUD_READ_ONLY", f"{self.prefix}READ_ONLY"})
        return any(parse_switch(self.env[name], name) for name in names if name in self.env)

    def check(self) -> None:
        """Raise `ConfigError` for a form or arguments that make no sense."""
        if "base_url" not in self.form.get("properties", {}):
            raise ConfigError("the pack's connection form has no field base_url")
        check_keys(self.form, self.explicit, "the given connection")
        _ = self.read_only

    @property
    def stands_alone(self) -> bool:
        """Whether the caller gave more than settings and facts about the network: then no named connection is meant."""
        return any(
            key not in SHARED and key not in SETTINGS for key, value in self.explicit.items() if value is not None
        )

    @property
    def environment_is_meant(self) -> bool:
        """Whether variables describe a connection of their own; one that is set to nothing counts, too."""
        return bool(self.environment.touched(shared=False)) or f"{self.prefix}KIND" in self.env

    def unnamed(self) -> Settings:
        """The connection made of arguments and variables without a name. Raises `ConfigError` when it is incomplete."""
        given = {key: value for key, value in self.explicit.items() if value is not None}
        whole = all(key in given for key in self.form.get("required", []))
        found: dict[str, Found] = {}
        for key in self.form["properties"]:
            # Complete arguments stand alone: nothing of another account's may slip in.
            from_env = None if whole and key not in SHARED else self.environment.find(key)
            self._first(found, key, from_env)
        name = "argument" if whole else UNNAMED
        self._require(found, self.environment, "the environment configures a connection only partly")
        kind = (self.explicit.get("kind"), None if whole else self.environment.setting("KIND"))
        return self._settings(name, found, kind, (self.explicit.get("writes"),), self.explicit.get("methods"))

    def named(self, name: str) -> Settings:
        """The connection of that name, from its own variables and the file. Raises `ConfigError`."""
        own = Environment(self.env, f"{self.prefix}{name.upper().replace('-', '_')}_", self.form)
        data = self._entry(name, own)
        where = f"{self.folder / FILE}: {name}"
        check_keys(self.form, data, where, ("pack",))
        check_no_literals(self.form, data, where)
        entry = Entry(name, data, self.folder / FILE, self.manifest["pack"], self.env)
        found: dict[str, Found] = {}
        for key in self.form["properties"]:
            shared = self.environment.find(key) if key in SHARED else None
            self._first(found, key, own.find(key) or shared or entry.find(key))
        self._require(found, own, f"the connection {name!r} is incomplete")
        kind = (self.explicit.get("kind"), own.setting("KIND"), data.get("kind"))
        writes = (self.explicit.get("writes"), own.setting("WRITES"), data.get("writes"))
        return self._settings(name, found, kind, writes, self.explicit.get("methods", data.get("methods")))

    def default_of_file(self) -> str | None:
        """The name that the connections file makes the default. Raises `ConfigError` when several could be meant."""
        default = self.contents.default
        if default == SANDBOX or default in self.entries:
            return default
        if len(self.entries) > 1:
            names = ", ".join(sorted(self.entries))
            raise ConfigError(f"several connections are configured ({names}) and none is the default: {self._choose()}")
        return next(iter(self.entries), None)

    def nothing_configured(self) -> SandboxWanted:
        """The sandbox, unless a variable shows that something else was meant. Raises `ConfigError` then."""
        if self.environment.touched():
            self._require({}, self.environment, "the environment configures a connection only partly")
        if names := self.environment.named_elsewhere():
            raise ConfigError(f"variables of {', '.join(names)} are set, but no connection is named: {self._choose()}")
        return self.sandbox(implicit=True)

    def sandbox(self, *, implicit: bool) -> SandboxWanted:
        """The pack's own sandbox. Raises `ConfigError` when the pack has none, or an account's fields are given."""
        if not self.manifest.get("sandbox"):
            every = ", ".join(self.environment.variable(key) for key in self.form.get("required", []))
            raise ConfigError(f"no connection is configured and this pack has no sandbox; set {every}")
        if self.stands_alone:
            raise ConfigError("the sandbox brings its own fields: leave them out, or name another connection")
        if self.explicit.get("kind") == "production":
            raise ConfigError(f"a production connection is wanted and none is configured: {self._choose()}")
        found: dict[str, Found] = {}
        for key in POLICIES:
            if key in self.form["properties"]:
                self._first(found, key, self.environment.find(key))
        fields, sources = check_fields(self.form, found)
        writes = choose_writes(self._general_writes(), (self.explicit.get("writes"),), "allow", self.read_only)
        methods = check_methods(self.explicit.get("methods"), "the given connection")
        return SandboxWanted(SANDBOX, implicit, writes, self.read_only, fields, sources, methods)

    def _first(self, found: dict[str, Found], key: str, other: Found | None) -> None:
        value = self.explicit.get(key)
        if value is not None:
            found[key] = Found(lambda: value, "argument")
        elif other is not None:
            found[key] = other
        elif "default" in self.form["properties"][key]:
            default = self.form["properties"][key]["default"]
            found[key] = Found(lambda: default, "default")

    def _require(self, found: Mapping[str, Found], own: Environment, problem: str) -> None:
        missing = [key for key in self.form.get("required", []) if key not in found]
        if not missing:
            return
        touched = own.touched()
        have = [name for name in touched if self.env[name]]
        empty = [name for name in touched if not self.env[name]]
        absent = [name for name in map(own.variable, missing) if name not in empty]
        told = [f"set: {', '.join(have) or 'nothing'}"]
        told += [f"set but empty: {', '.join(empty)}"] if empty else []
        told += [f"missing: {', '.join(absent)}"] if absent else []
        raise ConfigError(
            f"{problem}; {'; '.join(told)}. Set what is missing (or the same name with _FILE), or {self._choose()}"
        )

    def _entry(self, name: str, own: Environment) -> dict[str, Any]:
        if name in self.entries:
            return self.entries[name]
        if name in self.contents.entries:
            raise ConfigError(f"the connection {name!r} belongs to the pack {self.contents.entries[name]['pack']!r}")
        if own.touched():
            return {}
        known = [*sorted(self.entries), *self.environment.named_elsewhere(), SANDBOX]
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise ConfigError(f"no connection is called {name!r}; {hint}")

    def _choose(self) -> str:
        also = f" (for the sandbox: {self.prefix}CONNECTION={SANDBOX})" if self.manifest.get("sandbox") else ""
        return f"name a connection with {self.prefix}CONNECTION or --connection{also}"

    def _general_writes(self) -> str | None:
        return self.environment.setting("WRITES")

    def _settings(
        self, name: str, found: Mapping[str, Found], kind: tuple[Any, ...], writes: tuple[Any, ...], methods: Any
    ) -> Settings:
        parts = Parts(name, kind, writes, self._general_writes(), methods, self.read_only)
        return build_settings(self.form, self.manifest, found, parts)
