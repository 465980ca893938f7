"""What the sandbox raises: refusals become HTTP answers, a state error stops the start."""

from __future__ import annotations


class StateError(Exception):
    """A state file cannot be used; the message names the command that helps."""


class RefusalError(Exception):
    """A request that is turned down. `gateway` picks the shape of the body, not who was right."""

    def __init__(
        self, status: int, message: str, *, gateway: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.gateway = gateway
        self.headers = headers or {}


def bad_request(message: str) -> RefusalError:
    """The platform found something wrong with the request."""
    return RefusalError(400, message)


def gateway_refusal(status: int, message: str, **headers: str) -> RefusalError:
    """The gateway in front of the platform answered by itself."""
    return RefusalError(status, message, gateway=True, headers={k.replace("_", "-"): v for k, v in headers.items()})


def unknown_entity(kind: str, value: object, status: int = 400) -> RefusalError:
    """The platform has no such entity, or none that this caller may see."""
    return RefusalError(status, f"No entity has been found: {kind} '{value}'.")
