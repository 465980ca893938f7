"""Deliberately broken variants: what goes wrong when one of the rules is left out. Each is a switch of the tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from imcloud.client import classify, retry, session, transport, wording
from imcloud.client.budget import Budget
from imcloud.intents import IntentStore, marker_of, store
from imcloud.results import Page
from imcloud.runner import contract, execution, lookup, placing

Patch = pytest.MonkeyPatch
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Variant:
    """`break_` breaks it; one of `cells` (operation, fault) or `scenarios` must notice."""

    name: str
    break_: Callable[[Patch], None]
    cells: tuple[tuple[str, str], ...] = ()
    scenarios: tuple[str, ...] = ()
    resubmit: bool = False


def _blind_resend(patch: Patch) -> None:
    patch.setattr(lookup, "resolve", lambda *_: lookup.Found(absent=True, rule="absent"))


def _first_page_only(patch: Patch) -> None:
    real = execution.Call.nested

    def nested(self: Any, action: str, inputs: Any, **changes: Any) -> Any:
        if not action.startswith("list_"):
            return real(self, action, inputs, **changes)
        first = real(self, action, {**inputs, "offset": 0, "limit": 2}, **changes)
        return replace(first, page=Page(first.page.total, first.page.returned, True, None)) if first.page else first

    patch.setattr(execution.Call, "nested", nested)


def _one_scan(patch: Patch) -> None:
    def once(call: Any, intent: Any) -> Any:
        search = lookup._Search(call, intent)
        return lookup._verdict(search, 1) if lookup._scan(search) else lookup.Found(rule="unstable")

    patch.setattr(lookup, "_scan_twice", once)


def _broken_scan_counts(patch: Patch) -> None:
    real = lookup._scan
    patch.setattr(lookup, "_scan", lambda search: real(search) or True)


def _marker_per_attempt(patch: Patch) -> None:
    real = placing._send

    def send(call: Any) -> Any:
        body = {**call.wire.body, "poNumber": marker_of(f"attempt {next(_numbers)}")}
        return real(replace(call, wire=replace(call.wire, body=body)))

    patch.setattr(placing, "_send", send)


def _content_as_marker(patch: Patch) -> None:
    real = placing.identified

    def identified(call: Any) -> Any:
        intent = real(call)
        return replace(intent, marker=marker_of(intent.fingerprint))

    patch.setattr(placing, "identified", identified)


def _content_compared_alone(patch: Patch) -> None:
    real = lookup._judge

    def judge(search: Any, spec: Any, data: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(lookup, "marker_path", lambda _: None)
            real(search, spec, data)

    patch.setattr(lookup, "_judge", judge)


def _settle_for(seconds: float) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(lookup, "settle_seconds", lambda _: seconds)


def _adopt_first_of_two(patch: Patch) -> None:
    def verdict(search: Any, reads: int) -> Any:
        first = next(iter(search.hits.values()), None)
        return lookup.Found(data=first, absent=first is None, rule="absent", reads=reads)

    patch.setattr(lookup, "_verdict", verdict)


def _resend_on_503(patch: Patch) -> None:
    real = retry.Policy.step

    def step(self: Any, answer: Any, attempt: int, throttles: int, *, changes: bool, rules: Any) -> Any:
        if answer.status == 503 and attempt < self.attempts:
            return "retry"
        return real(self, answer, attempt, throttles, changes=changes, rules=rules)

    patch.setattr(retry.Policy, "step", step)


def _write_by_the_read_policy(patch: Patch) -> None:
    def send(call: Any) -> Any:
        reply = call.connection.client.send(call.wire, retry=True, operation=call.prepared.action.name)
        return placing.shape.of_reply(call, reply)

    patch.setattr(placing, "_send", send)


def _any_429_is_the_gateways(patch: Patch) -> None:
    patch.setattr(retry, "is_gateway", lambda *_: True)


def _follow_redirects(patch: Patch) -> None:
    real = session.send

    def send(adapter: Any, request: Any, call: Any, **options: Any) -> Any:
        response = real(adapter, request, call, **options)
        if 300 <= response.status_code < 400:
            request.url = response.headers["Location"]
            response.close()
            return real(adapter, request, call, **options)
        return response

    patch.setattr(session, "send", send)


def _netrc_on(patch: Patch) -> None:
    real = transport._prepare

    def prepare(request: Any, headers: Any) -> Any:
        prepared = real(request, headers)
        prepared.prepare_auth(requests.utils.get_netrc_auth(prepared.url), prepared.url)
        return prepared

    patch.setattr(transport, "_prepare", prepare)


def _proxies_of_the_environment(patch: Patch) -> None:
    real = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        return real(self, request, **{**options, "proxies": requests.utils.getproxies()})

    patch.setattr(session.Adapter, "send", send)


def _failed_order_is_sent_again(patch: Patch) -> None:
    real = placing._send

    def send(call: Any) -> Any:
        result = real(call)
        return result if result.ok or result.outcome != "done" else real(call)

    patch.setattr(placing, "_send", send)


def _intent_after_the_send(patch: Patch) -> None:
    real_sending, real_finish = IntentStore.sending, IntentStore.finish

    def sending(self: Any, marker: str, epoch: int = 0) -> Any:
        found = self.find(marker)
        return replace(found, sends=found.sends + 1, state="sent")

    def finish(self: Any, marker: str, state: Any, result: Any) -> None:
        real_sending(self, marker)
        real_finish(self, marker, state, result)

    patch.setattr(IntentStore, "sending", sending)
    patch.setattr(IntentStore, "finish", finish)


def _key_for_any_inputs(patch: Patch) -> None:
    patch.setattr(store, "_same", lambda *_: None)


def _unlisted_is_not_applied(patch: Patch) -> None:
    real = classify.outcome

    def outcome(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        return "not_applied" if found == "unknown" else found

    patch.setattr(classify, "outcome", outcome)
    patch.setattr(wording, "outcome", outcome)


def _success_without_an_id(patch: Patch) -> None:
    patch.setattr(contract, "needed", lambda _: None)


def _success_about_another(patch: Patch) -> None:
    patch.setattr(contract, "kept", lambda _, reply: reply)


def _status_alone_is_success(patch: Patch) -> None:
    patch.setattr(classify, "has_shape", lambda answer, **_: answer.status is not None and answer.status < 300)


def _update_not_compared(patch: Patch) -> None:
    patch.setattr(lookup, "agree", lambda *_: True)


def _retry_after_believed(patch: Patch) -> None:
    patch.setattr(retry, "MAX_WAIT", 1e9)
    patch.setattr(Budget, "throttled", lambda self, _grant, seconds: self._timing.sleep(seconds) or True)


ORDER = "create_order"
VARIANTS = (
    Variant("blind resend after an unknown outcome", _blind_resend, ((ORDER, "reset-after-apply"),), resubmit=True),
    Variant("look-up reads the first page only", _first_page_only, scenarios=("absent_among_others",)),
    Variant("one scan instead of two", _one_scan, scenarios=("two_scans_without_a_window",)),
    Variant("a scan that broke off counts", _broken_scan_counts, scenarios=("unreadable_list_is_no_proof",)),
    Variant("a marker for each attempt", _marker_per_attempt, ((ORDER, "reset-after-apply"),)),
    Variant("the content as marker", _content_as_marker, scenarios=("two_equal_orders_are_two",)),
    Variant("the content compared alone", _content_compared_alone, scenarios=("anothers_order_is_not_adopted",)),
    Variant("no settle window", _settle_for(0), scenarios=("a_late_commit_is_waited_for",)),
    Variant("settle window shorter than the commit", _settle_for(0.1), scenarios=("a_late_commit_is_waited_for",)),
    Variant("adopts the first of two", _adopt_first_of_two, scenarios=("two_that_fit_halt",)),
    Variant("resends on 503", _resend_on_503, ((ORDER, "return-after-apply:503"),)),
    Variant("a write retried by the read policy", _write_by_the_read_policy, ((ORDER, "reset-after-apply"),)),
    Variant("any 429 counts as the gateway's", _any_429_is_the_gateways, ((ORDER, "platform-429"),)),
    Variant(
        "follows redirects",
        _follow_redirects,
        ((ORDER, "redirect:307:{trap}"), ("get_customer", "redirect:302:{trap}")),
    ),
    Variant("netrc on", _netrc_on, (("get_customer", "none"),)),
    Variant("proxies of the environment on", _proxies_of_the_environment, (("get_customer", "none"),)),
    Variant("status=error is sent again", _failed_order_is_sent_again, ((ORDER, "status-error"),)),
    Variant("intent stored after the send", _intent_after_the_send, ((ORDER, "none"),)),
    Variant("key not checked for other inputs", _key_for_any_inputs, scenarios=("a_key_is_one_call",)),
    Variant("key not checked for the account", _key_for_any_inputs, scenarios=("another_account_is_refused",)),
    Variant("what is not listed is not applied", _unlisted_is_not_applied, ((ORDER, "reset-after-apply"),)),
    Variant("a success without an id counts", _success_without_an_id, ((ORDER, "body-no-id"),)),
    Variant("a success about another counts", _success_about_another, ((ORDER, "body-other-customer"),)),
    Variant(
        "the status alone is success", _status_alone_is_success, ((ORDER, "close-mid-headers"), (ORDER, "html-200"))
    ),
    Variant("an update is not compared", _update_not_compared, (("update_customer", "reset-before-apply"),)),
    Variant("Retry-After without a bound", _retry_after_believed, (("get_customer", "apim-429:date-year-9999"),)),
)
