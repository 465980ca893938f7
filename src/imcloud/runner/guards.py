"""Never the wrong marketplace: what must be true before anything that changes something is sent."""

from __future__ import annotations

from imcloud.connections import Settings
from imcloud.errors import ErrorItem
from imcloud.runner.options import CallOptions


def refusal(settings: Settings, effect_class: str, options: CallOptions) -> ErrorItem | None:
    """Why this write may not be sent over this connection, or null. Reads are never refused here."""
    if effect_class in ("read", "check") or options.dry_run:
        return None
    name = settings.name
    if settings.read_only:
        return _config("IMCLOUD_READ_ONLY is set: nothing is changed", "read_only", "unset it to allow writes")
    if settings.writes == "deny":
        return _config(f"the connection {name!r} denies writes", "writes_deny", "set its writes to confirm or allow")
    if settings.implicit and not options.person_present:
        return _config(
            "no connection is configured, and without a terminal a write needs one that is named",
            "implicit_sandbox",
            "name it: --connection sandbox (connection='sandbox' in Python), or configure one",
        )
    if effect_class == "order" and not settings.loopback:
        return _config(
            "this version sends what costs money to the sandbox only",
            "spend_guard",
            "a dry run shows the exact request and the price",
        )
    return None


def unconfirmed(settings: Settings, options: CallOptions) -> ErrorItem | None:
    """Why a write over a connection that wants confirmation cannot even be asked about, or null."""
    if settings.writes != "confirm" or options.yes or options.confirm is not None:
        return None
    return _config(
        f"writes over the connection {settings.name!r} must be confirmed",
        "unconfirmed",
        "confirm with --yes (yes=True in Python)",
    )


def declined() -> ErrorItem:
    """The person said no."""
    return _config("not confirmed: nothing was sent", "declined", None)


def _config(message: str, rule: str, hint: str | None) -> ErrorItem:
    return ErrorItem("config", message, rule=rule, hint=hint)


def key_problem(writes: bool, key: str | None) -> ErrorItem | None:
    """Why a caller's key cannot be used, or null."""
    if key is None:
        return None
    if not writes:
        return ErrorItem("input", "a key names a write: this action changes nothing", pointer="", rule="key")
    if not 1 <= len(key) <= 200 or not key.isprintable() or key.strip() != key:
        return ErrorItem("input", "a key is 1 to 200 printable characters without space around them", rule="key")
    return None
