"""A TCP peer that is made by hand, at the other end of a TUN device: it sends what it is told to.

So that a segment comes twice, late, or not at all, exactly when a test wants it. It counts
every IP byte, as a carrier bills it. IPv4, with timestamps and SACK, as everybody has them.
"""

import asyncio
import contextlib
import fcntl
import os
import socket
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import namespaces
from tests.link.emulator import TUN_WITHOUT_HEADER, TUNSETIFF

BOX, PEER = "10.9.9.1", "10.9.9.2"
SEGMENT = 1_448
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
DEVICE = "byhand"
_PSEUDO = struct.Struct("!4s4sxBH")
_FIRST = 1_000_000


@dataclass(frozen=True, slots=True)
class Segment:
    """What of a segment matters here."""

    port: int
    """The box's."""
    flags: int
    seq: int
    ack: int
    size: int
    """Bytes of its payload."""
    length: int
    """Bytes at IP level."""
    stamp: int
    """Its timestamp; 0 where it has none."""


class Peer:
    """The other side of every connection of the box. `segments`: what it got, in order."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._sent: Counter[int] = Counter()
        self._received: Counter[int] = Counter()
        self.segments: list[Segment] = []
        self._came = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def bytes_of(self, port: int) -> int:
        """Give what passed to and from a port of the box."""
        return self._sent[port] + self._received[port]

    def received_by(self, port: int) -> int:
        """Give what the box received there."""
        return self._received[port]

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = os.read(self._descriptor, 65_536)
                if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_TCP:
                    self.segments.append(_parse(packet))
                    self._sent[self.segments[-1].port] += len(packet)
                    self._came.set()

    async def wait_for(
        self, flags: int, *, port: int | None = None, after: int = 0, count: int = 1
    ) -> Segment:
        """Wait until so many segments with these flags have come; gives the last of them.

        `port`: from that one; `after`: so many had come before those that are meant.
        """
        async with asyncio.timeout(5):
            while True:
                found = [
                    each
                    for each in self.segments[after:]
                    if each.flags & flags == flags and port in (None, each.port)
                ]
                if len(found) >= count:
                    return found[count - 1]
                self._came.clear()
                await self._came.wait()

    def send(self, to: Segment, flags: int, *, at: int = 0, data: int = 0) -> None:
        """Send a segment in answer to one; `at`: how many bytes of ours were sent before it."""
        start = _FIRST + (0 if flags & SYN else 1) + at
        length = to.size + bool(to.flags & (SYN | FIN))
        options = b"" if flags & RST else struct.pack("!BBBBII", 1, 1, 8, 10, 1, to.stamp)
        if flags & SYN:
            options = struct.pack("!BBHBB", 2, 4, SEGMENT + 12, 4, 2) + options[2:] + b"\1\3\3\0"
        packet = _packet(to.port, flags, start, to.seq + length, options, b"x" * data)
        self._received[to.port] += len(packet)
        os.write(self._descriptor, packet)

    async def accept(self, delay_seconds: float = 0.0) -> Segment:
        """Take the next connection; gives what the box sent last."""
        before = len(self.segments)
        syn = await self.wait_for(SYN, after=before)
        await asyncio.sleep(delay_seconds)
        self.send(syn, SYN | ACK)
        return await self.wait_for(ACK, port=syn.port)


@contextlib.contextmanager
def device() -> Iterator[int]:
    """Make the line, in a namespace where nothing else is; gives the peer's end of it."""
    with namespaces.alone():
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        try:
            settings = struct.pack("16sH22x", DEVICE.encode(), TUN_WITHOUT_HEADER)
            fcntl.ioctl(descriptor, TUNSETIFF, settings)
            Path(namespaces.NO_IPV6).write_text("1")
            namespaces.ip("address", "add", f"{BOX}/24", "dev", DEVICE)
            namespaces.ip("link", "set", DEVICE, "up")
            yield descriptor
        finally:
            os.close(descriptor)


def _parse(packet: bytes) -> Segment:
    start = (packet[0] & 15) * 4
    port, _, seq, ack, offset, flags = struct.unpack_from("!HHIIBB", packet, start)
    header = (offset >> 4) * 4
    options = packet[start + 20 : start + header]
    found = options.find(b"\x08\x0a")
    stamp = struct.unpack_from("!I", options, found + 2)[0] if found >= 0 else 0
    size = len(packet) - start - header
    return Segment(port, flags, seq, ack, size, len(packet), stamp)


def _packet(port: int, flags: int, seq: int, ack: int, options: bytes, data: bytes) -> bytes:
    header = struct.pack(
        "!HHIIBBHHH", 80, port, seq, ack, (20 + len(options)) << 2, flags, 65_535, 0, 0
    )
    segment = header + options + data
    addresses = socket.inet_aton(PEER), socket.inet_aton(BOX)
    pseudo = _PSEUDO.pack(*addresses, socket.IPPROTO_TCP, len(segment))
    segment = segment[:16] + _checksum(pseudo + segment) + segment[18:]
    length = 20 + len(segment)
    outer = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, socket.IPPROTO_TCP, 0, *addresses
    )
    return outer[:10] + _checksum(outer) + outer[12:] + segment


def _checksum(data: bytes) -> bytes:
    """RFC 1071."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
