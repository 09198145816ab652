"""A lossy, slow line between two network namespaces, which counts every IP byte of each flow.

The kernel has no netem here; so each namespace gets a TUN device, and a thread carries the
packets from one to the other. It is the truth that the meter is held to: what the box sends
counts even if it gets lost on the way, as a carrier bills it; what is lost on the way to the
box never was on its line.
"""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TUNSETIFF = 0x400454CA
TUN_WITHOUT_HEADER = 0x1001  # IFF_TUN | IFF_NO_PI
_PACKETS_AT_ONCE = 64

BOX = ("10.9.0.1", "fd09::1")
NET = ("10.9.0.2", "fd09::2")
_ROUTES = (("10.9.0.0/24",), ("fd09::/64", "metric", "256"))
"""As the kernel makes them, by which it knows them again."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Packets of a protocol to or from a port of the server's side."""

    protocol: int
    port: int


DNS = Flow(socket.IPPROTO_UDP, 53)


@dataclass(slots=True)
class Weather:
    """What the line does to packets: loses a share of them, and takes its time one way.

    `bits_per_second`: what it carries each way; 0: as much as there is.
    """

    loss: float = 0.0
    delay_seconds: float = 0.0
    bits_per_second: int = 0


class Emulator:
    """The line between the namespaces `box` and `net`. Close it in the end."""

    def __init__(self, name: str, seed: int) -> None:
        self.box, self.net = f"{name}box", f"{name}net"
        self.weather = Weather()
        self.sent: Counter[Flow] = Counter()
        self.received: Counter[Flow] = Counter()
        self.lost = 0
        """Packets that the line lost, both ways."""
        self._random = random.Random(seed)
        for namespace in (self.box, self.net):
            _ip("netns", "add", namespace)
        _resolve_at(self.box, NET[0])
        self._devices = f"{name}b", f"{name}n"
        self._box = _tun(self._devices[0], self.box, BOX)
        self._net = _tun(self._devices[1], self.net, NET)
        self._stopping, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._carry, name=f"line {name}")
        self._thread.start()

    @property
    def device(self) -> str:
        """The box's end of the line."""
        return self._devices[0]

    def close(self) -> None:
        """Take everything down."""
        os.write(self._stop, b".")
        self._thread.join()
        for descriptor in (self._stop, self._stopping, self._box, self._net):
            os.close(descriptor)
        for namespace in (self.box, self.net):
            _ip("netns", "del", namespace)
        Path(f"/etc/netns/{self.box}/resolv.conf").unlink()
        Path(f"/etc/netns/{self.box}").rmdir()

    def forget(self) -> None:
        """Count from zero again."""
        self.sent.clear()
        self.received.clear()

    def retransmit_patiently(self, *, patiently: bool) -> None:
        """Have neither side send again what is only slow to arrive, or again as usual.

        So that a machine with much to do does not look like a line that loses packets. Of how
        long to wait at least, the routes tell: a socket has the system's setting from when it
        began to listen.
        """
        probes, least = (0, "5s") if patiently else (3, "200ms")
        for namespace, device in ((self.box, self._devices[0]), (self.net, self._devices[1])):
            setting = f"echo {probes} > /proc/sys/net/ipv4/tcp_early_retrans"
            _ip("netns", "exec", namespace, "sh", "-ec", setting)
            for route in _ROUTES:
                _ip("-n", namespace, "route", "replace", *route, "dev", device, "rto_min", least)

    def bytes_of(self, flow: Flow) -> int:
        """Give what a flow cost, both ways."""
        return self.sent[flow] + self.received[flow]

    def wait_until_quiet(self, seconds: float) -> None:
        """Wait until nothing has passed for so long."""
        before = None
        while before != (now := self.sent.total() + self.received.total()):
            before = now
            time.sleep(seconds)

    def _carry(self) -> None:
        """Carry packets until it is told to stop."""
        under_way: list[tuple[float, int, int, bytes]] = []
        number = 0
        through = {self._box: 0.0, self._net: 0.0}  # when the last packet from there is through
        poll = select.epoll()
        for descriptor in (self._box, self._net, self._stopping):
            poll.register(descriptor, select.EPOLLIN)
        with poll:
            while True:
                wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else -1
                ready = {descriptor for descriptor, _ in poll.poll(wait)}
                if self._stopping in ready:
                    return
                for source in ready:
                    for packet in _packets(source):
                        if self._passes(source, packet):
                            number += 1
                            through[source] = self._through(through[source], len(packet))
                            at = through[source] + self.weather.delay_seconds
                            heapq.heappush(under_way, (at, number, source, packet))
                while under_way and under_way[0][0] <= time.monotonic():
                    _, _, source, packet = heapq.heappop(under_way)
                    self._deliver(source, packet)

    def _through(self, before: float, size_bytes: int) -> float:
        """Tell when a packet is on its way, after the one before it."""
        rate = self.weather.bits_per_second
        return max(before, time.monotonic()) + (size_bytes * 8 / rate if rate else 0.0)

    def _passes(self, source: int, packet: bytes) -> bool:
        """Count what the box sends, and tell whether a packet gets through."""
        if source == self._box:
            self.sent[_flow(packet, at=2)] += len(packet)
        is_lost = self._random.random() < self.weather.loss
        self.lost += is_lost
        return not is_lost

    def _deliver(self, source: int, packet: bytes) -> None:
        try:
            os.write(self._net if source == self._box else self._box, packet)
        except OSError:  # the device is full, down or gone: one more way to get lost
            return
        if source == self._net:
            self.received[_flow(packet, at=0)] += len(packet)


def _packets(source: int) -> list[bytes]:
    """Read what waits at a device."""
    found: list[bytes] = []
    while len(found) < _PACKETS_AT_ONCE:
        try:
            found.append(os.read(source, 65536))
        except BlockingIOError:
            break
    return found


def _flow(packet: bytes, *, at: int) -> Flow:
    """Tell a packet's flow; `at`: where in its transport header the server's port stands."""
    version = packet[0] >> 4
    protocol = packet[9] if version == 4 else packet[6]
    start = (packet[0] & 15) * 4 if version == 4 else 40
    if protocol not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return Flow(protocol, 0)
    return Flow(protocol, struct.unpack_from("!H", packet, start + at)[0])


def _tun(name: str, namespace: str, addresses: tuple[str, str]) -> int:
    """Make a TUN device in a namespace; gives the descriptor of its other end."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), TUN_WITHOUT_HEADER))
    _ip("link", "set", name, "netns", namespace)
    _ip("-n", namespace, "address", "add", f"{addresses[0]}/24", "dev", name)
    _ip("-n", namespace, "address", "add", f"{addresses[1]}/64", "dev", name, "nodad")
    _ip("-n", namespace, "link", "set", name, "txqueuelen", "5000", "up")
    _ip("-n", namespace, "link", "set", "lo", "up")
    return descriptor


def _resolve_at(namespace: str, server: str) -> None:
    """Let names be looked up at a server, with `ip netns exec`."""
    folder = Path(f"/etc/netns/{namespace}")
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text(f"nameserver {server}\noptions timeout:1 attempts:2\n")


def _ip(*words: str) -> None:
    """Run iproute2."""
    subprocess.run(["ip", *words], check=True, capture_output=True)
