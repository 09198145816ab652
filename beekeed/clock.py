"""The only place that reads the time or sleeps.

`now` is for the calendar; `monotonic` is for waiting: the wall clock jumps on a
box without a battery clock.
"""

import asyncio
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOCAL_TIME = Path("/etc/localtime")


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


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone, and how far its clocks are ahead of UTC at some moment."""

    name: str
    offset_seconds: int


def local_zone(moment: datetime) -> Zone:
    """Give the machine's zone at a moment, also where it was set since we started."""
    time.tzset()
    local = time.localtime(moment.timestamp())
    return Zone(_zone_name() or local.tm_zone, local.tm_gmtoff)


def _zone_name() -> str:
    """Give its name as people choose it, like Europe/Paris; empty where it has none."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named
    try:
        return str(_LOCAL_TIME.readlink()).partition("/zoneinfo/")[2]
    except OSError:
        return ""


class Boot(Protocol):
    """Which boot of the box this is, and how long it lasts."""

    @property
    def id(self) -> str:
        """Another one after each start of the box."""
        ...

    def seconds(self) -> int:
        """Seconds since the box started, asleep or not. Nobody can set them."""
        ...


class SystemBoot:
    """The kernel's own word on it."""

    def __init__(self) -> None:
        try:
            self._id = _BOOT_ID.read_text().strip()
        except OSError:  # /proc may be hidden from us: then each start of beekeed counts as one
            self._id = uuid.uuid4().hex

    @property
    def id(self) -> str:
        """See Boot."""
        return self._id

    def seconds(self) -> int:
        """See Boot."""
        return int(time.clock_gettime(time.CLOCK_BOOTTIME))
