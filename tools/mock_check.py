"""Runs all actions with full inputs against a strict mock of the vendor's API file: a check for developers.

Start the mock, then run this with the usual variables set to it:

    npx @stoplight/prism-cli@5.14.2 mock FILE --port 4010
    IMCLOUD_BASE_URL=http://127.0.0.1:4010 ... python -m tools.mock_check

Ends with 1 if the mock reports a request that breaks the file, if an action is not accepted, or if inputs without one
of the required fields are sent.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from imcloud.pack import Action
from imcloud.results import Result
from imcloud.runner import Runner

SAMPLES = {
    "date": "2026-08-01",
    "date-time": "2026-08-01T00:00:00Z",
    "uuid": "f40c942d-ebec-41b9-b604-5ed9ffb6d4f2",
    "email": "sam@example.test",
    "decimal": "70.5",
    "country": "US",
    "currency": "USD",
}


def main() -> int:
    """Run the check and print one line for each action."""
    with Runner() as runner:
        pack = next(iter(runner.packs.values()))
        pack.manifest["connection"]["headers_kept"].append("sl-violations")
        actions = [action for action in pack.actions.values() if not action.raw["request"].get("raw_path")]
        failures = sum(_check(runner, action) for action in actions)
        print(f"{len(actions) - failures} of {len(actions)} actions accepted with full inputs")
    return 1 if failures else 0


def _check(runner: Runner, action: Action) -> bool:
    inputs = sample(action.inputs)
    for name in ("offset", "limit"):
        inputs.pop(name, None)
    result = runner.run_action(action.ref, inputs, yes=True, explain=False)
    problems = _violations(result)
    if not result.ok and (result.status_code is None or not 200 <= result.status_code < 300):
        problems.append(f"not accepted: {[error.message for error in result.errors]}")
    missed = [where for where, broken in without_required(action.inputs, inputs) if not _caught(runner, action, broken)]
    problems += [f"sent without {where}" for where in missed]
    page = "" if result.page is None else f", {result.page.returned} rows, complete: {result.page.complete}"
    print(f"{'FAIL' if problems else 'ok  '} {action.name}: {result.status_code}{page}")
    for problem in problems:
        print(f"       {problem}")
    return bool(problems)


def _violations(result: Result) -> list[str]:
    raw = next((value for name, value in result.headers.items() if name.lower() == "sl-violations"), "[]")
    found = [item for item in json.loads(raw) if item.get("location", [None])[0] == "request"]
    return [f"{'.'.join(map(str, item['location']))}: {item['message']}" for item in found]


def _caught(runner: Runner, action: Action, inputs: dict[str, Any]) -> bool:
    result = runner.run_action(action.ref, inputs, yes=True)
    return result.attempts == 0 and any(error.rule == "required" for error in result.errors)


def sample(schema: Mapping[str, Any]) -> Any:
    """A value with every field of a schema filled in."""
    if "enum" in schema:
        return schema["enum"][0]
    # Without a type any JSON is allowed; the vendor's file wants an object there.
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: sample(child) for name, child in properties.items()} or {"key": "value"}
    if kind == "array":
        return [sample(schema.get("items", {}))]
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    return True if kind == "boolean" else SAMPLES.get(schema.get("x-format", ""), "1000001")


def without_required(schema: Mapping[str, Any], data: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """For every required field at any depth: its place, and the data without it."""
    if isinstance(data, list):
        for place, broken in without_required(schema.get("items", {}), data[0], f"{where}[0]"):
            yield place, [broken]
        return
    if not isinstance(data, dict):
        return
    for name in schema.get("required", ()):
        broken = deepcopy(data)
        del broken[name]
        yield f"{where}.{name}", broken
    for name, child in schema.get("properties", {}).items():
        if name in data:
            for place, broken in without_required(child, data[name], f"{where}.{name}"):
                yield place, {**data, name: broken}


if __name__ == "__main__":
    sys.exit(main())
