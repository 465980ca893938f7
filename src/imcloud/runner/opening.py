"""Opens connections: resolves the settings, and starts the pack's sandbox where the sandbox is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from imcloud.client import Client, Timing
from imcloud.connections import SandboxWanted, Settings, resolve, sandbox_settings
from imcloud.errors import ConfigError
from imcloud.pack import Pack
from imcloud.paths import config_dir, state_dir
from imcloud.runner.connection import Connection, nothing_to_stop
from imcloud.secrets import Secret

Render = Callable[[Any, Mapping[str, Any]], Any]


def open_connection(
    pack: Pack,
    name: str | None,
    env: Mapping[str, str],
    render: Render,
    *,
    explicit: Mapping[str, Any] | None = None,
    get_auth: Callable[[Mapping[str, Any]], Mapping[str, str] | None] = lambda _: None,
    timing: Timing | None = None,
) -> Connection:
    """Open the connection `name` (or the configured one) of a pack. Raises `ConfigError`."""
    found = resolve(
        pack.connection_form, pack.manifest, name=name, explicit=explicit, env=env, config_dir=config_dir(env)
    )
    stop: Callable[[], None] = nothing_to_stop
    if isinstance(found, SandboxWanted):
        found, stop = _start_sandbox(pack, found, env)
    return connect_client(pack, found, env, render, get_auth, stop, timing)


def shielded(pack: Pack, explicit: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The given fields with what is secret wrapped, so that no traceback can show it. A proxy may hold a password."""
    if explicit is None:
        return None
    form = pack.connection_form.get("properties", {})
    hidden = {name for name in explicit if name == "proxy" or form.get(name, {}).get("x-secret")}
    return {
        key: Secret(value) if key in hidden and isinstance(value, str) else value for key, value in explicit.items()
    }


def connect_client(
    pack: Pack,
    settings: Settings,
    env: Mapping[str, str],
    render: Render,
    get_auth: Callable[[Mapping[str, Any]], Mapping[str, str] | None],
    stop: Callable[[], None],
    timing: Timing | None = None,
) -> Connection:
    """A connection for settings that are known. `stop` is called when it is closed."""
    auth = get_auth(settings.describe())
    client = Client(settings, pack.manifest, render=render, state_dir=state_dir(env), auth=auth, timing=timing)
    return Connection(settings, client, stop)


def _start_sandbox(pack: Pack, wanted: SandboxWanted, env: Mapping[str, str]) -> tuple[Settings, Callable[[], None]]:
    start = sandbox_starter(pack)
    try:
        server = start(state=str(state_dir(env) / "sandbox.db"))
    except Exception as error:  # a pack's sandbox may be anything; its own words say what to do
        raise ConfigError(f"the sandbox cannot start: {error}") from error
    return sandbox_settings(pack.connection_form, pack.manifest, wanted, server.fields), server.stop


def sandbox_starter(pack: Pack) -> Callable[..., Any]:
    """The function that starts the pack's sandbox, from the one line of the manifest that names it."""
    dotted = pack.manifest.get("sandbox")
    if not dotted:
        raise ConfigError(f"the pack {pack.name!r} has no sandbox: configure a connection")
    module, _, function = str(dotted).partition(":")
    starter: Callable[..., Any] = getattr(import_module(module), function)
    return starter
