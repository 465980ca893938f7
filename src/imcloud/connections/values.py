"""Checks of single values, directed by the form's schema. No message ever shows a value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imcloud.connections.urls import check_base_url
from imcloud.errors import ConfigError
from imcloud.secrets import Secret

_MAX_TEXT = 2048
_CREDENTIAL = re.compile(r"[\x20-\x7e]{8,256}")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def check_field(field: str, schema: Mapping[str, Any], raw: Any, where: str) -> Any:
    """The value as the form's schema wants it; a `Secret` where the schema says `x-secret`.

    Raises `ConfigError` naming the field and its source, never the value.
    """
    try:
        if schema.get("x-secret"):
            return _credential(raw)
        value = _typed(schema.get("type", "string"), raw)
        _limits(schema, value)
        return _known(field, value)
    except ValueError as error:
        raise ConfigError(f"{where}: {field} {error}") from None


def strip_newline(text: str) -> str:
    """The text without the one line end that editors and mounted files leave behind."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def parse_switch(text: str, where: str) -> bool:
    """A yes-or-no setting.

    Raises `ConfigError` for anything else: a misspelt safety switch must not be read as "off".
    """
    if text.strip().lower() in _TRUE:
        return True
    if text.strip().lower() in _FALSE:
        return False
    raise ConfigError(f"{where} must be one of {', '.join(_TRUE + _FALSE)}")


def _credential(raw: Any) -> Secret:
    text = raw.reveal() if isinstance(raw, Secret) else raw
    if not isinstance(text, str):
        raise ValueError("must be a text")
    text = strip_newline(text)
    if not _CREDENTIAL.fullmatch(text):
        raise ValueError(
            "must be 8 to 256 printable ASCII characters (a blank line or an accent is easily copied along)"
        )
    return Secret(text)


def _typed(kind: Any, raw: Any) -> Any:
    if isinstance(raw, Secret):
        raw = raw.reveal()
    if kind == "boolean":
        return _switch(raw)
    if kind in ("number", "integer"):
        return _number(kind, raw)
    if not isinstance(raw, str):
        raise ValueError("must be a text")
    text = strip_newline(raw)
    if not text.isprintable() or text != text.strip() or not 0 < len(text) <= _MAX_TEXT:
        raise ValueError(f"must be 1 to {_MAX_TEXT} printable characters without blanks at its ends")
    return text


def _switch(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _TRUE + _FALSE:
        return raw.strip().lower() in _TRUE
    raise ValueError("must be true or false")


def _number(kind: str, raw: Any) -> int | float:
    if isinstance(raw, str) and _NUMBER.fullmatch(raw.strip()):
        raw = float(raw) if "." in raw else int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValueError("must be a number")
    if kind == "integer" and not isinstance(raw, int):
        raise ValueError("must be a whole number")
    return raw


def _limits(schema: Mapping[str, Any], value: Any) -> None:
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f"must be one of {', '.join(map(str, schema['enum']))}")
    if isinstance(value, str):
        low, high = schema.get("minLength", 0), schema.get("maxLength", _MAX_TEXT)
        if not low <= len(value) <= high:
            raise ValueError(f"must have {low} to {high} characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            raise ValueError(f"must match {schema['pattern']}")
    elif not isinstance(value, bool):
        _range(schema, value)


def _range(schema: Mapping[str, Any], value: float) -> None:
    if value < schema.get("minimum", value):
        raise ValueError(f"must be at least {schema['minimum']}")
    if value <= schema.get("exclusiveMinimum", value - 1):
        raise ValueError(f"must be more than {schema['exclusiveMinimum']}")
    if value > schema.get("maximum", value):
        raise ValueError(f"must be at most {schema['maximum']}")
    if value >= schema.get("exclusiveMaximum", value + 1):
        raise ValueError(f"must be less than {schema['exclusiveMaximum']}")


def _known(field: str, value: Any) -> Any:
    if field == "base_url":
        return check_base_url(value)
    if field == "timeout" and not 0 < value <= 3600:
        raise ValueError("must be more than 0 and at most 3600 seconds")
    if field == "ca_bundle" and not Path(value).is_file():
        raise ValueError("is not the path of a file")
    if field == "proxy":
        return _proxy(value)
    return value


def _proxy(text: str) -> str | Secret:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not text.isascii() or parts.query or parts.fragment or parts.path not in ("", "/"):
        raise ValueError("must be http://host:port or https://host:port")
    return Secret(text) if "@" in parts.netloc else text  # it then holds somebody's password
