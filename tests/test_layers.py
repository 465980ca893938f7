"""Imports go down only: each room lists the rooms below that it may use, and nobody else's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "imcloud"

GROUND = {
    "errors",
    "results",
    "pack",
    "secrets",
    "strict_yaml",
    "strict_json",
    "paths",
    "files",
    "findings",
    "hosts",
    "logs",
}
LEAVES = {"inputs", "rendering", "client", "connections", "packs", "intents"}
HOST = {"hookspecs", "manager"}
# room -> what it may import beside itself. What is only imported for type checkers does not count.
BELOW: dict[str, set[str]] = {
    **{room: GROUND - {room} for room in GROUND},
    **dict.fromkeys(LEAVES, GROUND),
    "client": GROUND | {"connections"},  # its dataclass of settings, see below
    "hookspecs": GROUND,
    "manager": GROUND | {"hookspecs", "plugin"},
    "plugin": GROUND | {"hookspecs", "runner"},
    "scaffold": GROUND,
    "search": GROUND,
    "runner": GROUND | LEAVES | HOST,
    "runbooks": GROUND | LEAVES | HOST | {"runner"},
    "lint": GROUND | {"packs", "inputs", "rendering", "manager", "runbooks"},
    "api": GROUND | {"runner", "runbooks"},
    "typed": GROUND | {"api", "runner"},
    "__init__": GROUND | {"api", "runner", "manager", "hookspecs"},
    "sandbox": set(),
}
BELOW["cli"] = {room for room in BELOW if room not in ("sandbox", "__init__", "plugin")} | {"lint"}
BELOW["__main__"] = {"cli"}


class Imports(ast.NodeVisitor):
    """The modules of imcloud that a file imports, late imports and imports by name included."""

    def __init__(self, package: tuple[str, ...]) -> None:
        self.package = package
        self.found: list[tuple[int, str]] = []

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)
            return
        for other in node.orelse:
            self.visit(other)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "imcloud"]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        around = self.package[: len(self.package) - node.level + 1] if node.level else ()
        module = ".".join([*around, *([node.module] if node.module else [])])
        if module == "imcloud":
            self.found += [(node.lineno, f"imcloud.{alias.name}") for alias in node.names]
        elif module.startswith("imcloud."):
            self.found.append((node.lineno, module))

    def visit_Constant(self, node: ast.Constant) -> None:
        # "imcloud.plugin", or "imcloud.sandbox:start": a module named by a text is imported all the same.
        name = node.value.partition(":")[0].split(".") if isinstance(node.value, str) else []
        if name[:1] == ["imcloud"] and len(name) > 1 and (name[1] in BELOW or name[1] == "plugin"):
            self.found.append((node.lineno, ".".join(name)))


def files() -> list[Path]:
    return [*sorted(SOURCE.rglob("*.py")), ROOT / "plugin.py"]


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py") if file.is_relative_to(SOURCE) else "plugin"


@cache
def imports(file: Path) -> tuple[tuple[int, str, str], ...]:
    """(line, room, module) of every import of our own."""
    visitor = Imports(("imcloud", *(file.relative_to(SOURCE).parts[:-1] if file.is_relative_to(SOURCE) else ())))
    visitor.visit(ast.parse(file.read_text("utf-8")))
    public = {"__version__", "__path__"}
    return tuple(
        (line, module.split(".")[1], module)
        for line, module in visitor.found
        if "." in module and module.split(".")[1] not in public
    )


def used() -> Iterator[tuple[str, str, str, str]]:
    """(room, other room, module, place)."""
    for file in files():
        for line, other, module in imports(file):
            yield room_of(file), other, module, f"{file.relative_to(ROOT).as_posix()}:{line} imports {module}"


def test_every_room_has_its_place() -> None:
    assert sorted({room_of(file) for file in files()} - BELOW.keys()) == []


@pytest.mark.parametrize("room", sorted(BELOW))
def test_a_room_imports_only_what_is_below_it(room: str) -> None:
    wrong = [place for own, other, _, place in used() if own == room and other != room and other not in BELOW[room]]
    assert wrong == []


def test_the_layers_have_no_circle() -> None:
    def climb(room: str, trail: tuple[str, ...]) -> None:
        assert room not in trail, " -> ".join((*trail, room))
        for other in edges.get(room, ()):
            climb(other, (*trail, room))

    edges: dict[str, set[str]] = {}
    for own, other, _, _ in used():
        if other != own and "plugin" not in (own, other):  # the plugin is loaded by its name, and imports late
            edges.setdefault(own, set()).add(other)
    for room in edges:
        climb(room, ())


def test_the_client_knows_the_settings_of_a_connection_and_nothing_else_of_it() -> None:
    modules = {module for own, other, module, _ in used() if (own, other) == ("client", "connections")}
    assert modules <= {"imcloud.connections.settings"}


def test_the_sandbox_stands_alone() -> None:
    assert [place for own, other, _, place in used() if own == "sandbox" and other != "sandbox"] == []
    assert [place for own, other, _, place in used() if other == "sandbox" and own != "sandbox"] == []


def test_the_ground_needs_nothing_heavy() -> None:
    heavy = {"requests", "jinja2", "jsonschema", "referencing", "werkzeug", "rich", "click"}
    for file in files():
        if room_of(file) in GROUND | HOST | {"__init__", "__main__"}:
            tree = ast.parse(file.read_text("utf-8"))
            names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
            names |= {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
            assert {name.split(".")[0] for name in names} & heavy == set(), file.name
