"""A JSON text of any length that is small when compressed, made without holding it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_MIB = 1024 * 1024
_START, _END = b'{"data":"', b'"}'
_TOGETHER = 16


def bomb(mebibytes: int) -> Iterator[bytes]:
    """Pieces of a gzip stream of `{"data":"aaa..."}` with that many MiB of letters: about 1 KiB for each MiB.

    After a full flush the compressor starts afresh, so one compressed block stands for every block alike.
    """
    press = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    letters = b"a" * _MIB
    yield b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + press.compress(_START) + press.flush(zlib.Z_FULL_FLUSH)
    block = press.compress(letters) + press.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(_START)
    for done in range(0, mebibytes, _TOGETHER):
        count = min(_TOGETHER, mebibytes - done)
        for _ in range(count):
            checksum = zlib.crc32(letters, checksum)
        yield block * count
    size = len(_START) + mebibytes * _MIB + len(_END)
    checksum = zlib.crc32(_END, checksum)
    yield press.compress(_END) + press.flush(zlib.Z_FINISH) + struct.pack("<II", checksum, size % 2**32)
