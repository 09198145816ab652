"""What systemd is told, and what of its environment counts."""

import asyncio
import os

import pytest

from beekeed.systemd import Manager, manager, watchdog_seconds
from tests.clock import FakeClock


async def test_a_long_start_is_extended_until_it_is_over_or_hangs() -> None:
    """Again and again, each time for longer than until the next; no longer than an hour."""
    told: list[str] = []
    clock = FakeClock()
    began = clock.monotonic()
    async with Manager(tell=told.append, watchdog_seconds=None).extending(clock):
        while clock.monotonic() < began + 60:
            await asyncio.sleep(0)
    count = len(told)
    assert count >= 6
    assert set(told) == {"EXTEND_TIMEOUT_USEC=60000000"}
    await asyncio.sleep(0)
    assert len(told) == count
    async with Manager(tell=told.append, watchdog_seconds=None).extending(clock):
        for _ in range(5000):
            await asyncio.sleep(0)
    assert clock.monotonic() < began + 60 + 3700


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_counts_where_it_is_ours(given: dict[str, str], seconds: float | None) -> None:
    """sd_watchdog_enabled(3)."""
    assert watchdog_seconds(given) == seconds


def test_without_systemd_nothing_is_told() -> None:
    """Not started by it, there is no watchdog either, whatever the environment says."""
    assert manager({"WATCHDOG_USEC": "30000000"}).watchdog_seconds is None
    manager({}).ready("idle")
