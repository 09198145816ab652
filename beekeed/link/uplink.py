"""Which network interface leads to the online Moodle.

Learned from the sockets that we open ourselves: no name is looked up, and no
packet sent, to find it out.
"""

import ipaddress
import socket
from typing import Any

from beekeed.link.interfaces import addresses_of, interface_to

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""One result of `socket.getaddrinfo`, as aiohttp gives it to its socket factory."""


class Uplink:
    """Makes the sockets that go to the online Moodle, and remembers where they went."""

    def __init__(self) -> None:
        self._interface: str | None = None
        self.opened = 0
        """How many sockets were made so far."""

    def open_socket(self, address: AddressInfo) -> socket.socket:
        """Make an unconnected socket for an address: aiohttp's `socket_factory`."""
        family, kind, protocol, _, remote = address
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        self._interface = interface_to(family, remote) or self._interface
        self.opened += 1
        return made

    def interface(self) -> str | None:
        """Name the interface that the last socket's packets took when it was made.

        None before the first. A line that went down since is still the one that was paid.
        """
        return self._interface

    def loops_back(self) -> bool:
        """Tell whether the packets never leave this machine."""
        name = self.interface()
        return name is not None and any(
            ipaddress.ip_address(address).is_loopback for address in addresses_of().get(name, ())
        )
