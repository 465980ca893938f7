"""Which addresses a connection may have."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from imcloud.hosts import is_loopback

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")


def check_base_url(text: str) -> str:
    """The address without a trailing slash, host in lower case.

    Raises ValueError, quoting nothing, unless it is https (http on loopback only) with a plain host and path.
    """
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("may hold only printable ASCII characters, no blanks and no backslashes")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ValueError("is not a web address") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("must start with https:// and a host")
    if "@" in parts.netloc:
        raise ValueError("may not hold a user name or password")
    if "?" in text or "#" in text:
        raise ValueError("may not hold a query or a fragment")
    shown = _check_host(host)
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must be https: plain http is for this machine only")
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{_check_path(parts.path)}"


def _check_host(host: str) -> str:
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host)}]"
        except ValueError:
            raise ValueError("has a host that is not an address") from None
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise ValueError("has a host that is not a plain host name")
    return host


def _check_path(path: str) -> str:
    segments = path.rstrip("/").split("/")[1:]
    if any(not _SEGMENT.fullmatch(segment) or segment in (".", "..") for segment in segments):
        raise ValueError("has a path that is not made of plain segments")
    return "".join(f"/{segment}" for segment in segments)
