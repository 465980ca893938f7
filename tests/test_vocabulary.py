"""The runner knows no resource: nothing in it names one, neither in code nor in texts nor in comments.

The words come from the pack's own manifest, and from a list of what else a marketplace is made of. Identifiers are
taken apart, so that `orderNumber` and `list_orders` count too. Each exception says why it is none. `typed.pyi` is not
looked at: it is the pack's own data in another notation, generated from it.
"""

from __future__ import annotations

import re
from pathlib import Path

from imcloud.packs import load_pack

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "imcloud"
# Resources of the manifest whose names are ordinary words of any program.
ORDINARY = {"api", "validation"}
MORE = {"invoice", "seat", "licence", "license", "mpn", "tenant", "basket", "sku"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

EFFECT = 'the effect class "order" is a word of the manifest\'s own vocabulary: an action that spends money'
PLACE = "`x-ui.order` is the annotation that gives a field its place in a form"
EXCEPTIONS = {
    ("pack.py", '"update", "order"'): EFFECT,
    ("runner/guards.py", 'effect_class == "order"'): EFFECT,
    ("cli/asking.py", 'effect_class == "order"'): EFFECT,
    ("lint/requests.py", '"order": {"POST", "PUT"}'): EFFECT,
    ("lint/effects.py", 'entry.effect == "order"'): EFFECT,
    ("lint/effects.py", 'in ("create", "order")'): EFFECT,
    ("cli/fields.py", '.get("order", 10_000)'): PLACE,
    ("cli/gathering.py", '.get("order", 99)'): PLACE,
    ("inputs/suggestions.py", 'outer.get("order", 0)'): PLACE,
    ("scaffold.py", '"x-ui"] = {"order": place'): PLACE,
    ("findings.py", "order=True"): "the dataclass option that makes findings sortable",
}


def words() -> set[str]:
    """Every resource word, singular and plural."""
    pack = load_pack(ROOT)
    singular = {resource.removesuffix("s") for resource in pack.manifest["resources"]} - ORDINARY
    singular |= {kind for kind in pack.references if "_" not in kind} | MORE
    return singular | {f"{word}s" for word in singular}


def lines() -> list[tuple[str, int, str]]:
    """Every line of the runner: (file, number, text)."""
    found = []
    for file in [*sorted(SOURCE.rglob("*.py")), ROOT / "plugin.py"]:
        name = file.relative_to(SOURCE).as_posix() if file.is_relative_to(SOURCE) else file.name
        if not name.startswith("sandbox/"):
            found += [(name, number, text) for number, text in enumerate(file.read_text("utf-8").splitlines(), 1)]
    return found


def test_the_words_are_those_of_the_pack() -> None:
    assert words() >= {
        "customer",
        "orders",
        "product",
        "reseller",
        "subscription",
        "report",
        "plan",
        "invoice",
        "seats",
    }


def test_nothing_outside_the_sandbox_names_a_resource() -> None:
    forbidden, used, found = words(), set(), []
    for name, number, text in lines():
        left = text.replace("ORDER BY", "")  # SQL
        for (file, fragment), _ in EXCEPTIONS.items():
            if file == name and fragment in left:
                used.add((file, fragment))
                left = left.replace(fragment, "")
        hits = sorted({word.lower() for word in WORD.findall(left)} & forbidden)
        found += [f"{name}:{number}: {', '.join(hits)}: {text.strip()}"] if hits else []
    assert found == []
    assert sorted(set(EXCEPTIONS) - used) == [], "exceptions that nothing needs any more"


def test_no_action_of_the_pack_is_named() -> None:
    names = load_pack(ROOT).actions
    text = re.compile(rf"\b({'|'.join(names)})\b")
    # `api_request` included: what makes it special is declared in its manifest.
    assert [f"{name}:{number}: {line.strip()}" for name, number, line in lines() if text.search(line)] == []
