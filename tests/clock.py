"""Clocks that a test sets, and what tells whether they are right."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from beekeed.core.clocktrust import Moment, Trust
from beekeed.core.model import Reason
from beekeed.errors import Code

START = datetime(2026, 11, 1, tzinfo=UTC)


class FakeClock:
    """A clock that goes only when it is told."""

    def __init__(self) -> None:
        self.time = START
        self._jumped = timedelta()

    def set(self, time: datetime) -> None:
        """Have the wall clock jump, as when it is set; no time passes."""
        self._jumped += time - self.time
        self.time = time

    def now(self) -> datetime:
        """See Clock."""
        return self.time

    def monotonic(self) -> float:
        """See Clock."""
        return (self.time - self._jumped).timestamp()

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class FakeTrust:
    """What says whether the clock is trusted, as the test wishes; a boot that lasts for ever."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.trusted = True
        self._clock = clock or FakeClock()

    async def look(self) -> None:
        """See ClockTrust. Nobody is to be asked."""

    def is_trusted(self) -> bool:
        """See ClockTrust."""
        return self.trusted

    def moment(self) -> Moment:
        """See ClockTrust."""
        trust = Trust.SYNCED if self.trusted else Trust.UNTRUSTED
        seconds = round(self._clock.monotonic() - START.timestamp())
        return Moment(self._clock.now(), "boot", seconds, trust)

    def doubt(self) -> Reason | None:
        """See ClockTrust."""
        return None if self.trusted else Reason(Code.CLOCK_UNCONFIRMED, {"now": ""})

    def wants_date(self) -> bool:
        """See ClockTrust. Nobody is to be asked."""
        return False

    def hear(self, date: datetime) -> None:
        """See ClockTrust. It is not what is wished."""


class FakeBoot:
    """A run of the machine. It `began` by the clock that nobody sets: now, unless told."""

    def __init__(
        self, monotonic: Callable[[], float], name: str = "first", began: float | None = None
    ) -> None:
        self.id = name
        self._monotonic = monotonic
        self._began = monotonic() if began is None else began

    def seconds(self) -> int:
        """See Boot."""
        return int(self._monotonic() - self._began)
