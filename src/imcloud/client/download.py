"""Fetching a file from an address that an answer gave: another host, so nothing of ours goes there."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from imcloud.client import session
from imcloud.client.deadline import Call, Deadline, Watchdog
from imcloud.errors import ErrorItem, ErrorKind, ImcloudError
from imcloud.hosts import is_loopback, is_public
from imcloud.logs import quiet

_LIBRARY = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


class DownloadFailed(ImcloudError):
    """A file could not be fetched; `error` says it as data. The address's query, a credential, never appears."""

    exit_code = 1

    def __init__(self, error: ErrorItem) -> None:
        super().__init__(error.message)
        self.error = error


def fetch_file(
    url: str, out: str | os.PathLike[str], *, max_bytes: int, allow_loopback: bool = False, timeout: float = 600.0
) -> Path:
    """Fetch `url` into the file `out`, which appears whole or not at all. `timeout` is for everything, in seconds.

    https only (http for this machine, when `allow_loopback`), public addresses only, no redirects, no header of ours.
    Raises `DownloadFailed`.
    """
    target = Path(out)
    host = _check_address(url, allow_loopback)
    if target.is_dir() or not target.parent.is_dir():
        raise _failure("input", f"{target}: not a place where a file can be written")
    watchdog, adapter = Watchdog(), session.Adapter()
    try:
        with watchdog.watch(timeout) as call, quiet():
            return _fetch(adapter, url, host, target, _Limits(max_bytes, allow_loopback, timeout, call))
    finally:
        adapter.close()


class _Limits:
    def __init__(self, max_bytes: int, allow_loopback: bool, timeout: float, call: Call) -> None:
        self.max_bytes, self.allow_loopback, self.call = max_bytes, allow_loopback, call
        self.deadline = Deadline.after(timeout, time.monotonic)

    @property
    def late(self) -> bool:
        return self.call.expired or self.deadline.passed


def _check_address(url: str, allow_loopback: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _failure("remote", "the download's address is not valid") from None
    loopback = is_loopback(host)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or "@" in parts.netloc or not host:
        raise _failure("remote", "the download's address is not valid")
    if loopback and not allow_loopback:
        raise _failure("remote", "the download's address is this machine")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise _failure("remote", f"the download's address on {host} is not https")
    return host


def _fetch(adapter: session.Adapter, url: str, host: str, target: Path, limits: _Limits) -> Path:
    prepared = requests.PreparedRequest()
    prepared.method = "GET"
    try:
        prepared.prepare_url(url, None)
        prepared.headers = CaseInsensitiveDict({"User-Agent": session.user_agent(), "Accept-Encoding": "identity"})
        response = session.send(
            adapter,
            prepared,
            limits.call,
            seconds=limits.deadline.remaining(),
            guard=lambda address: is_public(address, allow_loopback=limits.allow_loopback),
        )
    except session.AddressRefused:
        raise _failure("remote", f"{host} is not a public address") from None
    except _LIBRARY as error:
        if "AddressRefused" in _names(error):
            raise _failure("remote", f"{host} is not a public address") from None
        raise _failure("network", f"{host} could not be reached", retryable=True) from None
    try:
        return _save(response, host, target, limits)
    finally:
        response.close()


def _save(response: requests.Response, host: str, target: Path, limits: _Limits) -> Path:
    if response.status_code != 200:
        raise _failure("remote", f"{host} answered with HTTP {response.status_code}", status=response.status_code)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            size = 0
            while chunk := _piece(response, host, limits):
                size += len(chunk)
                if size > limits.max_bytes:
                    raise _failure("remote", f"the file is larger than {limits.max_bytes} bytes")
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise _failure("input", f"{target}: cannot be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)
    return target


def _piece(response: requests.Response, host: str, limits: _Limits) -> bytes:
    try:
        chunk = bytes(response.raw.read(64 * 1024, decode_content=True))
    except _LIBRARY:
        chunk = None
    if limits.late:
        raise _failure("network", f"the time for the download from {host} ran out", retryable=True)
    if chunk is None:
        raise _failure("network", f"the download from {host} broke off", retryable=True)
    return chunk


def _names(error: BaseException | None) -> set[str]:
    found: set[str] = set()
    todo: list[object] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and type(one).__name__ not in found:
            found.add(type(one).__name__)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _failure(kind: ErrorKind, message: str, *, status: int | None = None, retryable: bool = False) -> DownloadFailed:
    return DownloadFailed(ErrorItem(kind, message, status_code=status, retryable=retryable))
