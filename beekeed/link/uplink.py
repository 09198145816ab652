"""Which network interface leads to the online Moodle.

Learned from the connections that we try ourselves: no name is looked up, and no
packet sent, to find it out.
"""

import ipaddress
import socket
from typing import Any

import psutil

from beekeed.ports.link import AddressInfo


class Uplink:
    """Makes the sockets that go to the online Moodle, and remembers where they went."""

    def __init__(self) -> None:
        self._interface: str | None = None
        self.opened = 0
        """How many connections were tried so far."""

    def note(self, address: AddressInfo) -> None:
        """Note that a connection is about to be tried to an address."""
        self._interface = interface_to(address[0], address[4]) or self._interface
        self.opened += 1

    def interface(self) -> str | None:
        """Name the interface that the last socket's packets took when it was made.

        None before the first. A line that went down since is still the one that was paid.
        """
        return self._interface

    def received_bytes(self) -> int:
        """Give what everybody received on that interface since it is there."""
        found = psutil.net_io_counters(pernic=True).get(self._interface or "")
        return found.bytes_recv if found else 0

    def loops_back(self) -> bool:
        """Tell whether the packets never leave this machine."""
        name = self.interface()
        return name is not None and any(
            _is_loopback(address.address) for address in psutil.net_if_addrs().get(name, [])
        )


def interface_to(family: int, remote: tuple[Any, ...]) -> str | None:
    """Ask the routing table which interface leads to an address; None where none does."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(remote)  # sends nothing: it only asks the routing table
        except OSError:
            return None
        local = str(probe.getsockname()[0])
    if local == str(remote[0]):  # our own address: the kernel goes through loopback
        return _interface_with("127.0.0.1") or _interface_with("::1")
    return _interface_with(local)


def _interface_with(local: str) -> str | None:
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address.partition("%")[0] == local for address in addresses):
            return name
    return None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
