"""The network interfaces as the kernel shows them. Asking costs no byte.

systemd's sandbox may forbid the netlink sockets by which addresses are mostly read
(RestrictAddressFamilies): then they are read by the older calls, one address each.
"""

import fcntl
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import psutil

from beekeed.core.link import Interface

_SIOCGIFFLAGS, _SIOCGIFADDR = 0x8913, 0x8915  # netdevice(7)
_IFF_UP, _IFF_LOOPBACK = 1, 8
_IFNAMSIZ, _IFREQ_BYTES = 16, 256
_INTERFACES = Path("/sys/class/net")
_IPV6_TABLE = Path("/proc/net/if_inet6")


def interfaces() -> list[Interface]:
    """List them."""
    addresses = addresses_of()
    return [
        Interface(
            name=name,
            up=bool((flags := _flags(name)) & _IFF_UP),
            carrier=_has_carrier(name),
            loopback=bool(flags & _IFF_LOOPBACK),
            addresses=addresses.get(name, ()),
        )
        for name in _names()
    ]


def _names() -> list[str]:
    return list(psutil.net_io_counters(pernic=True))


def _flags(name: str) -> int:
    """Give an interface's flags; none, where it went meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFFLAGS, _request(name))
        except OSError:
            return 0
    return int(struct.unpack_from("H", answer, _IFNAMSIZ)[0])


def _request(name: str) -> bytes:
    return struct.pack(f"{_IFREQ_BYTES}s", name.encode()[: _IFNAMSIZ - 1])


def _has_carrier(name: str) -> bool:
    """Tell whether anything is at the other end; an interface that is off cannot be asked.

    The flag that says so as well may be a second late.
    """
    try:
        return (_INTERFACES / name / "carrier").read_text().strip() == "1"
    except OSError:
        return False


def interface_to(family: int, remote: tuple[object, ...]) -> str | None:
    """Ask the routing table which interface leads to an address; None where none does.

    Nor does one to what is no address after all, or where the kernel lacks its family.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(remote)  # sends nothing: it only asks the routing table
            local = str(probe.getsockname()[0])
    except (OSError, TypeError, ValueError):  # the latter: a zone that cannot be written down
        return None
    if local == str(remote[0]):  # our own address: the kernel goes through loopback
        return _interface_with("127.0.0.1") or _interface_with("::1")
    return _interface_with(local)


def _interface_with(local: str) -> str | None:
    local = local.partition("%")[0]
    return next((name for name, found in addresses_of().items() if local in found), None)


def addresses_of() -> dict[str, tuple[str, ...]]:
    """Give each interface's IP addresses, without their zones."""
    try:
        found = psutil.net_if_addrs()
    except OSError:  # EAFNOSUPPORT
        return {name: tuple(_asked_for(name)) for name in _names()}
    families = (socket.AF_INET, socket.AF_INET6)
    return {
        name: tuple(each.address.partition("%")[0] for each in all_ if each.family in families)
        for name, all_ in found.items()
    }


def _asked_for(name: str) -> Iterator[str]:
    """Give an interface's first IPv4 address and all of its IPv6 ones, without netlink."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, _request(name))
            yield socket.inet_ntoa(answer[20:24])
        except OSError:  # it has none
            pass
    try:
        rows = [row.split() for row in _IPV6_TABLE.read_text().splitlines()]
    except OSError:
        return
    yield from (str(ip_address(bytes.fromhex(row[0]))) for row in rows if row[-1] == name)
