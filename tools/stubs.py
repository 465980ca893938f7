"""Generates `src/imcloud/typed.pyi` from the pack: the inputs of every action as types, and its name as a literal.

The types follow the input schemas: shared shapes have the name of their file, an optional field may be null, since null
travels as null, and a field marked as a secret takes a `Secret`. What a type cannot say (lengths, patterns) is checked
when the action is run.
"""

from __future__ import annotations

import json
import keyword
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from imcloud.pack import Action, Pack
from imcloud.packs import load_pack
from imcloud.runner import CallOptions

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src" / "imcloud" / "typed.pyi"
SCALARS = {"string": "str", "integer": "int", "number": "float | Decimal", "boolean": "bool", "null": "None"}
# Inputs with templates in them have no type, and an identity is given by a runbook's engine only.
NOT_TYPED = {"context", "identity"}
HEAD = '''\
"""Generated from the pack by `python -m tools.generate`: do not edit."""

# ruff: noqa: E501
# fmt: off
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, Required, TypedDict, Unpack, overload

from imcloud.results import Result
from imcloud.runner import Confirmation, Connection, RowStream
from imcloud.secrets import Secret

class Options(TypedDict, total=False):
    """The options of a call; `imcloud.runner.CallOptions` says what each one does."""

    connection: str | Connection | None
'''


class Writer:
    """Collects the types of a pack; `types` holds the text of each in the sequence in which they are needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.types: dict[str, str] = {}

    def file(self, path: str, name: str) -> str:
        """The type of a schema file, written once."""
        schema = json.loads((self.folder / path).read_text("utf-8"))
        return self.type(schema, path, name)

    def type(self, schema: Mapping[str, Any], path: str, name: str) -> str:
        """The type of a part of a schema file; `name` is for an object that has fields."""
        if "$ref" in schema:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), schema["$ref"]))
            return self.file(target, camel(Path(target).stem))
        if "enum" in schema:
            return f"Literal[{', '.join(literal(value) for value in schema['enum'])}]"
        kinds = schema.get("type", [])
        found = [self._kind(kind, schema, path, name) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
        return " | ".join(dict.fromkeys(found)) or "Any"

    def _kind(self, kind: str, schema: Mapping[str, Any], path: str, name: str) -> str:
        if kind == "array":
            return f"list[{self.type(schema.get('items', {}), path, f'{name}Item')}]"
        if kind == "object" and schema.get("properties"):
            return self._fields(schema, path, name)
        if kind == "object":
            values = schema.get("additionalProperties")
            return f"Mapping[str, {self.type(values, path, name) if isinstance(values, Mapping) else 'Any'}]"
        return "str | Secret" if schema.get("x-secret") and kind == "string" else SCALARS[kind]

    def _fields(self, schema: Mapping[str, Any], path: str, name: str) -> str:
        if name in self.types:
            return name
        required = schema.get("required", ())
        found = {}
        for key, child in schema["properties"].items():
            shown = self.type(child, path, f"{name}{camel(key)}")
            found[key] = f"Required[{shown}]" if key in required else optional(shown)
        self.types[name] = typed_dict(name, summary(schema), found)
        return name


def typed_dict(name: str, about: str, found: Mapping[str, str]) -> str:
    """The text of one type; as a call where a field's name is a word of Python's own."""
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in found):
        lines = "".join(f"    {key}: {shown}\n" for key, shown in found.items())
        return f'class {name}(TypedDict, total=False):\n    """{about}"""\n\n{lines}'
    lines = "".join(f'        "{key}": {shown},\n' for key, shown in found.items())
    return f'{name} = TypedDict(\n    "{name}",\n    {{\n{lines}    }},\n    total=False,\n)\n"""{about}"""\n'


def camel(text: str) -> str:
    """`order_line` and `orderLine` as `OrderLine`."""
    return "".join(part[:1].upper() + part[1:] for part in text.split("_"))


def literal(value: Any) -> str:
    """A value as it stands in `Literal[...]`."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def optional(shown: str) -> str:
    """The type with null, unless it is anything already."""
    return shown if shown == "Any" or shown.endswith("None") else f"{shown} | None"


def summary(schema: Mapping[str, Any]) -> str:
    """One line about a schema."""
    text = str(schema.get("description") or schema.get("title") or "").split("\n")[0]
    return text.replace("\\", "\\\\").replace('"', "'")


def outputs() -> dict[Path, str]:
    """The generated file with the text it should have."""
    return {TARGET: stub(load_pack(ROOT))}


def stub(pack: Pack) -> str:
    """The whole text of the stub."""
    writer = Writer(pack.folder)
    named = [
        (action, writer.file(action.raw["inputs"], f"{camel(action.name)}Inputs")) for action in pack.actions.values()
    ]
    lists = [(action, inputs) for action, inputs in named if action.is_list]
    parts = [HEAD + "".join(f"    {line}\n" for line in _options()), *writer.types.values()]
    names = "".join(f"    {json.dumps(action.name)},\n" for action, _ in named)
    parts.append(f"ActionName = Literal[\n{names}]\n")
    parts.append("".join(_overloads("run_action", "Result", named)))
    parts.append("".join(_overloads("iter_action", "RowStream", lists)))
    return "\n".join(parts).rstrip("\n") + "\n"


def _options() -> list[str]:
    return [f"{option.name}: {option.type}" for option in fields(CallOptions) if option.name not in NOT_TYPED]


def _overloads(function: str, result: str, named: list[tuple[Action, str]]) -> Iterator[str]:
    for action, inputs in named:
        given = f"inputs: {inputs}" if action.inputs.get("required") else f"inputs: {inputs} | None = None"
        names = f'Literal["{action.name}", "{action.ref}"]'
        yield (
            f"@overload\ndef {function}(\n    action: {names}, {given}, **options: Unpack[Options]\n"
            f') -> {result}:\n    """{summary({"description": action.description})}"""\n\n'
        )
