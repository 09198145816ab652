"""The way from the box to the site: a name, TLS, and the emulated line, on which all is counted."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.day.chain import Chain
from tests.link.emulator import BOX, NET, Emulator, Weather
from tests.link.net import HOST, Net
from tests.namespaces import Line

FAST = Weather()
SLOW = Weather(loss=0.02, delay_seconds=0.15, bits_per_second=64_000)
"""64 kbit/s each way, a round trip of 300 ms, and every fiftieth packet lost."""

ADDRESS = f"https://{HOST}"
UPLOADS = f"{ADDRESS}:8443/webservice/upload.php"
_PORT, _UPLOAD_PORT = 443, 8443
_QUIET_SECONDS = 0.3
_PROTOCOLS = (socket.IPPROTO_TCP, socket.IPPROTO_UDP)


@dataclass(frozen=True)
class Sent:
    """What a transfer cost: IP bytes both ways, names that were looked up included."""

    bytes: int
    seconds: float


class Way:
    """The line with both ends: fast, but for a while."""

    def __init__(self, emulator: Emulator, net: Net, chain: Chain) -> None:
        self._net = net
        self._emulator = emulator
        emulator.retransmit_patiently(patiently=True)
        self._chain = chain
        self.box, self.far = emulator.box, emulator.net
        self.environment = {
            "SSL_CERT_FILE": str(chain.root),
            "REQUESTS_CA_BUNDLE": str(chain.root),
        }
        """What has programs know the site's certificate."""

    @contextmanager
    def leading_to(self, port: int) -> Iterator[None]:
        """Have the site's address lead to a port of the far end."""
        with self._net.encrypting(_PORT, port, self._chain.context()):
            yield

    @contextmanager
    def taking_files(self) -> Iterator[None]:
        """Have something there that takes files."""
        with self._net.standing(_UPLOAD_PORT, _take, self._chain.context()):
            yield

    @contextmanager
    def of(self, weather: Weather) -> Iterator[None]:
        """Have the line be so for a while, and what passes counted from now on."""
        self._emulator.wait_until_quiet(_QUIET_SECONDS)
        self._emulator.weather = weather
        self._emulator.retransmit_patiently(patiently=not weather.loss)
        self._emulator.forget()
        try:
            yield
        finally:
            # What is on its way still comes at that pace, and counts.
            self._emulator.wait_until_quiet(_QUIET_SECONDS + 4 * weather.delay_seconds)
            self._emulator.weather = FAST
            self._emulator.retransmit_patiently(patiently=True)

    def carried_bytes(self) -> int:
        """Tell what has passed, both ways: all but what the kernel says by itself."""
        both = (self._emulator.sent, self._emulator.received)
        return sum(
            size for some in both for flow, size in some.items() if flow.protocol in _PROTOCOLS
        )


@contextmanager
def way(folder: Path) -> Iterator[Way]:
    """Make the line, its name service and its certificates."""
    emulator = Emulator(f"day{os.getpid()}", seed=1)
    try:
        net = Net(Line(emulator.box, emulator.net, BOX[0], NET[0]))
        try:
            yield Way(emulator, net, Chain(folder / "chain", HOST))
        finally:
            net.close()
    finally:
        emulator.close()


def _take(connection: socket.socket) -> None:
    """Take one file, as webservice/upload.php does, and tell so."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        if not (piece := connection.recv(65536)):
            return
        asked += piece
    head, _, body = asked.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(lengths[0].partition(b":")[2]) - len(body)
    while left > 0 and (piece := connection.recv(65536)):
        left -= len(piece)
    answer = b'[{"component":"user","filearea":"draft","itemid":1,"filename":"backup.mbz"}]'
    heading = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}"
    connection.sendall(heading.encode() + b"\r\n\r\n" + answer)
    connection.unwrap() if isinstance(connection, ssl.SSLSocket) else None
