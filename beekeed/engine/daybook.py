"""Days in a run: what is late when it is first seen, and what a run closes at its end.

On a clock that is not trusted no day closes. The times when it was not are kept, so that
work made then is known later; a clock that turns out right was right before.
"""

from datetime import datetime, timedelta

from beekeed.clock import Clock
from beekeed.core import calendar
from beekeed.core.calendar import Dating, Span
from beekeed.core.request import Period
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.days import Days
from beekeed.ports.stores import Targets

_JUMP = timedelta(minutes=1)  # a clock that is set by less was right enough


class DayBook:
    """Keeps the days for the engine."""

    def __init__(self, *, clock: Clock, trust: ClockTrust, days: Days, targets: Targets) -> None:
        self._clock = clock
        self._trust = trust
        self._days = days
        self._targets = targets
        self._doubt: tuple[datetime, float] | None = None

    async def look(self) -> bool:
        """Look at the clock, and note since when it is not trusted; tells whether it is."""
        trusted = self._trust.is_trusted()
        if self._doubt is None:
            if trusted:
                return True
            self._doubt = (self._clock.now(), self._clock.monotonic())
        began_at, began = self._doubt
        ended_at = began_at + timedelta(seconds=self._clock.monotonic() - began)
        if trusted and abs(self._clock.now() - ended_at) < _JUMP:
            await self._days.drop_doubt(began_at)
        else:
            await self._days.note_doubt(Span(began_at, ended_at))
        if trusted:
            self._doubt = None
        return trusted

    async def dating(self, target_id: int) -> Dating:
        """Give what tells whether something that is first seen now is late."""
        trusted = await self.look()
        if trusted:
            await self._days.date_unsure(self._clock.now())
        return Dating(
            closed=await self._days.closed(target_id),
            courses=await self._targets.synchronized(target_id),
            doubts=await self._days.doubts(),
            trusted=trusted,
        )

    async def close(self, target_id: int, run_id: int, period: Period | None, began: float) -> None:
        """Close the days that a run covered which began at a moment of the monotonic clock.

        When that was by the calendar, only a clock that is trusted now tells.
        """
        if not await self.look():
            return
        now = self._clock.now()
        closes = calendar.closes(period, now - timedelta(seconds=self._clock.monotonic() - began))
        if closes is not None:
            await self._days.close(target_id, run_id, closes, calendar.day(now))
