"""A process with everything imported that forks for each `imcloud` command: pages of fifty commands stay quick.

`server SOCKET` waits for calls, `call SOCKET ARGUMENT...` runs one with its own arguments, folder, environment and
standard files. The caller passes signals on, and when it is gone the command ends, too. Without `os.fork` the command
is started as usual (see `write_command`).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

COMMAND = """#!/bin/sh
exec "{python}" -IS "{here}" call "{socket}" "$@"
"""
PLAIN = """#!/bin/sh
exec "{python}" -m imcloud "$@"
"""


def write_command(path: Path, address: str | None) -> None:
    """An executable file that runs `imcloud`, by the server at `address` if there is one."""
    text = COMMAND if address else PLAIN
    path.write_text(text.format(python=sys.executable, here=Path(__file__).resolve(), socket=address))
    path.chmod(0o755)


def serve(address: str) -> None:
    """Import everything, say so on standard output, then fork for every call; never returns."""
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            caller = listener.accept()[0]
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _answer(caller)
            caller.close()


def _import_all() -> None:
    import importlib
    import pkgutil
    from contextlib import suppress

    import imcloud

    for module in pkgutil.walk_packages(list(imcloud.__path__)[:1], "imcloud."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # an extra that is not installed
                importlib.import_module(module.name)


def _answer(caller: socket.socket) -> None:
    import threading

    code = 70
    try:
        size, files, _, _ = socket.recv_fds(caller, 8, 3)
        call = json.loads(_read(caller, int.from_bytes(size, "big")))
        threading.Thread(target=_obey, args=(caller,), daemon=True).start()
        code = _run(call, files)
    finally:
        caller.sendall(bytes([code % 256]))
        os._exit(code % 256)


def _obey(caller: socket.socket) -> None:
    while signals := caller.recv(1):
        os.kill(os.getpid(), signals[0])
    os.kill(os.getpid(), signal.SIGTERM)


def _read(caller: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += caller.recv(size - len(data))
    return data


def _run(call: dict[str, Any], files: list[int]) -> int:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    # Opened anew: whether they are a terminal was decided before the fork.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", buffering=1 if number == 2 or os.isatty(number) else -1, encoding="utf-8", closefd=False)
        for number in (1, 2)
    )
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    sys.argv = ["imcloud", *call["arguments"]]
    from imcloud.cli import main

    code: Any = 0
    try:
        main()
    except SystemExit as left:
        code = left.code
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0


def call(address: str, arguments: list[str]) -> int:
    """Run one command by the server and return its exit code."""
    wanted = {"arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ)}
    data = json.dumps(wanted).encode()
    passed: list[int] = []
    with socket.socket(socket.AF_UNIX) as server:

        def pass_on(number: int, _frame: object) -> None:
            passed.append(number)
            server.sendall(bytes([number]))

        server.connect(address)
        socket.send_fds(server, [len(data).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(data)
        for number in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, pass_on)
        answer = server.recv(1)
    if not answer and passed:  # it died of the signal, and so do we
        signal.signal(passed[-1], signal.SIG_DFL)
        os.kill(os.getpid(), passed[-1])
    return answer[0] if answer else 70


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(sys.argv[2])
    sys.exit(call(sys.argv[2], sys.argv[3:]))
