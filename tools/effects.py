"""What follows from the effect that an action declares, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from imcloud.pack import Action, Pack
from tools.markdown import code, codes, plain

NAMES = {
    "read": "reads",
    "check": "asks, changes nothing",
    "create": "creates",
    "update": "changes",
    "order": "spends money",
    "by_method": "depends on the method",
}


def consequences(pack: Pack, action: Action) -> list[str]:
    """One line each: repeats, confirmation, how a doubtful call is found again, what is checked before."""
    effect = action.raw["effect"]
    lines = [_sent(pack, action)]
    if action.writes:
        lines.append(
            "A production connection asks for confirmation first; without a terminal that takes `--yes` (`yes=True`). "
            "`--dry-run` shows the exact request and sends nothing."
        )
    lines += _preflight(effect)
    lines += [f"Refused before it is sent: {plain(check['message'])}" for check in action.raw.get("checks", ())]
    lines += _afterwards(effect)
    if "alternate_method" in action.raw["request"]:
        lines.append(
            f"Where the platform does not know {code(action.method)} on this path, {code(_other(action))} is sent once "
            "instead and remembered for that connection."
        )
    return lines


def _other(action: Action) -> str:
    return str(action.raw["request"]["alternate_method"])


def _sent(pack: Pack, action: Action) -> str:
    attempts = pack.manifest["retry"]["attempts"]
    if not action.writes:
        return f"Changes nothing. A passing failure is tried again, up to {attempts} attempts in all."
    if action.effect_class == "by_method":
        return f"A GET is tried up to {attempts} times. Anything else counts as a change: sent once, never repeated."
    if action.effect_class == "order":
        return "Spends money. Sent once for each wanted order; this version sends it to the sandbox only."
    return "Sent once, and never again without having looked. It ends as done, not applied or unknown."


def _preflight(effect: Mapping[str, Any]) -> list[str]:
    names = [check if isinstance(check, str) else check["action"] for check in effect.get("preflight", ())]
    if not names:
        return []
    price = effect.get("price", {}).get("action")
    told = f" and shows the price that {code(price)} gives" if price else ""
    return [f"A dry run asks the platform first ({codes(names)}){told}."]


def _afterwards(effect: Mapping[str, Any]) -> list[str]:
    lines = []
    if "lookup" in effect:
        found = effect["lookup"]
        also = f", then {code(found['then'])}" if "then" in found else ""
        same = f"; it is the same when {codes(_paths(found['compare']))} agree" if "compare" in found else ""
        lines.append(
            f"When the answer is lost, it is looked up: {code(found['list'])} by {codes(found['by'])}{also}{same}."
        )
        lines.append(f"Without {codes(found['by'])} it cannot be looked up, and doubt is left to a person.")
    if "verify" in effect:
        lines.append(f"When the answer is lost, it is read back with {code(effect['verify']['get'])}.")
    if "marker" in effect:
        lines.append(
            f"Without a {code(effect['marker'])} of yours it carries a mark there by which it is found again; yours "
            "travels unchanged."
        )
    return lines


def _paths(compared: Iterable[Any]) -> list[str]:
    return [item if isinstance(item, str) else item["path"] for item in compared]
