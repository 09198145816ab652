"""The only place that reads the time or sleeps.

`now` is for the calendar; `monotonic` is for waiting: the wall clock jumps on a
box without a battery clock.
"""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC. It may jump either way."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many monotonic seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See Clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        await asyncio.sleep(seconds)


class Boot(Protocol):
    """This run of the machine, and the clock that nobody sets."""

    @property
    def id(self) -> str:
        """What tells this run of the machine from every other."""
        ...

    def seconds(self) -> int:
        """Seconds since the machine was started, asleep or not."""
        ...


class SystemBoot:
    """What the kernel says of it."""

    def __init__(self) -> None:
        self.id = _BOOT_ID.read_text("ascii").strip()

    def seconds(self) -> int:
        """See Boot."""
        return int(time.clock_gettime(time.CLOCK_BOOTTIME))
