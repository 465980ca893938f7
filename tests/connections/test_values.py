"""Single values: what is accepted, and that no message shows one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.canaries import PROXY_PASSWORD

from imcloud.connections.urls import check_base_url
from imcloud.connections.values import check_field
from imcloud.errors import ConfigError
from imcloud.secrets import Secret

SECRET = {"type": "string", "x-secret": True}


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://API.Example.test/Market/eu/", "https://api.example.test/Market/eu"),
        ("https://api.example.test", "https://api.example.test"),
        ("https://api.example.test:8443/a_b.c~d-e", "https://api.example.test:8443/a_b.c~d-e"),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_addresses(url: str, clean: str) -> None:
    assert check_base_url(url) == clean


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.test/",
        "http://127.0.0.1.example.test/",
        "http://0.0.0.0/",
        "ftp://api.example.test/",
        "api.example.test",
        "//api.example.test",
        "https://",
        "https:///x",
        "https://user:canary@api.example.test/",
        "https://@api.example.test/",
        "https://api.example.test/?",
        "https://api.example.test/?a=canary",
        "https://api.example.test/#",
        "https://api.example.test/a/../b",
        "https://api.example.test/./b",
        "https://api.example.test//b",
        "https://api.example.test/a%2Fb",
        "https://api.example.test/a b",
        "https://api.example.test/a\nb",
        "https://api.example.test\\@evil.test/",
        "https://api.example.test:port/",
        "https://api.example.test:99999/",
        "https://api_x.example.test/",
        "https://-a.example.test/",
        "https://api.example.test./",
        "https://ex\u00e4mple.test/",
        "https://[::1/",
        "https://[::zz]/",
        "https://" + "a" * 300 + ".test/",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_field("base_url", {"type": "string"}, url, "somewhere")
    assert str(caught.value).startswith("somewhere: base_url ")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", ["12345678", "x" * 256, "a b c d e f ~!@#", "12345678\n", "12345678\r\n"])
def test_credentials(text: str) -> None:
    found = check_field("key", SECRET, text, "here")
    assert found == Secret(text.rstrip("\r\n"))
    assert text not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567",
        "x" * 257,
        "canary\u00e9-canary",
        "canary\tcanary",
        "canary-canary\n\n",
        "can\nary-canary",
        12345678,
    ],
)
def test_other_credentials_are_refused_unseen(text: Any) -> None:
    for given in (text, Secret(text)):
        with pytest.raises(ConfigError) as caught:
            check_field("key", SECRET, given, "here")
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, 5, 5),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "number", "minimum": 1, "maximum": 2}, "2", 2),
        ({"type": "boolean"}, "Yes", True),
        ({"type": "boolean"}, False, False),
        ({"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[a-z]+$"}, "abc", "abc"),
        ({}, "text\n", "text"),
        ({"type": "string"}, Secret("from-a-file"), "from-a-file"),
    ],
)
def test_values_by_type(schema: dict[str, Any], raw: Any, value: Any) -> None:
    found = check_field("x", schema, raw, "here")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "raw"),
    [
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "x"),
        ({"type": "integer"}, True),
        ({"type": "number"}, "1e3"),
        ({"type": "number"}, float("nan")),
        ({"type": "number", "minimum": 1}, "0"),
        ({"type": "number", "exclusiveMinimum": 0}, 0),
        ({"type": "number", "maximum": 1}, 2),
        ({"type": "number", "exclusiveMaximum": 1}, 1),
        ({"type": "boolean"}, "maybe"),
        ({"type": "boolean"}, 1),
        ({"type": "string", "minLength": 2}, "a"),
        ({"type": "string", "maxLength": 2}, "abc"),
        ({"type": "string", "pattern": "^[a-z]$"}, "A"),
        ({"type": "string", "enum": ["a"]}, "b"),
        ({"type": "string"}, ""),
        ({"type": "string"}, " a"),
        ({"type": "string"}, "a\nb"),
        ({"type": "string"}, "a\x1bb"),
        ({"type": "string"}, 5),
        ({"type": "string"}, "x" * 3000),
    ],
)
def test_values_that_do_not_fit(schema: dict[str, Any], raw: Any) -> None:
    with pytest.raises(ConfigError, match="here: x must"):
        check_field("x", schema, raw, "here")


def test_the_fields_that_every_pack_may_have(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    assert check_field("ca_bundle", {}, str(bundle), "here") == str(bundle)
    assert check_field("proxy", {}, "http://proxy:3128", "here") == "http://proxy:3128"
    assert check_field("proxy", {}, f"http://me:{PROXY_PASSWORD}@proxy:3128", "here") == Secret(
        f"http://me:{PROXY_PASSWORD}@proxy:3128"
    )
    assert check_field("timeout", {"type": "number"}, "0.5", "here") == 0.5
    for field, schema, raw in [
        ("ca_bundle", {}, str(tmp_path / "none")),
        ("proxy", {}, "socks5://proxy:1"),
        ("proxy", {}, "proxy:3128"),
        ("proxy", {}, "http://proxy/path"),
        ("proxy", {}, f"http://proxy:{PROXY_PASSWORD}"),
        ("timeout", {"type": "number"}, 0),
        ("timeout", {"type": "number"}, 4000),
    ]:
        with pytest.raises(ConfigError) as caught:
            check_field(field, schema, raw, "here")
        assert "canary" not in str(caught.value)
