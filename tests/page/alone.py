"""The page's process with nothing behind it, or with something else than the daemon."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.certificates import Certificates
from tests.system.world import ROOT


class Alone:
    """The process; `port`: where it listens on loopback; `trusting`: None where it speaks HTTP."""

    def __init__(self, pid: int, port: int, log: Path, trusting: ssl.SSLContext | None) -> None:
        self.pid = pid
        self.port = port
        self.log = log
        self._trusting = trusting

    def connected(self, address: str = "127.0.0.1") -> socket.socket:
        """Give a connection from an address of loopback, without any TLS yet."""
        return socket.create_connection(("127.0.0.1", self.port), 10, source_address=(address, 0))

    def browser(self, address: str = "127.0.0.1") -> socket.socket:
        """Give one that speaks as a browser would. Raises OSError where it is not taken."""
        plain = self.connected(address)
        if self._trusting is None:
            return plain
        return self._trusting.wrap_socket(plain, server_hostname="localhost")

    def ask(self, request: bytes, address: str = "127.0.0.1") -> bytes:
        """Send something as it is, and read until the other side ends."""
        with self.browser(address) as line:
            line.sendall(request)
            return read(line)

    def get(self, path: str, *headers: str, address: str = "127.0.0.1", by: str = "GET") -> bytes:
        """Ask for something in one request of its own."""
        lines = (f"{by} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", "")
        return self.ask("\r\n".join(lines).encode(), address)


def read(line: socket.socket) -> bytes:
    """Read to the end."""
    parts = []
    try:
        while part := line.recv(65536):
            parts.append(part)
    except OSError:  # it was cut
        pass
    return b"".join(parts)


@contextmanager
def alone(
    folder: Path, *, tls: bool = False, logs: bool = False, page_socket: Path | None = None
) -> Iterator[Alone]:
    """Start it, and end it; fails where it logged anything, unless it may (`logs`).

    `page_socket`: where something is behind it after all.
    """
    settings = ["[daemon]", f'page_socket = "{page_socket or folder / "page.sock"}"']
    trusting = None
    if tls:
        made = Certificates(folder / "tls", "localhost")
        made.context()
        (certificate,) = (folder / "tls").glob("localhost-*.pem")
        trusting = ssl.create_default_context(cafile=str(made.known))
        key = certificate.with_suffix(".key")
        settings += ["[page]", f'certificate_file = "{certificate}"', f'key_file = "{key}"']
    config, log = folder / "page.toml", folder / "page.log"
    config.write_text("\n".join(settings))
    command = [
        sys.executable,
        "-m",
        "beekeed.page",
        "--config",
        str(config),
        "--listen",
        "127.0.0.1:0",
    ]
    with ExitStack() as stack:
        stderr = stack.enter_context(log.open("w"))
        process = stack.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=ROOT)
        )
        stack.callback(process.terminate)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, log.read_text()
        yield Alone(process.pid, int(address.rstrip("/").rpartition(":")[2]), log, trusting)
    assert logs or log.read_text() == ""
