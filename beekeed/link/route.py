"""Whether a packet could leave for the online Moodle, as far as the kernel knows.

No name is looked up and no packet sent to find it out: it costs nothing.
"""

import ipaddress
import socket
from pathlib import Path

from beekeed.link.uplink import interface_to

_INTERFACES = Path("/sys/class/net")
# Reserved for documentation (RFC 5737, 3849): who leads there leads anywhere.
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


class KernelRoute:
    """See ports.Route. `host`: a name or an address."""

    def __init__(self, host: str) -> None:
        self._remotes = _remotes(host)

    def is_up(self) -> bool:
        """See ports.Route."""
        return any(self._leads_to(family, address) for family, address in self._remotes)

    def _leads_to(self, family: socket.AddressFamily, address: str) -> bool:
        interface = interface_to(family, (address, 443))
        return interface is not None and _has_carrier(interface)


def _remotes(host: str) -> tuple[tuple[socket.AddressFamily, str], ...]:
    """Give the addresses to which a route is needed: the host's own, or any that is far away."""
    if host == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return _ANYWHERE
    return ((socket.AF_INET if address.version == 4 else socket.AF_INET6, str(address)),)


def _has_carrier(interface: str) -> bool:
    """Tell whether anything is at the other end; an interface that is down cannot be asked."""
    try:
        return (_INTERFACES / interface / "carrier").read_text().strip() == "1"
    except OSError:
        return False
