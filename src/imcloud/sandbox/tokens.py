"""Sign-in: Basic credentials, subscription key and marketplace against a bearer token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any

from .context import Caller, Context
from .errors import RefusalError, bad_request
from .shapes import TOKEN, check
from .web import Request

MARKETPLACE = "us"
_INCORRECT = "Incorrect or missing authorization."


def sign_in(ctx: Context, request: Request) -> dict[str, Any]:
    """`POST /token`."""
    username, password = _basic(request)
    user = ctx.one("SELECT * FROM users WHERE username = ?", username)
    key = request.headers.get("x-subscription-key", "")
    if user is None or not hmac.compare_digest(user["password"].encode(), password.encode()):
        raise RefusalError(401, _INCORRECT)
    if user["subscription_key"] != key:
        raise RefusalError(401, _INCORRECT)
    if not user["active"]:
        raise RefusalError(403, "The user is not activated: the invitation has not been accepted yet.")
    if ctx.settings.credentials_too_new:
        raise RefusalError(403, "API access of this user is still being set up; this can take up to 24 hours.")
    body = check(TOKEN, request.json())
    if not body.get("marketplace"):
        raise bad_request("marketplace is required.")
    if body["marketplace"] != MARKETPLACE:
        raise RefusalError(403, f"The user has no access to the marketplace '{body['marketplace']}'.")
    return _issue(ctx, username)


def _issue(ctx: Context, username: str) -> dict[str, Any]:
    token = "sandbox." + secrets.token_urlsafe(48)
    seconds = ctx.settings.token_seconds
    ctx.run("DELETE FROM tokens WHERE expires < ?", ctx.now - 86400)
    ctx.insert("tokens", digest=_digest(token), username=username, issued=ctx.now, expires=ctx.now + seconds)
    return {"token": token, "expiresInSeconds": int(seconds)}


def caller_of(ctx: Context, request: Request, key: str) -> Caller:
    """Who sends this bearer token; a platform 401 when nobody does any more."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise RefusalError(401, _INCORRECT)
    row = ctx.one(
        "SELECT u.*, t.expires FROM tokens t JOIN users u USING (username) WHERE t.digest = ?",
        _digest(token.strip()),
    )
    if row is None or row["subscription_key"] != key or not row["active"]:
        raise RefusalError(401, _INCORRECT)
    if ctx.now >= row["expires"]:
        raise RefusalError(401, "The token has expired.")
    return Caller(row["username"], row["reseller_id"])


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        pair = base64.b64decode(text.strip(), validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise RefusalError(401, _INCORRECT) from None
    username, colon, password = pair.partition(":")
    if not colon:
        raise RefusalError(401, _INCORRECT)
    return username, password


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
