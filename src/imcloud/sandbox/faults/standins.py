"""Answers in place of the operation's own."""

from __future__ import annotations

from typing import Any

from ..context import Context
from ..errors import RefusalError
from ..gate import WRONG_KEY
from ..web import Answer, reason
from .arguments import address, retry_after, retry_value, whole
from .call import Call, Kind

_STATUS = whole(200, 599)
_QUOTA = "Out of call volume quota. Quota will be replenished in 01:00:00."
_RATE = "Rate limit is exceeded. Try again later."
PAGE = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"


def html(status: int, title: str) -> Answer:
    """A web page for an answer."""
    return Answer(status, PAGE.format(title).encode(), {"Content-Type": "text/html; charset=utf-8"})


def refusal(call: Call, status: int, text: str | None = None, *, gateway: bool = False, retry: str = "none") -> Answer:
    """Answer with a refusal of the platform or of the gateway; the operation is not carried out."""

    def make(ctx: Context) -> Answer:
        value = retry_after(retry, ctx.now)
        headers = {} if value is None else {"Retry-After": value}
        raise RefusalError(status, text or _text(status), gateway=gateway, headers=headers)

    return call.instead(make)


def _text(status: int) -> str:
    return f"{reason(status)}, by a fault plan."


def _return(call: Call, status: int) -> Answer:
    return refusal(call, status)


def _return_after(call: Call, status: int) -> Answer:
    applied = call.apply()
    answer = call.refused(RefusalError(status, _text(status)))
    answer.headers |= {name: applied.headers[name] for name in ("X-Correlation-ID", "Date")}
    return answer


def _return_html(call: Call, status: int) -> Answer:
    return call.instead(lambda _: html(status, reason(status)))


def _html_200(call: Call) -> Answer:
    return call.instead(lambda _: html(200, "Sign in"))


def _empty_200(call: Call) -> Answer:
    return call.instead(lambda _: Answer(200, b""))


def _after_apply(body: Answer) -> Any:
    def run(call: Call) -> Answer:
        applied = call.apply()
        return Answer(body.status, body.body, applied.headers | body.headers)

    return run


def _retry_after(call: Call, status: int, value: str) -> Answer:
    return refusal(call, status, gateway=status == 429, retry=value)


def _apim_401(call: Call) -> Answer:
    return refusal(call, 401, WRONG_KEY, gateway=True)


def _platform_401(call: Call) -> Answer:
    return refusal(call, 401, "The token has expired.")


def _return_403(call: Call) -> Answer:
    return refusal(call, 403, "Access is denied.")


def _apim_403(call: Call) -> Answer:
    return refusal(call, 403, _QUOTA, gateway=True)


def apim_429(call: Call, value: str = "1") -> Answer:
    """The gateway's answer to too many calls."""
    return refusal(call, 429, _RATE, gateway=True, retry=value)


def _platform_429(call: Call, value: str = "none") -> Answer:
    return refusal(call, 429, "Too many requests.", retry=value)


def _redirect(call: Call, status: int, target: str = "") -> Answer:
    # without an address it leads back here, where following it shows in the ledger's `query`
    target = target or f"{call.request.origin}{call.request.path}?redirected=true"
    return call.instead(lambda _: Answer(status, b"", {"Location": target}))


KINDS = (
    Kind("return:STATUS", _return, (_STATUS,)),
    Kind("return-after-apply:STATUS", _return_after, (_STATUS,), applies="yes"),
    Kind("return-html:STATUS", _return_html, (_STATUS,)),
    Kind("html-200", _html_200),
    Kind("html-200-after-apply", _after_apply(html(200, "Sign in")), applies="yes"),
    Kind("empty-200", _empty_200),
    Kind("empty-200-after-apply", _after_apply(Answer(200, b"")), applies="yes"),
    Kind("retry-after:STATUS:VALUE", _retry_after, (_STATUS, retry_value)),
    Kind("apim-401", _apim_401),
    Kind("platform-401", _platform_401),
    Kind("return-403", _return_403),
    Kind("apim-403-quota", _apim_403),
    Kind("apim-429[:VALUE]", apim_429, (retry_value,), optional=1),
    Kind("platform-429[:VALUE]", _platform_429, (retry_value,), optional=1),
    Kind("redirect:STATUS[:URL]", _redirect, (whole(300, 399), address), optional=1),
)
