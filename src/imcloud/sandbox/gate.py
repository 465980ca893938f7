"""What stands before an operation: subscription key, call budget, bearer token."""

from __future__ import annotations

import math
import time

from .context import Context
from .errors import gateway_refusal
from .routes import Route
from .tokens import caller_of
from .web import Request

MISSING_KEY = (
    "Access denied due to missing subscription key. Make sure to include the subscription key with the request."
)
WRONG_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)


def admit(ctx: Context, request: Request, route: Route) -> None:
    """Let the request pass or raise the refusal of the gateway or of the platform."""
    if route.access == "open":
        return
    key = request.headers.get("x-subscription-key", "")
    if not key:
        raise gateway_refusal(401, MISSING_KEY)
    if ctx.one("SELECT 1 FROM users WHERE subscription_key = ?", key) is None:
        raise gateway_refusal(401, WRONG_KEY)
    _count(ctx, key)
    if route.access == "bearer":
        ctx.caller = caller_of(ctx, request, key)


def _count(ctx: Context, key: str) -> None:
    per_minute, per_day = ctx.settings.rate_limit_per_minute, ctx.settings.calls_per_day
    if per_minute is None and per_day is None:
        return
    now = time.time() if ctx.settings.rate_limit_clock == "real" else ctx.now
    if per_day is not None:
        wait = _wait(ctx, key, now, per_day, 86400.0)
        if wait:
            text = f"Out of call volume quota. Quota will be replenished in {wait} seconds."
            raise gateway_refusal(403, text)
    if per_minute is not None:
        wait = _wait(ctx, key, now, per_minute, 60.0)
        if wait:
            headers = {"Retry_After": str(wait)} if ctx.settings.retry_after else {}
            raise gateway_refusal(429, f"Rate limit is exceeded. Try again in {wait} seconds.", **headers)
    ctx.run("DELETE FROM calls WHERE at <= ?", now - 86400.0)
    ctx.insert("calls", subscription_key=key, at=now)


def _wait(ctx: Context, key: str, now: float, allowed: int, window: float) -> int:
    """Whole seconds until the budget has room again; 0 when it has."""
    found = ctx.one(
        "SELECT at FROM calls WHERE subscription_key = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?",
        key,
        now - window,
        allowed - 1,
    )
    return 0 if found is None else max(1, math.ceil(found["at"] + window - now))
