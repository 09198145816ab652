"""Which network interface leads to the online Moodle.

Learned from the connections that we try ourselves: no name is looked up, and no
packet sent, to find it out.
"""

import ipaddress

import psutil

from beekeed.link.interfaces import addresses_of, interface_to
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

    def loops_back(self) -> bool:
        """Tell whether the packets never leave this machine."""
        name = self.interface()
        return name is not None and any(
            ipaddress.ip_address(address).is_loopback for address in addresses_of().get(name, ())
        )


def received_bytes(interface: str | None) -> int:
    """Give what everybody received on an interface since it is there; 0 where it is not."""
    found = psutil.net_io_counters(pernic=True).get(interface or "")
    return found.bytes_recv if found else 0
