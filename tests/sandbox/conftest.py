"""A client without any of the runner's help: the sandbox is tested over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from imcloud import sandbox

from .raw import Raw


class Api:
    """One API user's session."""

    def __init__(self, fields: dict[str, str]):
        self.base = fields["base_url"]
        self.fields = fields
        self.session = requests.Session()
        self.session.trust_env = False
        self.key = {"X-Subscription-Key": fields["subscription_key"]}
        self.session.headers.update(self.key)
        self.sign_in_again()

    def sign_in_again(self) -> None:
        """After the clock has gone past the token's end."""
        answer = self.sign_in()
        if answer.ok:
            self.session.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def sign_in(self, **changes: Any) -> requests.Response:
        fields = {**self.fields, **changes}
        return self.session.post(
            self.base + "/token",
            auth=(fields["username"], fields["password"]),
            headers={"X-Subscription-Key": fields["subscription_key"]},
            json={"marketplace": fields["marketplace"]},
        )

    def call(self, method: str, path: str, json: Any = None, **query: Any) -> requests.Response:
        names = {k.rstrip("_"): v for k, v in query.items()}
        return self.session.request(method, self.base + path, json=json, params=names)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, json: Any) -> Any:
        answer = self.call("POST", path, json)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def patch(self, path: str, json: Any) -> Any:
        answer = self.call("PATCH", path, json)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, customer: str, *products: dict[str, Any], **more: Any) -> Any:
        body = {"type": "sales", "customerId": customer, "products": list(products), **more}
        return self.post("/orders", {k: v for k, v in body.items() if v is not None and v != []})


class Admin:
    """The sandbox's own endpoints."""

    def __init__(self, server: sandbox.Server):
        self.url = server.admin_url

    def get(self, path: str, **query: Any) -> Any:
        answer = requests.get(f"{self.url}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, json: Any) -> Any:
        answer = requests.request(method, f"{self.url}/{path}", json=json)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advance(self, seconds: float) -> None:
        self.send("POST", "clock", {"advance_seconds": seconds})

    def settings(self, **changes: Any) -> Any:
        return self.send("PATCH", "settings", changes)


@pytest.fixture
def server() -> Iterator[sandbox.Server]:
    with sandbox.start() as running:
        yield running


@pytest.fixture
def api(server: sandbox.Server) -> Iterator[Api]:
    client = Api(server.fields)
    yield client
    client.session.close()


@pytest.fixture
def admin(server: sandbox.Server) -> Admin:
    return Admin(server)


@pytest.fixture
def raw(server: sandbox.Server) -> Raw:
    """A client over bare sockets."""
    return Raw(server)


@pytest.fixture(scope="module")
def shared() -> Iterator[sandbox.Server]:
    with sandbox.start() as running:
        yield running


@pytest.fixture(scope="module")
def reader(shared: sandbox.Server) -> Iterator[Api]:
    """A client for tests that change nothing."""
    client = Api(shared.fields)
    yield client
    client.session.close()


FIRST = "1000005"  # a customer with status active
HELD_CREDIT = "1000006"
SEAT = {"mpn": "SANDBOX-SEAT"}


def account(**more: Any) -> dict[str, Any]:
    person = {"type": "admin", "firstName": "Jo", "lastName": "Low", "email": "jo@low.example", "phoneNumber": "1#2#3#"}
    address = {"streetAddress": "1 Way", "postalCode": "1", "city": "Town", "countryCode": "US"}
    return {"name": "New Works", "language": "en", "address": address, "contactPersons": [person], **more}
