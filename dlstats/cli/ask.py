"""`python ask.py WORDS`: what `python -m dlstats WORDS` does, by the waiting process of this run where there is one.

A process that has everything loaded (`dlstats.cli.waiting`) forks; the fork has the words, folder, environment and
open files of this one. Signals are passed on, and this one ends as the fork does. Nothing but the standard library is
loaded, for speed.
"""

import json
import os
import signal
import socket
import struct
import sys

ADDRESS = "DLSTATS_WAITING"
"""Environment variable with the path of the socket, relative to the folder of the run."""
PATIENCE = 30.0
"""Seconds until a waiting process that does not answer is done without."""


def main() -> None:
    """Ask; without a waiting process of this user and this Python, become the command itself."""
    while os.open(os.devnull, os.O_RDWR) < 3:
        pass  # a socket must not stand in for an output that is closed
    connection = _connected(os.environ.get(ADDRESS, ""))
    if connection is None:
        os.execv(sys.executable, [sys.executable, "-m", "dlstats", *sys.argv[1:]])
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, frame: connection.sendall(bytes([number])))
    try:
        answer = connection.recv(4, socket.MSG_WAITALL)
    except ConnectionResetError:
        answer = b""
    if len(answer) < 4:
        sys.exit("dlstats: the process that this job was left to is gone")
    status = struct.unpack("i", answer)[0]
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def _connected(path: str) -> socket.socket | None:
    """The connection, once the request is accepted."""
    if not path:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(path)
        owner = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        if owner == os.getuid() and _accepted(connection):
            connection.settimeout(None)
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _accepted(connection: socket.socket) -> bool:
    """Whether all that makes this process what it is will be served."""
    request = {"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}
    text = json.dumps(request | {"python": os.path.dirname(sys.executable)}).encode()
    socket.send_fds(connection, [struct.pack("Q", len(text))], [0, 1, 2])
    connection.sendall(text)
    return connection.recv(1) == b"y"


if __name__ == "__main__":
    main()
