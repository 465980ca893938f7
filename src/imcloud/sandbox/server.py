"""The running sandbox."""

from __future__ import annotations

import socket
import threading
from typing import Any

from .application import Application
from .faults import Faults
from .pipeline import Pipeline
from .routes import BASE_PATH
from .settings import check_settings, write_settings
from .state import State
from .tokens import MARKETPLACE
from .wire import listen


class Server:
    """A sandbox that serves from a daemon thread until `stop()`; also a context manager."""

    def __init__(
        self,
        state: str | None = None,
        *,
        size: str = "small",
        seed: int = 1,
        settings: dict[str, Any] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: dict[str, Any] | None = None,
    ) -> None:
        check_settings(settings or {})
        self._state = State(state, size=size, seed=seed)
        try:
            if settings:
                with self._state.transaction() as db:
                    write_settings(db, settings)
            self._app = Application(self._state)
            if faults is not None:
                self.faults.add({"always": True, **faults})
            self._server, self._connections = listen(host, port, self._app)
        except BaseException:
            self._state.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="imcloud-sandbox", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.5)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        host = self._server.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}"

    @property
    def base_url(self) -> str:
        """The address under which the operations hang."""
        return self.origin + BASE_PATH

    @property
    def admin_url(self) -> str:
        """The address of the sandbox's own endpoints, without a slash at the end."""
        return self.origin + "/_sandbox"

    @property
    def fields(self) -> dict[str, str]:
        """The connection of the default reseller: base_url, marketplace, username, password, subscription_key."""
        return self.users["parent"]

    @property
    def users(self) -> dict[str, dict[str, str]]:
        """The connections of all made-up API users by role; that of "inactive" cannot sign in."""
        with self._state.transaction() as db:
            rows = db.execute("SELECT * FROM users").fetchall()
        return {row["role"]: self._fields(row) for row in rows}

    def _fields(self, row: Any) -> dict[str, str]:
        names = ("username", "password", "subscription_key")
        return {"base_url": self.base_url, "marketplace": MARKETPLACE, **{name: row[name] for name in names}}

    @property
    def size(self) -> str:
        """The size the state was seeded with; an existing state keeps its own."""
        with self._state.transaction() as db:
            return str(db.execute("SELECT value FROM meta WHERE name = 'size'").fetchone()[0])

    @property
    def pipeline(self) -> Pipeline:
        """The seam before and after a request is applied."""
        return self._app.pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        self._app.pipeline = pipeline

    @property
    def faults(self) -> Faults:
        """The fault plans, as the endpoints under `/_sandbox/faults` have them."""
        return self._app.faults

    def stop(self) -> None:
        """Close the listener, all connections, their threads and the state; may be called twice."""
        if self._thread.is_alive():
            ending = threading.Thread(target=self._server.shutdown)
            ending.start()
            while ending.is_alive():
                self._wake()
                ending.join(0.02)
            self._thread.join()
        self._server.server_close()
        self.faults.stop()
        self._connections.close()
        self._state.close()

    def _wake(self) -> None:
        # the listener looks at its stop flag between polls; a connection ends the poll at once
        try:
            socket.create_connection((self._server.host, self._server.port), timeout=1).close()
        except OSError:
            return

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
