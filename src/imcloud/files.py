"""Private files: written whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from imcloud.errors import ConfigError
from imcloud.paths import private_dir

MAX_BYTES = 256 * 1024


def write_private(path: Path, data: bytes) -> None:
    """Replace the file by `data` in one step: a temporary file of mode 0600 beside it, synced, then renamed."""
    private_dir(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_private(path: Path, max_bytes: int = MAX_BYTES) -> bytes | None:
    """The file's bytes, or None when there is no such file.

    Raises `ConfigError` when others could read it (the message holds the command that repairs it), when it belongs to
    somebody else, when it is a link or no file at all, or when it is too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        link = " (it is a link)" if path.is_symlink() else ""
        raise ConfigError(f"{path}: cannot be read: {error.strerror}{link}") from None
    try:
        _check_owner(path, os.fstat(handle))
    except ConfigError:
        os.close(handle)
        raise
    with os.fdopen(handle, "rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ConfigError(f"{path}: larger than {max_bytes // 1024} KiB")
    return data


def _check_owner(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: not a plain file")
    if os.name != "posix":
        return  # no modes to check: access is a matter of the folder's own lists there
    if found.st_uid != os.getuid():
        raise ConfigError(f"{path}: belongs to another user")
    if found.st_mode & 0o077:
        raise ConfigError(f"{path}: others can read or change it; run: chmod 600 {path}")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # folders cannot be opened there; the rename itself is durable enough for settings
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
