"""Which action covers a method and a path."""

from __future__ import annotations

import re

from imcloud.pack import Action, Pack, WireRequest


def covering_action(pack: Pack, wire: WireRequest) -> Action | None:
    """The action that makes the same request, if there is one; letter case and a final slash make no difference."""
    path = "/" + "/".join(segment for segment in wire.segments if segment).lower()
    for action in pack.actions.values():
        request = action.raw["request"]
        if request.get("raw_path"):
            continue
        methods = {request["method"], request.get("alternate_method")}
        if wire.method in methods and re.fullmatch(_pattern(action.path), path):
            return action
    return None


def _pattern(template: str) -> str:
    parts = re.split(r"\{\{.*?\}\}", template.rstrip("/"))
    return "[^/]+".join(re.escape(part.lower()) for part in parts)
