"""The other end of the line: a name service, and whatever stands where a site should be.

Its sockets are made in the net's namespace and served by threads of the test's own process.
"""

import contextlib
import ctypes
import functools
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.front import Front
from tests.namespaces import Line

HOST = "moodle.example.test"
_CLONE_NEWNET = 0x40000000

Talk = Callable[[socket.socket], None]
"""What is done with one connection; it is closed afterwards."""


@contextmanager
def inside(space: str) -> Iterator[None]:
    """Have the sockets that this thread makes be in a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as own, Path("/run/netns", space).open() as there:
        assert libc.setns(there.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), _CLONE_NEWNET) == 0


class Net:
    """What answers at the net's end. `names`: its name service's; silent where it is None."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.names: dict[str, str] | None = {HOST: line.net_address}
        with inside(line.net):
            self._service = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._service.bind((line.net_address, 53))
        threading.Thread(target=self._serve_names, daemon=True).start()

    def _serve_names(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                question, sender = self._service.recvfrom(512)
                if self.names is not None:
                    self._service.sendto(_named(question, self.names), sender)

    def close(self) -> None:
        """End the name service."""
        self._service.close()

    @contextmanager
    def standing(
        self, port: int, talk: Talk, context: ssl.SSLContext | None = None
    ) -> Iterator[None]:
        """Have something listen, encrypted where a context is given."""
        with inside(self.line.net):
            listening = socket.create_server((self.line.net_address, port))
        listening.settimeout(0.05)
        over = threading.Event()
        serving = threading.Thread(target=_serve, args=(listening, over, talk, context))
        serving.start()
        try:
            yield
        finally:
            over.set()
            serving.join()
            listening.close()

    @contextmanager
    def encrypting(self, port: int, behind: int, context: ssl.SSLContext) -> Iterator[None]:
        """Have what is encrypted handed on to a port that is not, and its answers back."""
        space = functools.partial(inside, self.line.net)
        front = Front(context, self.line.net_address, port, space)
        front.port_behind = behind
        front.start()
        try:
            yield
        finally:
            front.stop()


def _serve(
    listening: socket.socket, over: threading.Event, talk: Talk, context: ssl.SSLContext | None
) -> None:
    while not over.is_set():
        with contextlib.suppress(OSError):  # nobody came; a handshake that was refused
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(10)
                with (
                    context.wrap_socket(connection, server_side=True)
                    if context
                    else connection as it
                ):
                    talk(it)


def saying(status: str, body: str = "", *headers: str, kind: str = "text/html") -> Talk:
    """Give what answers every request alike."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body.encode())}"]
    answer = "\r\n".join([*head, *headers, "", body]).encode()

    def talk(connection: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            if not (piece := connection.recv(4096)):
                return
            asked += piece
        assert b"wstoken" not in asked
        connection.sendall(answer)

    return talk


def _named(question: bytes, names: dict[str, str]) -> bytes:
    """Answer a DNS question (RFC 1035): the address of a name, nothing else of it, or no such."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += 1 + length
    kind = struct.unpack(">H", question[at + 1 : at + 3])[0]
    address = names.get(".".join(labels))
    found = address is not None and kind == 1
    flags = 0x8180 if address is not None else 0x8183
    head = question[:2] + struct.pack(">HHHHH", flags, 1, int(found), 0, 0)
    answer = b""
    if found and address is not None:
        answer = struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    return head + question[12 : at + 5] + answer
