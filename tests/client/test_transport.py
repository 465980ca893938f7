"""The way onto the network: exactly one request, to exactly one place, within size and time."""

from __future__ import annotations

import gzip
import json
import socket
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.canaries import API_KEY
from werkzeug.wrappers import Response

import imcloud
from imcloud.pack import WireRequest
from imcloud.secrets import Secret

GET = WireRequest("GET", ("things",))


def post(body: Any) -> WireRequest:
    return WireRequest("POST", ("things",), body=body, has_body=True)


def head(status: str, *lines: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: application/json", *lines, "", ""]).encode()


def test_what_goes_on_the_wire(serve: Any, connect: Any) -> None:
    server = serve()
    request = WireRequest("POST", ("things", "a b+c?d#e", "é"), {"q": "x&y=z +", "n": "é"}, {"a": None}, has_body=True)
    reply = connect(server.url).send(request, retry=False)
    assert (reply.status, reply.body, reply.error, reply.outcome, reply.attempts) == (
        200,
        {"ok": True},
        None,
        "done",
        1,
    )
    seen = server.seen[0]
    assert (seen.method, seen.path, seen.query) == ("POST", "/base/things/a b+c?d#e/é", {"q": "x&y=z +", "n": "é"})
    assert seen.body == b'{"a":null}'
    kept = {k: v for k, v in seen.headers.items() if k not in ("Host", "Connection")}
    assert kept == {
        "User-Agent": f"imcloud/{imcloud.__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "X-Key": API_KEY,
        "Authorization": "Bearer token-1",
        "Content-Type": "application/json",
        "Content-Length": "10",
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"p": Decimal("19.990")}, b'{"p":19.990}'),
        ({"p": Decimal("12345678901234567890.12"), "t": "\u00e9"}, '{"p":12345678901234567890.12,"t":"é"}'.encode()),
        ([Decimal("1E+3"), 1.5, True, None, "x"], b'[1000,1.5,true,null,"x"]'),
        ({"s": Secret("hidden-value")}, b'{"s":"hidden-value"}'),
        (None, b"null"),
    ],
)
def test_numbers_travel_digit_by_digit(body: Any, text: bytes, serve: Any, connect: Any) -> None:
    server = serve()
    connect(server.url).send(post(body), retry=False)
    assert server.seen[0].body == text


@pytest.mark.parametrize(
    "body", [float("nan"), {"x": float("inf")}, Decimal("NaN"), {"x": object()}, {"x": b"y"}, "\ud800"]
)
def test_bodies_that_json_cannot_hold_are_refused_before_anything_is_sent(body: Any, serve: Any, connect: Any) -> None:
    server = serve()
    reply = connect(server.url).send(post(body), retry=False)
    assert (reply.error.kind, reply.outcome, reply.attempts) == ("input", "not_applied", 0)
    assert not server.seen
    assert not server.logins


def test_a_body_that_is_nested_without_end_is_refused(serve: Any, connect: Any) -> None:
    body: list[Any] = []
    body.append(body)
    server = serve()
    assert connect(server.url).send(post(body), retry=False).error.kind == "input"
    assert not server.seen


@pytest.mark.parametrize("segment", ["", ".", "..", "a/b", "%2e%2e", "a\\b", "a\nb", "\x00"])
def test_no_part_of_a_path_can_change_its_target(segment: str, serve: Any, connect: Any) -> None:
    server = serve()
    reply = connect(server.url).send(WireRequest("GET", ("things", segment)), retry=True)
    assert (reply.error.kind, reply.outcome) == ("input", "not_applied")
    assert not server.seen


@pytest.mark.parametrize("value", ["", None, {"a": 1}, ["x"], 1.5, Decimal("NaN"), b"x"])
def test_query_values_without_a_plain_text_are_refused(value: Any, serve: Any, connect: Any) -> None:
    server = serve()
    reply = connect(server.url).send(WireRequest("GET", ("things",), {"filter": value}), retry=True)
    assert reply.error.kind == "input"
    assert "'filter'" in reply.error.message
    assert not server.seen


