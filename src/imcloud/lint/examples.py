"""The rules of examples: they are enough, their inputs do what they say, and their requests are the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from imcloud.errors import ErrorItem
from imcloud.findings import Finding
from imcloud.inputs import answer_faults, validate_inputs
from imcloud.lint.book import Book, Entry
from imcloud.lint.rules import remark
from imcloud.pack import WireRequest
from imcloud.rendering import RenderProblem, RequestTemplate, compile_request
from imcloud.strict_json import plain

MAX_SHOWN = 300
# Rules that only a run can break: they need the world, or another action.
AT_RUN = frozenset({"unambiguous", "covered", "reference"})


def check_examples(book: Book) -> Iterator[Finding]:
    """IM060 to IM064 over every sound action."""
    for entry in book.entries.values():
        examples = entry.raw.get("examples", ())
        refusals = [example for example in examples if _refuses(example)]
        if not refusals or len(refusals) == len(examples):
            message = (
                f"{len(examples) - len(refusals)} success(es) and {len(refusals)} refusal(s): one of each is needed"
            )
            yield remark("IM060", entry.source, "/examples", message)
        request = _request(book, entry)
        for index, example in enumerate(examples):
            yield from _example(book, entry, request, f"/examples/{index}", example)


def _refuses(example: Mapping[str, Any]) -> bool:
    return "errors" in example or example["response"]["status"] >= 400


def _request(book: Book, entry: Entry) -> RequestTemplate | None:
    try:
        return compile_request(book.renderer, entry.raw["request"])
    except RenderProblem:
        return None  # IM030 says so


def _example(
    book: Book, entry: Entry, request: RequestTemplate | None, at: str, example: Mapping[str, Any]
) -> Iterator[Finding]:
    told = example["title"].startswith("refused:")
    if told != _refuses(example):
        message = "a refusal's title begins with 'refused:'" if not told else "it is called refused and succeeds"
        yield remark("IM063", entry.source, f"{at}/title", message)
    if not entry.inputs or request is None:
        return
    checked = validate_inputs(entry.inputs, example["inputs"])
    wire, errors = _built(request, checked.clean, list(checked.errors))
    yield from _errors(entry, at, example, errors)
    if wire is not None and "request" in example:
        yield from _wire(book, entry, at, example["request"], wire)
    if "response" in example and example["response"]["status"] < 300 and entry.output:
        yield from _answer(book, entry, at, example["response"].get("body"))


def _built(
    request: RequestTemplate, inputs: dict[str, Any], errors: list[ErrorItem]
) -> tuple[WireRequest | None, list[ErrorItem]]:
    if errors:
        return None, errors
    try:
        return request.build(inputs), []
    except RenderProblem as problem:
        rule = getattr(problem, "rule", "template")
        return None, [ErrorItem("input", problem.message, pointer=problem.where, rule=rule)]


def _errors(entry: Entry, at: str, example: Mapping[str, Any], errors: list[ErrorItem]) -> Iterator[Finding]:
    found = sorted((str(error.pointer), str(error.rule)) for error in errors)
    wanted = sorted((error["pointer"], error["rule"]) for error in example.get("errors", ()))
    if not found and any(rule in AT_RUN for _, rule in wanted):
        return
    if found == wanted:
        return
    if not wanted:
        yield remark("IM061", entry.source, f"{at}/inputs", f"the inputs are refused: {errors[0].message}")
    else:
        shown = ", ".join(f"{where} {rule}" for where, rule in found) or "nothing"
        yield remark("IM061", entry.source, f"{at}/errors", f"what is refused is: {shown}")


def _wire(book: Book, entry: Entry, at: str, wanted: Mapping[str, Any], wire: WireRequest) -> Iterator[Finding]:
    verbs = {wire.method, wire.alternate_method}
    if wanted["method"] not in verbs or wanted["path"] != wire.path:
        message = f"its inputs make {wire.method} {wire.path}"
        yield remark("IM062", entry.source, f"{at}/request", message)
    query = {**_page(book, entry, wire), **wire.query}
    if book.manifest and wanted.get("query", {}) != query:
        yield remark("IM062", entry.source, f"{at}/request/query", f"its inputs make the query {query}")
    body = plain(wire.body)[0]
    if wanted.get("body") != body or ("body" in wanted) != wire.has_body:
        shown = f"the body {json.dumps(body, ensure_ascii=False)[:MAX_SHOWN]}" if wire.has_body else "no body"
        yield remark("IM062", entry.source, f"{at}/request/body", f"its inputs make {shown}")


def _page(book: Book, entry: Entry, wire: WireRequest) -> dict[str, str]:
    """What the runner adds to the query of a list of which all pages are wanted."""
    scheme = book.manifest.get("paging", {}).get("offset") if entry.raw.get("paging") == "offset" else None
    if scheme is None or {scheme["offset"], scheme["limit"]} & wire.query.keys():
        return {}
    return {scheme["offset"]: "0", scheme["limit"]: str(scheme["page_size"])}


def _answer(book: Book, entry: Entry, at: str, body: Any) -> Iterator[Finding]:
    rows = [body]
    if entry.is_list:
        place = book.manifest.get("paging", {}).get(entry.raw["paging"], {}).get("rows", "")
        for key in place.split("."):
            body = body.get(key) if isinstance(body, Mapping) else None
        rows = body if isinstance(body, list) else []
    for row in rows:
        for fault in answer_faults(entry.output, row, limit=1):
            yield remark("IM064", entry.source, f"{at}/response/body", fault)
