"""Whether a packet could leave for the online Moodle, as far as the kernel knows.

No name is looked up and no packet sent to find it out: it costs nothing.
"""

import ipaddress
import socket

from beekeed.core.link import Finding, Interface, seen_by_kernel
from beekeed.link.interfaces import interface_to, interfaces

# Reserved for documentation (RFC 5737, 3849): who leads there leads anywhere.
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


class KernelRoute:
    """See ports.Route. `host`: a name or an address."""

    def __init__(self, host: str) -> None:
        self._remotes = _remotes(host)

    def is_up(self) -> bool:
        """See ports.Route."""
        return bool(self.way())

    def way(self) -> tuple[Interface, ...]:
        """Give the interfaces that lead there, with a carrier; another way is another value."""
        known = {each.name: each for each in interfaces()}
        return tuple(known[name] for name in self._leads() if name in known and known[name].carrier)

    def findings(self) -> tuple[Finding, ...]:
        """Judge the kernel's nodes of the tree."""
        known = interfaces()
        linked = {each.name for each in known if each.carrier}
        leads = self._leads()
        return seen_by_kernel(
            known, next((name for name in leads if name in linked), next(iter(leads), None))
        )

    def _leads(self) -> list[str]:
        found = [interface_to(family, (address, 443)) for family, address in self._remotes]
        return [name for name in found if name is not None]


def _remotes(host: str) -> tuple[tuple[socket.AddressFamily, str], ...]:
    """Give the addresses to which a route is needed: the host's own, or any that is far away."""
    if host == "localhost":
        host = "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return _ANYWHERE
    return ((socket.AF_INET if address.version == 4 else socket.AF_INET6, str(address)),)
