"""What a caller hands in, up to what may be sent: rendered where there is a context, checked, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.inputs import Checked, one_for_each_place, plain_data, validate_inputs
from imcloud.rendering import MISSING, Renderer, RenderProblem
from imcloud.runner.prepared import Prepared
from imcloud.strict_json import pointer

Path = tuple[str | int, ...]


def check_inputs(renderer: Renderer, prepared: Prepared, inputs: Any, context: Mapping[str, Any] | None) -> Checked:
    """The inputs as they may be sent, or all of their faults. Never raises for what they hold."""
    schema = prepared.action.inputs
    faults: list[ErrorItem] = []
    undefined: frozenset[str] = frozenset()
    if context is not None:
        plain, faults = plain_data(inputs)
        if plain is None and faults:
            return Checked({}, (), tuple(faults))
        rendering = _Rendering(renderer, context)
        inputs = rendering.value(plain, ())
        faults += rendering.faults
        undefined = frozenset(rendering.undefined)
    checked = validate_inputs(schema, inputs)
    unfit = [item_of(problem) for problem in prepared.request.problems(checked.clean)] if checked.clean else []
    known = [_explained(item, undefined) for item in checked.errors]
    return replace(checked, errors=one_for_each_place(unfit, first=[*faults, *known]))


def item_of(problem: RenderProblem) -> ErrorItem:
    """A rendering problem as data: about an input where one is to blame, else about a template."""
    rule = getattr(problem, "rule", None)
    if rule:
        return ErrorItem("input", problem.message, pointer=problem.where, rule=rule)
    return ErrorItem("template", problem.message, pointer=problem.where, rule="template")


def _explained(item: ErrorItem, undefined: frozenset[str]) -> ErrorItem:
    if item.rule == "required" and item.pointer in undefined:
        return replace(item, hint="its template found nothing in the context")
    return item


class _Rendering:
    """Renders every text of plain data once. What a template finds undefined is left out."""

    def __init__(self, renderer: Renderer, context: Mapping[str, Any]) -> None:
        self._renderer = renderer
        self._context = context
        self.faults: list[ErrorItem] = []
        self.undefined: list[str] = []

    def value(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            pairs = [(key, self.value(item, (*path, key))) for key, item in value.items()]
            return {key: item for key, item in pairs if item is not MISSING}
        if isinstance(value, list):
            items = [self.value(item, (*path, index)) for index, item in enumerate(value)]
            return [item for item in items if item is not MISSING]
        return self._text(value, path) if isinstance(value, str) else value

    def _text(self, text: str, path: Path) -> Any:
        where = pointer(path)
        try:
            value = self._renderer.render(text, self._context, where)
        except RenderProblem as problem:
            self.faults.append(item_of(problem))
            return None
        if value is MISSING:
            self.undefined.append(where)
        return value
