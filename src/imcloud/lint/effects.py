"""The rules of effects and checks: the actions and fields that they name exist, and do what is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from imcloud.findings import Finding
from imcloud.lint.book import Book, Entry
from imcloud.lint.reads import missing_path
from imcloud.lint.rules import remark
from imcloud.lint.sources import Source

KINDS: dict[str, tuple[Callable[[Entry], bool], str]] = {
    "list": (lambda entry: entry.is_list, "a list"),
    "read": (lambda entry: entry.effect == "read", "a read"),
    "check": (lambda entry: entry.effect in ("read", "check"), "a read or a check"),
}


def check_effects(book: Book) -> Iterator[Finding]:
    """IM016, IM017, IM021 and IM071 over the effects and checks of every sound action."""
    for entry in book.entries.values():
        effect = entry.raw["effect"]
        yield from _lookup(book, entry, effect.get("lookup"))
        yield from _verify(book, entry, effect.get("verify"))
        yield from _price(book, entry, effect)
        for key in ("marker", "quantity"):
            if key in effect:
                yield from fields(entry.source, f"/effect/{key}", entry.inputs, [effect[key]], "the inputs")
        for index, check in enumerate(entry.raw.get("checks", ())):
            yield from _check(book, entry, f"/checks/{index}", check)
        yield from _safety(entry, effect)


def named(book: Book, source: Source, at: str, name: str, kind: str = "") -> Iterator[Finding]:
    """IM016 for an action that is named and does not exist, or is not of the kind that the place needs."""
    if name not in book.named:
        near = get_close_matches(name, sorted(book.named), n=1)
        yield remark("IM016", source, at, f"there is no action {name!r}", f"did you mean {near[0]!r}?" if near else "")
    elif kind and name in book.entries and not KINDS[kind][0](book.entries[name]):
        yield remark("IM016", source, at, f"the action {name!r} is not {KINDS[kind][1]}")


def fields(source: Source, at: str, schema: Mapping[str, Any], paths: Iterable[str], where: str) -> Iterator[Finding]:
    """IM017 for every path that a schema does not have. An empty schema is one that could not be had."""
    for path in paths:
        gone = missing_path(schema, path) if schema else None
        if gone is not None:
            near = get_close_matches(gone, list(schema.get("properties", {})), n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            yield remark("IM017", source, at, f"{where} have no {path!r}", hint)


def _inputs(book: Book, name: str) -> Mapping[str, Any]:
    return book.entries[name].inputs if name in book.entries else {}


def _output(book: Book, name: str) -> Mapping[str, Any]:
    return book.entries[name].output if name in book.entries else {}


def _compared(spec: Mapping[str, Any]) -> list[str]:
    return [item if isinstance(item, str) else item["path"] for item in spec.get("compare", ())]


def _lookup(book: Book, entry: Entry, lookup: Mapping[str, Any] | None) -> Iterator[Finding]:
    if lookup is None:
        return
    at, name, source = "/effect/lookup", lookup["list"], entry.source
    yield from named(book, source, f"{at}/list", name, "list")
    yield from fields(source, f"{at}/by", entry.inputs, lookup["by"], "the inputs")
    there = [*lookup["by"], *([lookup["since"]] if "since" in lookup else [])]
    yield from fields(source, at, _inputs(book, name), there, f"the inputs of {name}")
    if "then" in lookup:
        yield from named(book, source, f"{at}/then", lookup["then"], "read")
    yield from fields(source, f"{at}/compare", entry.inputs, _compared(lookup), "the inputs")


def _verify(book: Book, entry: Entry, verify: Mapping[str, Any] | None) -> Iterator[Finding]:
    if verify is None:
        return
    at, name, source = "/effect/verify", verify["get"], entry.source
    yield from named(book, source, f"{at}/get", name, "read")
    yield from fields(source, f"{at}/id", entry.inputs, [verify["id"]], "the inputs")
    yield from fields(source, f"{at}/id", _inputs(book, name), [verify["id"]], f"the inputs of {name}")
    yield from fields(source, f"{at}/compare", entry.inputs, _compared(verify), "the inputs")


def _price(book: Book, entry: Entry, effect: Mapping[str, Any]) -> Iterator[Finding]:
    price, source = effect.get("price"), entry.source
    if price is not None:
        name = price["action"]
        yield from named(book, source, "/effect/price/action", name, "check")
        yield from _same_inputs(book, entry, "/effect/price/action", name)
        for key in ("amount", "currency"):
            where = f"the answers of {name}"
            yield from fields(source, f"/effect/price/{key}", _output(book, name), [price[key]], where)
    for index, step in enumerate(effect.get("preflight", ())):
        at = f"/effect/preflight/{index}"
        name = step if isinstance(step, str) else step["action"]
        yield from named(book, source, at, name, "check")
        given = {} if isinstance(step, str) else step.get("inputs", {})
        if isinstance(given, Mapping) and given:
            yield from fields(source, f"{at}/inputs", _inputs(book, name), given, f"the inputs of {name}")
        elif not given:
            yield from _same_inputs(book, entry, at, name)


def _same_inputs(book: Book, entry: Entry, at: str, name: str) -> Iterator[Finding]:
    other = book.entries.get(name)
    gone = sorted(set(entry.fields) - set(other.fields)) if other is not None and other.inputs else []
    if gone:
        message = f"it is given the same inputs, and {name} does not take {', '.join(gone)}"
        yield remark("IM017", entry.source, at, message)


def _check(book: Book, entry: Entry, at: str, check: Mapping[str, Any]) -> Iterator[Finding]:
    source, name = entry.source, check["list"]
    item = entry.inputs
    if check["each"]:
        yield from fields(source, f"{at}/each", entry.inputs, [check["each"]], "the inputs")
        item = entry.fields.get(check["each"], {}).get("items", {})
    yield from named(book, source, f"{at}/list", name, "list")
    yield from fields(source, f"{at}/by", _inputs(book, name), check["by"], f"the inputs of {name}")
    own = [check[key] for key in ("needs", "unless") if key in check]
    yield from fields(source, at, item, own, "the items")
    yield from fields(source, f"{at}/match", _output(book, name), check["match"], f"the rows of {name}")


def _safety(entry: Entry, effect: Mapping[str, Any]) -> Iterator[Finding]:
    if entry.effect == "order":
        lacking = [key for key in ("lookup", "price", "quantity") if key not in effect]
        if lacking:
            message = f"what spends money needs {', '.join(lacking)}: without, doubt halts and a dry run knows no price"
            yield remark("IM021", entry.source, "/effect", message)
    if entry.effect in ("create", "order") and "id" not in entry.raw["outputs"]:
        yield remark("IM071", entry.source, "/outputs", "what is made is known by its id: declare outputs.id")
