"""Whether there is a way out, in network namespaces of the kernel's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beekeed.link.route import KernelRoute

pytestmark = pytest.mark.root
ROOT = Path(__file__).parent.parent.parent
BOX, NET = f"bkway{os.getpid()}", f"bkfar{os.getpid()}"
ASK = "import sys, beekeed.link.route as r; print(r.KernelRoute(sys.argv[1]).is_up())"


def ip(*words: str) -> str:
    """Run iproute2."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def line() -> Iterator[None]:
    """Two namespaces with a line between them, up, and no route beyond it."""
    for name in (BOX, NET):
        ip("netns", "add", name)
    try:
        ip("link", "add", "out", "netns", BOX, "type", "veth", "peer", "name", "in", "netns", NET)
        for name, device, address in ((BOX, "out", "10.78.0.1"), (NET, "in", "10.78.0.2")):
            ip("-n", name, "address", "add", f"{address}/24", "dev", device)
            ip("-n", name, "link", "set", device, "up")
        ip("-n", BOX, "link", "set", "lo", "up")
        yield
    finally:
        for name in (BOX, NET):
            ip("netns", "del", name)


def is_up(host: str) -> bool:
    """Ask from inside the box's namespace; no packet that it sends counts."""
    before = packets()
    done = subprocess.run(
        ["ip", "netns", "exec", BOX, sys.executable, "-c", ASK, host],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert packets() - before <= 2, "asking sent something"  # the kernel's own router solicitations
    return done.stdout.strip() == "True"


def packets() -> int:
    """How many packets left the box."""
    text = ip("netns", "exec", BOX, "cat", "/sys/class/net/out/statistics/tx_packets")
    return int(text)


def test_a_name_needs_a_route_to_anywhere(line: None) -> None:
    """Without a default route a name cannot be reached; an address on the line can."""
    assert not is_up("moodle.example.org")
    assert is_up("10.78.0.2")
    ip("-n", BOX, "route", "add", "default", "via", "10.78.0.2")
    assert is_up("moodle.example.org")
    assert is_up("198.51.100.7")


def test_a_line_without_a_carrier_leads_nowhere(line: None) -> None:
    """The route is still there when the other end is not."""
    ip("-n", BOX, "route", "add", "default", "via", "10.78.0.2")
    ip("-n", NET, "link", "set", "in", "down")
    assert not is_up("moodle.example.org")
    assert not is_up("10.78.0.2")
    ip("-n", BOX, "link", "set", "out", "down")
    assert not is_up("10.78.0.2")


def test_an_ipv6_route_is_a_way_as_well(line: None) -> None:
    """Some carriers have no other."""
    ip("-n", BOX, "-6", "address", "add", "fd00:78::1/64", "dev", "out", "nodad")
    assert not is_up("moodle.example.org")
    ip("-n", BOX, "-6", "route", "add", "default", "via", "fd00:78::2", "dev", "out")
    assert is_up("moodle.example.org")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_always_there(host: str) -> None:
    """A site on the box itself, as in the demo."""
    assert KernelRoute(host).is_up()
