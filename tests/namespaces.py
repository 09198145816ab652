"""Network namespaces: a box, the net, a line between them, and nothing else."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

UPLINK, SITE = "uplink", "site"
"""The two ends of the line: the box's, and the net's."""

_CLONE_NEWNET = 0x40000000  # unshare(2)
NO_IPV6 = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
"""Where there is a 1, the kernel sends nothing by itself: no router is asked for."""


class Line(NamedTuple):
    """Two namespaces with a line between them, and the address of each end."""

    box: str
    net: str
    box_address: str
    net_address: str


def ip(*words: str) -> str:
    """Run iproute2; gives what it prints."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@contextmanager
def alone() -> Iterator[None]:
    """Put this process into a namespace of its own for a while, with a loopback and nothing else.

    There it meets nobody's packets, which the kernel's counters would mix with its own. As
    root only; else it stays where it is.
    """
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as before:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            ip("link", "set", "lo", "up")
            yield
        finally:
            libc.setns(before.fileno(), _CLONE_NEWNET)


@contextmanager
def line(name: str = "", *, subnet: str = "10.77.0", ipv6: bool = False) -> Iterator[Line]:
    """Make two namespaces with a line between them, up, and no route beyond it.

    `name` tells lines apart that are there at the same time. Without IPv6 the kernel sends
    nothing on the line by itself.
    """
    box, net = (f"bk{name}{end}{os.getpid()}" for end in ("box", "net"))
    made = Line(box, net, f"{subnet}.1", f"{subnet}.2")
    for each in (box, net):
        ip("netns", "add", each)
    try:
        ip("link", "add", UPLINK, "netns", box, "type", "veth", "peer", "name", SITE, "netns", net)
        for each, device, address in (
            (box, UPLINK, made.box_address),
            (net, SITE, made.net_address),
        ):
            if not ipv6:
                ip("netns", "exec", each, "sh", "-c", f"echo 1 > {NO_IPV6}")
            ip("-n", each, "address", "add", f"{address}/24", "dev", device)
            ip("-n", each, "link", "set", device, "up")
            ip("-n", each, "link", "set", "lo", "up")
        yield made
    finally:
        for each in (box, net):
            ip("netns", "del", each)


def packets(space: str, device: str) -> int:
    """Count the packets that left by a device."""
    counter = f"/sys/class/net/{device}/statistics/tx_packets"
    return int(ip("netns", "exec", space, "cat", counter))
