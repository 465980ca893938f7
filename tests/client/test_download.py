"""Files from addresses that somebody else chose."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Response

from imcloud.client import DownloadFailed, fetch_file
from imcloud.hosts import is_loopback, is_public

DATA = bytes(range(256)) * 4


def fetch(url: str, out: Path, **more: Any) -> Path:
    return fetch_file(url, out, **{"max_bytes": 4096, "allow_loopback": True, "timeout": 5.0, **more})


@pytest.fixture
def files(serve: Any) -> Any:
    return serve(lambda _: Response(DATA, 200, content_type="application/octet-stream"))


def test_a_file_arrives_whole(files: Any, tmp_path: Path) -> None:
    out = tmp_path / "a.bin"
    assert fetch(f"{files.url}/f?sig=a%2Fb%3D&x=..", out) == out
    assert out.read_bytes() == DATA
    assert files.seen[0].query == {"sig": "a/b=", "x": ".."}
    assert list(tmp_path.glob(".*")) == []


def test_nothing_of_ours_is_sent(files: Any, tmp_path: Path) -> None:
    fetch(f"{files.url}/f", tmp_path / "a")
    names = set(files.seen[0].headers) - {"Host", "Connection"}
    assert names == {"User-Agent", "Accept-Encoding"}


def test_an_older_file_is_replaced_whole_or_not_at_all(serve: Any, raw: Any, files: Any, tmp_path: Path) -> None:
    out = tmp_path / "a"
    out.write_text("older")
    broken = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
    large = serve(lambda _: Response(b"x" * 5000, 200)).url
    missing = serve(lambda _: Response(b"gone", 404)).url
    for base in (broken, large, missing):
        with pytest.raises(DownloadFailed):
            fetch(f"{base}/f", out)
        assert out.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["a"]
    fetch(f"{files.url}/f", out)
    assert out.read_bytes() == DATA


def test_too_large_is_told(serve: Any, tmp_path: Path) -> None:
    server = serve(lambda _: Response(b"x" * 4097, 200))
    with pytest.raises(DownloadFailed, match="larger than 4096 bytes"):
        fetch(f"{server.url}/f", tmp_path / "a")
    assert fetch(f"{server.url}/f", tmp_path / "a", max_bytes=4097).stat().st_size == 4097


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int, serve: Any, files: Any, tmp_path: Path) -> None:
    server = serve(lambda _: Response("", status, {"Location": f"{files.url}/f"}))
    with pytest.raises(DownloadFailed, match=f"HTTP {status}"):
        fetch(f"{server.url}/f", tmp_path / "a")
    assert not files.seen


@pytest.mark.parametrize("status", [204, 206, 403, 404, 500])
def test_only_200_is_a_file(status: int, serve: Any, tmp_path: Path) -> None:
    server = serve(lambda _: Response("x", status))
    with pytest.raises(DownloadFailed) as caught:
        fetch(f"{server.url}/f?sig=canary-signature", tmp_path / "a")
    assert caught.value.error.status_code == status
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test/f?canary",
        "ftp://127.0.0.1/f?canary",
        "file:///etc/passwd?canary",
        "https://user:canary@example.test/f",
        "https:///f?canary",
        "//127.0.0.1/f?canary",
        "https://exa mple.test/canary",
        "https://example.test\\@127.0.0.1/canary",
        "https://example.test:99999/canary",
        "https://example.test/\ncanary",
        "canary",
        "",
    ],
)
def test_other_addresses_are_refused_unasked(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch(url, tmp_path / "a")
    assert "canary" not in str(caught.value)
    assert caught.value.error.kind == "remote"


def test_this_machine_only_when_allowed(files: Any, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="this machine"):
        fetch(f"{files.url}/f", tmp_path / "a", allow_loopback=False)
    assert not files.seen


def test_the_address_that_was_connected_to_is_checked(
    files: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name that passes for public and resolves to this machine: what counts is where the socket ended.
    real = socket.getaddrinfo
    port = int(files.url.split(":")[2].split("/")[0])
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, _port, **rest: real("127.0.0.1", port, **rest))
    with pytest.raises(DownloadFailed, match=r"files\.example\.test is not a public address"):
        fetch("https://files.example.test/f?canary", tmp_path / "a", allow_loopback=False)
    assert not files.seen


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::808:808", True),
        ("not an address", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_loopback_in_other_clothes() -> None:
    assert is_public("::ffff:127.0.0.1", allow_loopback=True)
    assert is_loopback("127.9.9.9")
    assert is_loopback("localhost")
    assert not is_loopback("localhost.example.test")
    assert not is_loopback("127.0.0.1.example.test")


def test_time_is_limited(raw: Any, tmp_path: Path) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(DownloadFailed, match="time for the download") as caught:
        fetch(f"{raw(drip)}/f", tmp_path / "a", timeout=0.3)
    assert time.monotonic() - started < 0.8
    assert caught.value.error.retryable


def test_a_download_that_breaks_off(raw: Any, tmp_path: Path) -> None:
    base = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
    with pytest.raises(DownloadFailed, match="broke off"):
        fetch(f"{base}/f", tmp_path / "a")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DownloadFailed, match="could not be reached"):
        fetch(f"http://127.0.0.1:{port}/f?canary", tmp_path / "a")


@pytest.mark.parametrize("place", [".", "missing/a"])
def test_places_where_no_file_can_be(place: str, files: Any, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="not a place") as caught:
        fetch(f"{files.url}/f", tmp_path / place)
    assert caught.value.error.kind == "input"
    assert not files.seen
