"""The link's changes, noticed as the kernel shows them, with its messages and without."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import namespaces
from tests.namespaces import SITE, UPLINK, Line, ip, packets
from tests.system.world import ROOT

pytestmark = pytest.mark.root

Words = tuple[str, ...]
WATCH = """
import asyncio, sys, time
from beekeed.clock import SystemClock
from beekeed.link.route import KernelRoute
from beekeed.link.watch import KernelWatch
from tests.link import sandboxed
if sys.argv[1] == "sandboxed":
    sandboxed.forbid_netlink()
watch = KernelWatch(route=KernelRoute("moodle.example.org"), clock=SystemClock())
async def main():
    while True:
        print(watch.is_up(), flush=True)
        await watch.changed(60)
        print(time.monotonic(), flush=True)
asyncio.run(main())
"""


@pytest.fixture
def line() -> Iterator[Line]:
    """A line with a default route, on which the kernel sends nothing by itself."""
    with namespaces.line("watch", subnet="10.81.0") as made:
        ip("-n", made.box, "route", "add", "default", "via", made.net_address)
        yield made


@pytest.mark.parametrize("how", ["allowed", "sandboxed"])
def test_each_change_is_noticed_within_ten_seconds(line: Line, how: str) -> None:
    """A carrier, an address, a route, gone and back; also where netlink is forbidden.

    Watching sends nothing.
    """
    before = packets(line.box, UPLINK)
    words = ["ip", "netns", "exec", line.box, sys.executable, "-c", WATCH, how]
    watching = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "True\n"
        route = ("route", "add", "default", "via", line.net_address)
        changes: list[tuple[str, Words, list[Words]]] = [
            (line.net, ("link", "set", SITE, "down"), [("link", "set", SITE, "up")]),
            (line.box, ("link", "set", UPLINK, "down"), [("link", "set", UPLINK, "up"), route]),
            (line.box, ("route", "delete", "default"), [route]),
            (
                line.box,
                ("address", "flush", "dev", UPLINK),
                [("address", "add", f"{line.box_address}/24", "dev", UPLINK), route],
            ),
        ]
        for space, down, up in changes if how == "allowed" else changes[1:3]:
            for words_, is_up in (([down], "False\n"), (up, "True\n")):
                time.sleep(0.3)  # it listens again
                changed_at = time.monotonic()
                for each in words_:
                    ip("-n", space, *each)
                noticed_at = float(watching.stdout.readline())
                assert noticed_at - changed_at < (2.3 if how == "allowed" else 10)
                assert watching.stdout.readline() == is_up
    finally:
        watching.terminate()
        watching.wait()
        watching.stdout.close()
    assert packets(line.box, UPLINK) == before


def test_interfaces_are_seen_where_netlink_is_forbidden(line: Line) -> None:
    """systemd's RestrictAddressFamilies without AF_NETLINK: the same names and addresses."""
    script = (
        "from tests.link import sandboxed; from beekeed.link.interfaces import interfaces\n"
        "free = interfaces(); sandboxed.forbid_netlink(); kept = interfaces()\n"
        "assert kept == free, (kept, free)\n"
        "assert '10.81.0.1' in str(kept)\n"
    )
    words = ["ip", "netns", "exec", line.box, sys.executable, "-c", script]
    subprocess.run(words, cwd=Path(ROOT), check=True)
