"""The tests have power: each deliberately broken variant is caught, and the same checks pass without it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from imcloud.runner import Runner

from .running import run_cell
from .scenarios import SCENARIOS
from .table import cell
from .variants import VARIANTS, Variant
from .world import World


def failures(world: World, variant: Variant) -> list[str]:
    """What notices."""
    found = []
    options: dict[str, Any] = {"on_unknown": "resubmit_once"} if variant.resubmit else {}
    checks: list[tuple[str, Callable[[], Any]]] = [
        (" under ".join(place), partial(run_cell, world, cell(*place), **options)) for place in variant.cells
    ]
    checks += [(name, partial(SCENARIOS[name], world)) for name in variant.scenarios]
    for name, check in checks:
        try:
            check()
        except AssertionError as error:
            found.append(f"{name}: {' '.join(str(error).split())[:160]}")
    return found


@pytest.fixture(autouse=True)
def crashes_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variant that crashes has not been caught: it is not broken in the way that was meant."""

    def crash(_: Runner, action: Any, __: Any, error: Exception) -> Any:
        raise RuntimeError(f"{action.ref} crashed") from error

    monkeypatch.setattr(Runner, "_hook_failed", crash)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenarios_hold(world: World, name: str) -> None:
    SCENARIOS[name](world)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_broken_variant_is_caught(world: World, variant: Variant) -> None:
    assert failures(world, variant) == [], "it must pass before it is broken"
    with pytest.MonkeyPatch.context() as patch:
        variant.break_(patch)
        found = failures(world, variant)
    assert found, f"{variant.name}: nothing noticed"
    print(f"caught: {variant.name}\n    " + "\n    ".join(found))


def test_there_are_enough_of_them() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) >= 12
