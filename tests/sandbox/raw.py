"""HTTP without a client: what arrives on the socket byte by byte, and how the connection ends."""

from __future__ import annotations

import base64
import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from imcloud import sandbox

ORDER = {"type": "sales", "customerId": "1000005", "products": [{"mpn": "SANDBOX-SEAT", "quantity": 1}]}


@dataclass
class Exchange:
    """Everything that came, the end of it (`closed`, `reset` or `timeout`) and the seconds it took."""

    data: bytes
    end: str
    seconds: float

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.head.split(" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines}

    def json(self) -> Any:
        return json.loads(self.body)


class Raw:
    """One API user over bare sockets, with the sandbox's endpoints beside it."""

    def __init__(self, server: sandbox.Server) -> None:
        self.server = server
        self.fields = server.fields
        self.base = urlsplit(server.base_url)
        self.key = {"X-Subscription-Key": self.fields["subscription_key"]}
        self.key["Authorization"] = f"Bearer {self.sign_in().json()['token']}"

    def connect(self, timeout: float = 10.0) -> socket.socket:
        return socket.create_connection((self.base.hostname, self.base.port), timeout=timeout)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        payload = b"" if body is None else json.dumps(body).encode()
        names = {"Host": self.base.netloc, "Connection": "close", "Content-Type": "application/json"}
        names |= {"Content-Length": str(len(payload)), **self.key, **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in names.items())]
        return "\r\n".join([*lines, "", ""]).encode() + payload

    def talk(self, request: bytes, timeout: float = 10.0) -> Exchange:
        start, received, end = time.monotonic(), bytearray(), "closed"
        with self.connect(timeout) as connection:
            connection.sendall(request)
            try:
                while piece := connection.recv(65536):
                    received += piece
            except ConnectionResetError:
                end = "reset"
            except TimeoutError:
                end = "timeout"
        return Exchange(bytes(received), end, time.monotonic() - start)

    def send(self, method: str, path: str, body: Any = None, timeout: float = 10.0, **headers: str) -> Exchange:
        """A call of the API."""
        return self.talk(self.request(method, self.base.path + path, body, **headers), timeout)

    def admin(self, method: str, path: str, body: Any = None) -> Exchange:
        """A call of the sandbox's own endpoints."""
        return self.talk(self.request(method, "/_sandbox/" + path, body))

    def order(self, timeout: float = 10.0, **headers: str) -> Exchange:
        return self.send("POST", "/orders", ORDER, timeout, **headers)

    def sign_in(self) -> Exchange:
        pair = base64.b64encode(f"{self.fields['username']}:{self.fields['password']}".encode()).decode()
        body = {"marketplace": self.fields["marketplace"]}
        return self.send("POST", "/token", body, Authorization=f"Basic {pair}")

    def plan(self, operation: str, *faults: str) -> str:
        """A plan for all calls, of one operation."""
        return self.server.faults.add({"plan": {operation: list(faults)}, "always": True})

    def ledger(self, operation: str | None = None) -> list[dict[str, Any]]:
        """All entries, or those of an operation."""
        data = self.admin("GET", "ledger").json()["data"]
        return [row for row in data if operation in (None, row["operation"])]

    def last(self, operation: str) -> dict[str, Any]:
        return self.ledger(operation)[-1]
