"""Mutation testing of the modules that money depends on: each small change of them must make a test fail.

    python -m tools.mutation                 all targets
    python -m tools.mutation classify redact some of them

Own code, because the well-known tools copy the project or rewrite it in place, and other work goes on in the same tree:
here a changed module exists in the memory of a child process only. A mutant is one change of one comparison, boolean or
arithmetic operator, constant, condition, return value or call argument. Texts of errors and annotations are left alone.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WANTED = 0.90
SECONDS = 60

# Module -> the tests that know it.
TARGETS = {
    "classify": ("imcloud.client.classify", ("tests/client/test_classify.py",)),
    "encode": ("imcloud.client.encode", ("tests/client/test_encode.py",)),
    "redact": ("imcloud.client.redact", ("tests/client/test_redact.py",)),
    "retry": ("imcloud.client.retry", ("tests/client/test_classify.py", "tests/client/test_retry.py")),
    "secrets": ("imcloud.secrets", ("tests/client/test_logs.py",)),
}
USUAL = ("classify", "encode", "redact")

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """A changed module: where, what, and its source."""

    line: int
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, one change each."""
    tree = ast.parse(source)
    spared = _spared(tree)
    for number, node in enumerate(ast.walk(tree)):
        if node in spared:
            continue
        for index, (words, _) in enumerate(_changes(copy.deepcopy(node))):
            changed = copy.deepcopy(tree)
            place = list(ast.walk(changed))[number]
            replacement = list(_changes(place))[index][1]
            text = ast.unparse(ast.fix_missing_locations(_Put(place, replacement).visit(changed)))
            if text != ast.unparse(tree):
                yield Mutant(getattr(node, "lineno", 0), words, text)


class _Put(ast.NodeTransformer):
    def __init__(self, place: ast.AST, replacement: ast.AST) -> None:
        self._place, self._replacement = place, replacement

    def visit(self, node: ast.AST) -> Any:
        return self._replacement if node is self._place else self.generic_visit(node)


def _spared(tree: ast.AST) -> set[ast.AST]:
    """Docstrings, annotations, imports, texts of errors."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            parts.append(node.body[0])
        if isinstance(node, ast.FunctionDef):
            parts += [node.returns, *(argument.annotation for argument in _arguments(node))]
        elif isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
        elif isinstance(node, ast.Raise | ast.ImportFrom | ast.Import) or _is_alias(node):
            parts.append(node)
        found |= {below for part in parts if part is not None for below in ast.walk(part)}
    return found


def _is_alias(node: ast.AST) -> bool:
    # `Secrets = Collection[str] | ...` is an annotation by another name.
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.BinOp | ast.Subscript):
        return False
    target = node.targets[0]
    return isinstance(target, ast.Name) and target.id[:1].isupper() and not target.id.isupper()


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    found = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [*found, *(one for one in (node.args.vararg, node.args.kwarg) if one)]


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BoolOp | ast.Compare | ast.UnaryOp | ast.BinOp):
        yield from _operators(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield from _conditions(node)
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "returns None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Continue | ast.Break):
        yield "continue <-> break", ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


def _operators(node: ast.BoolOp | ast.Compare | ast.UnaryOp | ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            other = copy.deepcopy(node)
            other.ops[index] = _COMPARED[type(operator)]()
            yield f"{type(operator).__name__} -> {type(other.ops[index]).__name__}", other
    elif isinstance(node, ast.BoolOp):
        other_op: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and <-> or", ast.BoolOp(other_op, node.values)
        for index in range(len(node.values)):
            left = [value for place, value in enumerate(node.values) if place != index]
            yield f"operand {index} dropped", left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield "not dropped", node.operand
    elif type(node.op) in _COMPUTED:
        yield "operator", ast.BinOp(node.left, _COMPUTED[type(node.op)](), node.right)


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)
    elif isinstance(value, str) and value:
        yield f"{value!r} changed", ast.Constant(f"XX{value}XX")
    elif isinstance(value, str):
        yield "'' changed", ast.Constant("XX")


def _conditions(node: ast.If | ast.IfExp | ast.While) -> Iterator[tuple[str, ast.AST]]:
    for truth in (True, False):
        if isinstance(node, ast.While) and truth:
            continue
        other = copy.deepcopy(node)
        other.test = ast.Constant(truth)
        yield f"condition is {truth}", other


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "cast"):
        return  # the comparison around it is changed as a condition
    for index in range(len(node.keywords)):
        other = copy.deepcopy(node)
        dropped = other.keywords.pop(index)
        yield f"argument {dropped.arg} dropped", other


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self._module, self._path, self._source = module, path, source

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:  # noqa: ARG002
        if fullname != self._module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._path))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self._path)
        exec(compile(self._source, str(self._path), "exec"), module.__dict__)  # noqa: S102  # that is the point


def survives(module: str, path: Path, source: str, tests: Sequence[str]) -> bool:
    """Whether all tests pass with that source; run in a forked child, so that nothing of it is left."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            sys.meta_path.insert(0, _Loader(module, path, source))
            import pytest

            code = int(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]))
        finally:
            os._exit(code)
    return _exit_code(child) == 0


def _exit_code(child: int) -> int:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1  # a mutant that hangs is noticed


def measure(name: str) -> float:
    """The share of a target's mutants that the tests notice; those that survive are printed."""
    module, tests = TARGETS[name]
    path = ROOT / "src" / (module.replace(".", "/") + ".py")
    source = path.read_text()
    if not survives(module, path, ast.unparse(ast.parse(source)), tests):
        raise SystemExit(f"{name}: the tests fail without any change")
    found = list(mutants(source))
    left = [mutant for mutant in found if survives(module, path, mutant.source, tests)]
    for mutant in left:
        print(f"  {path.relative_to(ROOT)}:{mutant.line}: {mutant.change}: no test notices")
    score = 1 - len(left) / len(found)
    print(f"{name}: {len(found) - len(left)} of {len(found)} mutants noticed, {score:.1%}", flush=True)
    return score


def main(names: Sequence[str]) -> int:
    """Measure the named targets, or the usual ones; 1 when one is below the wanted score."""
    # Paid once, and not by every child; nothing of imcloud may be among them.
    for warm in ("pytest", "hypothesis", "requests", "urllib3", "werkzeug.serving", "jinja2", "jsonschema", "filelock"):
        importlib.import_module(warm)
    os.chdir(ROOT)
    return int(min(measure(name) for name in names or USUAL) < WANTED)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
