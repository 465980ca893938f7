"""What a write would do: the exact request, the platform's own checks, the price, and a stand-in for the answer."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from imcloud.errors import ErrorItem
from imcloud.inputs import mask
from imcloud.rendering import MISSING, RenderProblem
from imcloud.results import Result
from imcloud.runner.shape import at, ended
from imcloud.secrets import MASK
from imcloud.strict_json import plain

if TYPE_CHECKING:
    from imcloud.runner.execution import Call

UNKNOWN = "(known after it is applied)"


def result(call: Call) -> Result:
    """The envelope of a dry run: `ok`, nothing applied, `dry_run` filled, `data` a stand-in with the inputs in it."""
    checks = [_check(call, raw) for raw in call.prepared.action.raw["effect"].get("preflight", ())]
    ran = [check for check in checks if check is not None]
    found = {
        "request": call.shown,
        "curl": curl(call),
        "checks": ran,
        "price": _price_from(call, {check["action"]: check.pop("data") for check in ran}),
    }
    shown, _ = plain(mask(call.prepared.action.inputs, call.checked.clean))
    stand_in = {**_stand_in(call.prepared.action.output), **_shared(call.prepared.action.output, shown)}
    base = ended(call, ())
    return replace(base, ok=all(check["ok"] for check in ran), dry_run=found, data=stand_in, errors=_errors(ran))


def price(call: Call) -> dict[str, Any] | None:
    """`{amount, currency}` by the action that estimates it; null when there is none or it cannot say."""
    return _price_from(call, {})


def _price_from(call: Call, answers: Mapping[str, Any]) -> dict[str, Any] | None:
    spec = call.prepared.action.raw["effect"].get("price")
    if not spec:
        return None
    data = answers.get(spec["action"])
    if data is None:
        checks = call.prepared.action.raw["effect"].get("preflight", ())
        declared = next((raw for raw in checks if _named(raw)["action"] == spec["action"]), spec["action"])
        data = (_check(call, declared) or {}).get("data")
    amount, currency = at(data, spec["amount"]), at(data, spec["currency"])
    return None if amount is None else {"amount": str(amount), "currency": currency}


def _check(call: Call, declared: str | Mapping[str, Any]) -> dict[str, Any] | None:
    """One preflight action: null when its condition does not hold."""
    raw = _named(declared)
    roots = {"inputs": call.checked.clean}
    try:
        if not call.runner.renderer.render(raw.get("when", True), roots):
            return None
        inputs = call.runner.renderer.render(raw.get("inputs", "{{ inputs }}"), roots)
        answer = call.nested(raw["action"], {} if inputs is MISSING else inputs, explain=False)
        passed = call.runner.renderer.render(raw.get("passes", True), {"data": answer.data}) if answer.ok else False
    except RenderProblem as problem:
        return {"action": raw["action"], "ok": False, "errors": [{"message": problem.message}], "data": None}
    errors = [error.to_dict() for error in answer.errors]
    return {"action": raw["action"], "ok": bool(answer.ok and passed), "errors": errors, "data": answer.data}


def _named(declared: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"action": declared} if isinstance(declared, str) else declared


def _errors(checks: list[dict[str, Any]]) -> tuple[ErrorItem, ...]:
    return tuple(
        ErrorItem(
            "remote",
            f"the platform's check {check['action']} does not pass",
            rule="preflight",
            hint=next((error["message"] for error in check["errors"]), "see dry_run.checks"),
        )
        for check in checks
        if not check["ok"]
    )


def curl(call: Call) -> str:
    """The request as a command line; secrets stand in it as names of environment variables."""
    prefix = str(call.prepared.pack.manifest.get("env_prefix", "TOKEN"))
    parts = ["curl", "-X", call.shown["method"], shlex.quote(call.shown["url"])]
    for name, value in call.shown["headers"].items():
        own = "TOKEN" if name == "Authorization" else name.upper().replace("-", "_").removeprefix("X_")
        secret = str(value).replace(MASK, f"${prefix}_{own}")
        parts += ["-H", f'"{name}: {secret}"' if MASK in str(value) else shlex.quote(f"{name}: {value}")]
    if call.wire.has_body:
        parts += ["--data", shlex.quote(json.dumps(call.shown["body"], ensure_ascii=False, default=str))]
    return " ".join(parts)


def _stand_in(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    if depth > 4:
        return {}
    return {name: _placeholder(child, depth) for name, child in schema.get("properties", {}).items()}


def _placeholder(schema: Mapping[str, Any], depth: int) -> Any:
    kinds = schema.get("type")
    kind = kinds if isinstance(kinds, str) else next(iter(kinds or ["string"]))
    match kind:
        case "object":
            return _stand_in(schema, depth + 1)
        case "array":
            return []
        case "integer" | "number":
            return 0
        case "boolean":
            return False
    return UNKNOWN


def _shared(schema: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name in schema.get("properties", {})}