def test_query_values_of_other_types(serve: Any, connect: Any) -> None:
    server = serve()
    query: dict[str, Any] = {"yes": True, "no": False, "n": 5, "d": Decimal("1.50")}
    connect(server.url).send(WireRequest("GET", ("things",), query), retry=True)
    assert server.seen[0].query == {"yes": "true", "no": "false", "n": "5", "d": "1.50"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_never_followed(status: int, serve: Any, connect: Any) -> None:
    other = serve()
    server = serve(lambda _: Response("", status, {"Location": f"{other.url}/stolen"}))
    client = connect(server.url)
    reply = client.send(post({"x": 1}), retry=False)
    assert reply.status == status
    assert reply.outcome == ("not_applied" if status in (307, 308) else "unknown")
    assert reply.error.rule == "redirect"
    assert client.send(GET, retry=True).error.kind == "remote"
    assert not other.seen
    assert not other.logins


def test_the_environment_of_requests_is_ignored(
    serve: Any, connect: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = serve(), serve()
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert connect(server.url).send(GET, retry=True).status == 200
    assert server.seen[0].headers["Authorization"] == "Bearer token-1"
    assert not proxy.seen
    assert not proxy.logins


def test_cookies_are_not_kept(serve: Any, connect: Any) -> None:
    server = serve(
        lambda _: Response("{}", 200, {"Set-Cookie": "session=1; Path=/", "Content-Type": "application/json"})
    )
    client = connect(server.url)
    client.send(GET, retry=True)
    client.send(GET, retry=True)
    assert all("Cookie" not in seen.headers for seen in server.seen)


def test_a_connection_is_used_again(serve: Any, connect: Any) -> None:
    server = serve()
    client = connect(server.url, signs_in=False)
    for _ in range(3):
        client.send(GET, retry=True)
    assert client._transport._adapter.poolmanager.pools.keys()
    pool = client._transport._adapter.poolmanager.connection_from_url(server.url, {"cert_reqs": "CERT_REQUIRED"})
    assert pool.num_connections <= 1


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "café", "\x7f"])
def test_a_header_that_will_not_do_is_an_error_that_does_not_show_it(value: str, serve: Any, connect: Any) -> None:
    server = serve()
    reply = connect(server.url, fields={"app": value}).send(GET, retry=True)
    assert (reply.error.kind, reply.outcome) == ("config", "not_applied")
    assert value not in str(reply)
    assert not server.seen


def test_a_bomb_is_stopped_early(serve: Any, connect: Any) -> None:
    bomb = gzip.compress(b'"' + b"a" * (64 << 20) + b'"')
    server = serve(lambda _: Response(bomb, 200, {"Content-Encoding": "gzip", "Content-Type": "application/json"}))
    reply = connect(server.url).send(GET, retry=True)
    assert reply.error.message == "the answer is larger than 8 MiB"
    assert (reply.error.kind, reply.status, reply.attempts) == ("remote", 200, 1)


def test_gzip_is_understood(serve: Any, connect: Any) -> None:
    packed = gzip.compress(b'{"a": 1.10}')
    server = serve(lambda _: Response(packed, 200, {"Content-Encoding": "gzip"}))
    assert connect(server.url).send(GET, retry=True).body == {"a": Decimal("1.10")}
    broken = serve(lambda _: Response(b"not gzip", 200, {"Content-Encoding": "gzip"}))
    assert connect(broken.url).send(GET, retry=True).error.rule == "unreadable"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>login</html>", "not JSON"),
        (b"", "empty"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[NaN]", "NaN"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"[" * 100 + b"]" * 100, "nested"),
        (b"123456789012345678901", "too many digits"),
    ],
)
def test_a_2xx_that_is_not_strict_json_is_no_success(body: bytes, words: str, serve: Any, connect: Any) -> None:
    server = serve(lambda _: Response(body, 201))
    client = connect(server.url)
    read = client.send(GET, retry=True)
    assert (read.error.kind, read.outcome, read.attempts) == ("remote", "not_applied", 1)
    assert words in read.error.message
    write = client.send(post({}), retry=False)
    assert (write.error.kind, write.outcome, write.status) == ("outcome_unknown", "unknown", 201)


@pytest.mark.parametrize("body", [b'"text"', b"1", b"null"])
def test_a_2xx_that_is_no_object_or_array_proves_nothing(body: bytes, serve: Any, connect: Any) -> None:
    server = serve(lambda _: Response(body, 200))
    reply = connect(server.url).send(post({}), retry=False)
    assert reply.error is not None
    assert reply.outcome == "unknown"


def _drip_body(connection: socket.socket) -> None:
    connection.sendall(head("200 OK", "Content-Length: 1000"))
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


def _drip_until_close(connection: socket.socket) -> None:
    connection.sendall(head("200 OK", "Connection: close") + b"{}")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.05)


