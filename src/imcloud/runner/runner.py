"""The object that works: packs, connections and calls."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pluggy

from imcloud.client import Timing
from imcloud.errors import ConfigError, ErrorItem, ErrorKind, Outcome, PackError, UnknownName, bare
from imcloud.intents import IntentStore
from imcloud.logs import trail
from imcloud.manager import get_plugin_manager
from imcloud.pack import Action, Pack
from imcloud.packs import load_pack
from imcloud.paths import state_dir
from imcloud.rendering import Renderer, build_environment
from imcloud.results import Result
from imcloud.runner.connection import Connection
from imcloud.runner.downloads import download
from imcloud.runner.execution import admit
from imcloud.runner.opening import open_connection, shielded
from imcloud.runner.options import CallOptions
from imcloud.runner.prepared import Prepared, prepare
from imcloud.runner.reconciling import doubtful, reconcile, record
from imcloud.runner.references import Option, options
from imcloud.runner.stream import RowStream

Named = str | Connection | None


class Runner:
    """Runs the actions of every registered pack. Safe to share between threads; close it when done."""

    def __init__(
        self,
        plugins: pluggy.PluginManager | None = None,
        *,
        env: Mapping[str, str] | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.plugins = plugins or get_plugin_manager()
        self._timing = timing
        self.env = os.environ if env is None else env
        environment = build_environment()
        self.plugins.hook.prepare_jinja2_environment(env=environment)
        self.renderer = Renderer(environment)
        self.packs = self._load_packs()
        self._prepared: dict[str, Prepared] = {}
        self._connections: dict[tuple[str, str | None], Connection] = {}
        self._lock = threading.RLock()
        self._intents: IntentStore | None = None

    def _load_packs(self) -> dict[str, Pack]:
        packs: dict[str, Pack] = {}
        # pluggy calls the newest plugin first; packs are kept in the sequence of registration.
        for folders in reversed(self.plugins.hook.register_packs()):
            for folder in folders:
                pack = load_pack(Path(folder))
                if pack.name in packs:
                    raise PackError(f"two packs are called {pack.name!r}")
                packs[pack.name] = pack
        return packs

    def find_action(self, ref: str) -> Action:
        """The action called `pack.name`, or just `name` when only one pack has it. Raises `UnknownName`."""
        pack_name, _, name = ref.rpartition(".")
        found = [
            pack.actions[name] for pack in self.packs.values() if name in pack.actions and pack_name in ("", pack.name)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownName("single action", ref, [action.ref for action in found])
        known = [action.name for pack in self.packs.values() for action in pack.actions.values()]
        raise UnknownName("action", ref, get_close_matches(name, known, n=3, cutoff=0.5))

    def prepared(self, action: Action) -> Prepared:
        """The compiled form of an action, made once. Raises `PackError`."""
        with self._lock:
            if action.ref not in self._prepared:
                self._prepared[action.ref] = prepare(action, self.packs[action.pack], self.renderer)
            return self._prepared[action.ref]

    @property
    def intents(self) -> IntentStore:
        """The table of intents in the state folder. Raises OSError when it cannot be kept."""
        with self._lock:
            if self._intents is None:
                self._intents = IntentStore(state_dir(self.env))
            return self._intents

    def connection(self, name: str | None = None, *, pack: str | None = None) -> Connection:
        """The open connection `name`, or the configured one; opened once and kept. Raises `ConfigError`."""
        key = (pack or next(iter(self.packs)), name)
        with self._lock:
            if key not in self._connections:
                self._connections[key] = self.open_connection(name, pack=key[0])
            return self._connections[key]

    def open_connection(
        self, name: str | None = None, *, pack: str | None = None, explicit: Mapping[str, Any] | None = None
    ) -> Connection:
        """A new connection that the caller closes; `explicit` gives fields of the form. Raises `ConfigError`."""
        chosen = self.packs[pack or next(iter(self.packs))]
        explicit = shielded(chosen, explicit)
        try:
            return open_connection(
                chosen,
                name,
                self.env,
                self.renderer.render,
                explicit=explicit,
                get_auth=lambda described: self.plugins.hook.get_auth(connection=described),
                timing=self._timing,
            )
        except ConfigError as error:
            failure = bare(error)
        raise failure

    def run_action(
        self,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        connection: Named = None,
        **settings: Any,
    ) -> Result:
        """Run one action and return its envelope, also when it failed. `settings` are the fields of `CallOptions`.

        Raises `UnknownName` for an unknown action and `PackError` for a broken pack: nothing else.
        """
        found = self.find_action(action)
        opened = self._opened(found, connection)
        if isinstance(opened, Result):
            return opened
        call_options = CallOptions(**settings)
        return self.announced(self._hooked(found, {} if inputs is None else inputs, opened, call_options))

    def iter_action(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, connection: Named = None, **settings: Any
    ) -> RowStream:
        """The rows of a list action, page by page. Raises `UnknownName`; iterating raises `ActionFailed`."""
        found = self.find_action(action)
        if not found.is_list:
            raise UnknownName("list action", action, ())
        opened = self._opened(found, connection)
        if isinstance(opened, Result):
            return RowStream(opened)
        return RowStream(admit(self, found, {} if inputs is None else inputs, opened, CallOptions(**settings)))

    def options(
        self,
        action: str,
        field: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        search: str | None = None,
        connection: Named = None,
        limit: int = 50,
    ) -> list[Option]:
        """The choices for a field that holds a typed id. Raises `UnknownName`, `ConfigError` and `ActionFailed`."""
        found = self.find_action(action)
        opened = connection if isinstance(connection, Connection) else self.connection(connection, pack=found.pack)
        return options(self, found, field, inputs or {}, search=search, connection=opened, limit=limit)

    def download(self, kind: str, id: str, out: str | Path, *, connection: Named = None, wait: float = 0.0) -> Path:
        """Fetch the file behind an object; see `imcloud.runner.downloads.download`."""
        return download(self, kind, id, Path(out), connection=connection, wait=wait)

    def reconcile(self, name: str | None = None, *, connection: Named = None) -> list[Result]:
        """Look up writes whose outcome is not known, all or the one with this marker or key; sends reads only.

        Raises `UnknownName`, and `ConfigError` when the account they belong to cannot be reached from here.
        """
        opened = connection if isinstance(connection, Connection) else None
        if isinstance(connection, str):
            opened = self.connection(connection)
        return [reconcile(self, intent, opened) for intent in doubtful(self, name)]

    def record(self, name: str, id: str | None, *, connection: Named = None) -> Result:
        """Write down what a person found out about a doubtful write: applied, with its id, or not applied at all.

        Raises `UnknownName`, and `ConfigError` when it is not in doubt.
        """
        opened = self.connection(connection) if isinstance(connection, str) else connection
        (intent,) = doubtful(self, name)
        return record(self, intent, id, opened)

    def close(self) -> None:
        """Close every connection this runner opened."""
        with self._lock:
            opened, self._connections = list(self._connections.values()), {}
        for connection in opened:
            connection.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _opened(self, action: Action, connection: Named) -> Connection | Result:
        if isinstance(connection, Connection):
            return connection
        try:
            return self.connection(connection, pack=action.pack)
        except ConfigError as error:
            described = {"name": connection, "kind": None, "host": None}
            item = ErrorItem("config", str(error), rule="connection")
            return Result(action.ref, ok=False, outcome="not_applied", connection=described, errors=(item,))

    def _hooked(
        self, action: Action, inputs: Mapping[str, Any], connection: Connection, call_options: CallOptions
    ) -> Result:
        try:
            result = self.plugins.hook.run_action(
                runner=self, action=action, inputs=inputs, connection=connection, options=call_options
            )
        except PackError:
            raise
        except Exception as error:  # a foreign plugin may raise anything: it is isolated here
            return self._hook_failed(action, connection, error)
        if not isinstance(result, Result):
            raise PackError("no plugin ran the action: the built-in plugin is blocked")
        return result

    def _hook_failed(self, action: Action, connection: Connection, error: Exception) -> Result:
        logging.getLogger("imcloud").debug("running %s failed: %s", action.ref, trail(error))
        kind: ErrorKind = "outcome_unknown" if action.writes else "config"
        outcome: Outcome = "unknown" if action.writes else "not_applied"
        message = f"running the action failed inside a plugin: {type(error).__name__}"
        item = ErrorItem(kind, message, rule="plugin", outcome=outcome)
        return Result(action.ref, ok=False, outcome=outcome, connection=connection.describe(), errors=(item,))

    def announced(self, result: Result) -> Result:
        """The result, with a warning for each audit hook that failed: a done call stays done."""
        warnings = []
        known = {"action": result.action, "result": result.to_dict()}
        for hook in self.plugins.hook.action_finished.get_hookimpls():
            try:
                hook.function(*[known[name] for name in hook.argnames])
            except Exception as error:  # a foreign plugin may raise anything: it is isolated here
                warnings.append(f"the plugin {hook.plugin_name} failed in action_finished: {type(error).__name__}")
        return replace(result, warnings=(*result.warnings, *warnings)) if warnings else result
