"""Whether there is a way out, in network namespaces of the kernel's own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beekeed.link.interfaces import interface_to
from beekeed.link.route import KernelRoute
from tests import namespaces
from tests.namespaces import SITE, UPLINK, Line, ip, packets

pytestmark = pytest.mark.root
ROOT = Path(__file__).parent.parent.parent
_DECNET = 12  # Linux lacks it since 6.1
ASK = "import sys, beekeed.link.route as r; print(r.KernelRoute(sys.argv[1]).is_up())"


@pytest.fixture
def line() -> Iterator[Line]:
    """A line on which the kernel sends nothing by itself, and no route beyond it."""
    with namespaces.line("way", subnet="10.78.0") as made:
        yield made


def is_up(line: Line, host: str, *, counts: bool = True) -> bool:
    """Ask from inside the box's namespace; asking sends nothing, where that can be counted."""
    before = packets(line.box, UPLINK)
    done = subprocess.run(
        ["ip", "netns", "exec", line.box, sys.executable, "-c", ASK, host],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert not counts or packets(line.box, UPLINK) == before, "asking sent something"
    return done.stdout.strip() == "True"


def test_a_name_needs_a_route_to_anywhere(line: Line) -> None:
    """Without a default route a name cannot be reached; an address on the line can."""
    assert not is_up(line, "moodle.example.org")
    assert is_up(line, "10.78.0.2")
    ip("-n", line.box, "route", "add", "default", "via", "10.78.0.2")
    assert is_up(line, "moodle.example.org")
    assert is_up(line, "198.51.100.7")


def test_a_line_without_a_carrier_leads_nowhere(line: Line) -> None:
    """The route is still there when the other end is not."""
    ip("-n", line.box, "route", "add", "default", "via", "10.78.0.2")
    ip("-n", line.net, "link", "set", SITE, "down")
    assert not is_up(line, "moodle.example.org")
    assert not is_up(line, "10.78.0.2")
    ip("-n", line.box, "link", "set", UPLINK, "down")
    assert not is_up(line, "10.78.0.2")


def test_an_ipv6_route_is_a_way_as_well() -> None:
    """Some carriers have no other. With IPv6 the kernel speaks by itself: nothing is counted."""
    with namespaces.line("six", subnet="10.78.1", ipv6=True) as line:
        ip("-n", line.box, "-6", "address", "add", "fd00:78::1/64", "dev", UPLINK, "nodad")
        assert not is_up(line, "moodle.example.org", counts=False)
        ip("-n", line.box, "-6", "route", "add", "default", "via", "fd00:78::2", "dev", UPLINK)
        assert is_up(line, "moodle.example.org", counts=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_is_always_there(host: str) -> None:
    """A site on the box itself, as in the demo."""
    assert KernelRoute(host).is_up()


def test_what_cannot_be_asked_for_leads_nowhere() -> None:
    """A zone that no interface can have, and a family that this kernel lacks."""
    assert not KernelRoute("fe80::1%\u2028").is_up()
    assert interface_to(_DECNET, ("192.0.2.1", 443)) is None