def _drip_head(connection: socket.socket) -> None:
    for byte in head("200 OK", *[f"X-{number}: y" for number in range(40)]):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _stall(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("talk", [_drip_body, _drip_until_close, _drip_head, _stall])
def test_the_deadline_is_for_everything(talk: Any, raw: Any, connect: Any) -> None:
    client = connect(raw(talk), signs_in=False)
    started = time.monotonic()
    reply = client.send(post({}), retry=False, deadline=0.4)
    assert time.monotonic() - started < 0.9
    assert (reply.error.kind, reply.error.rule, reply.outcome) == ("network", "timeout", "unknown")


def test_the_timeout_of_the_connection_is_the_usual_deadline(raw: Any, connect: Any) -> None:
    client = connect(raw(_stall), signs_in=False, fields={"timeout": 0.3})
    started = time.monotonic()
    assert client.send(GET, retry=True).error.rule == "timeout"
    assert time.monotonic() - started < 0.8


def test_an_expired_call_leaves_no_damage_for_the_next(serve: Any, connect: Any) -> None:
    def answer(seen: Any) -> Any:
        if seen.query:
            time.sleep(0.5)
        return {"ok": True}

    client = connect(serve(answer).url, signs_in=False)
    assert client.send(WireRequest("GET", ("x",), {"slow": "1"}), retry=False, deadline=0.2).error is not None
    assert [client.send(GET, retry=False).error for _ in range(5)] == [None] * 5


def _cut_in_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: applic")


def _cut_body(connection: socket.socket) -> None:
    connection.sendall(head("201 Created", "Content-Length: 100") + b'{"id": "1"')


def _cut_chunk(connection: socket.socket) -> None:
    connection.sendall(head("201 Created", "Transfer-Encoding: chunked") + b'20\r\n{"id":')


def _cut_unsized(connection: socket.socket) -> None:
    connection.sendall(head("201 Created", "Connection: close") + b'{"id": "1"')


def _cut_at_once(connection: socket.socket) -> None:
    connection.close()


@pytest.mark.parametrize("talk", [_cut_in_headers, _cut_body, _cut_chunk, _cut_unsized, _cut_at_once])
def test_an_answer_that_broke_off_is_never_a_success(talk: Any, raw: Any, connect: Any) -> None:
    reply = connect(raw(talk), signs_in=False).send(post({}), retry=False)
    assert reply.error is not None
    assert (reply.outcome, reply.attempts) == ("unknown", 1)


def test_when_nothing_left_nothing_was_applied(connect: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reply = connect(f"http://127.0.0.1:{port}/base", signs_in=False).send(post({}), retry=False)
    assert (reply.error.kind, reply.error.rule, reply.outcome) == ("network", "connect", "not_applied")
    assert reply.error.message == "no connection could be made"


def test_no_time_left_means_nothing_is_sent(serve: Any, connect: Any) -> None:
    server = serve()
    reply = connect(server.url, signs_in=False).send(post({}), retry=False, deadline=0)
    assert (reply.error.rule, reply.outcome) == ("timeout", "not_applied")
    assert not server.seen


def test_tls_to_a_server_that_speaks_none(raw: Any, connect: Any) -> None:
    base = raw(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n"), read=False)
    reply = connect(base.replace("http:", "https:"), signs_in=False).send(post({}), retry=True)
    assert (reply.error.rule, reply.outcome, reply.attempts) == ("tls", "not_applied", 1)


def test_errors_never_quote_what_was_sent(serve: Any, connect: Any) -> None:
    server = serve(lambda seen: (400, {"status": 400, "message": f"bad key {seen.headers['X-Key']} \x1b[31m\nnext"}))
    reply = connect(server.url).send(GET, retry=True)
    assert reply.error.message == "HTTP 400: bad key ******** [31m next"


def test_headers_are_an_allow_list(serve: Any, connect: Any) -> None:
    server = serve(lambda _: Response("{}", 200, {"X-Trace": "t-1", "X-Other": "secret", "Retry-After": "1"}))
    reply = connect(server.url).send(GET, retry=True)
    assert reply.headers == {"X-Trace": "t-1", "Retry-After": "1"}
    assert reply.correlation_id == "t-1"


def test_certificates_are_verified(connect: Any, raw: Any, tmp_path: Path) -> None:
    context, bundle = _certificate(tmp_path)

    def talk(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(head("200 OK", "Content-Length: 2", "Connection: close") + b"{}")

    base = raw(talk, read=False).replace("http:", "https:")
    request = WireRequest("POST", ("things",))
    refused = connect(base, signs_in=False).send(request, retry=False)
    assert (refused.error.rule, refused.outcome) == ("tls", "not_applied")
    assert refused.error.message == "the server's certificate could not be verified"
    trusted = connect(base, signs_in=False, fields={"ca_bundle": str(bundle)}).send(request, retry=False)
    assert trusted.error is None


def _certificate(folder: Path) -> tuple[Any, Path]:
    import ipaddress
    import ssl
    from datetime import UTC, datetime, timedelta

    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = built.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    bundle, both = folder / "ca.pem", folder / "both.pem"
    bundle.write_bytes(pem)
    both.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, bundle


def test_session_keys_are_not_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imcloud.client.session import _tls

    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert _tls().keylog_filename is None
    assert not (tmp_path / "keys").exists()


def test_the_body_is_parsed_once_and_keeps_fractions(serve: Any, connect: Any) -> None:
    server = serve(lambda _: Response(json.dumps({"n": 1}).replace("1", "0.10"), 200))
    assert str(connect(server.url).send(GET, retry=True).body["n"]) == "0.10"
