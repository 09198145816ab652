"""Days in a run: what is late when it is first seen, and what a run closes at its end.

On a clock that is not trusted no day closes. The times when it was not are kept, so that
work made then is known later; a clock that turns out right was right before, and what was
seen meanwhile is dated as if nobody had doubted.
"""

from collections.abc import Sequence
from datetime import timedelta

from beekeed.clock import Clock
from beekeed.core import calendar
from beekeed.core.calendar import Dating, Span
from beekeed.core.clocktrust import Moment, doubt_since, is_unset_since
from beekeed.core.request import Period
from beekeed.ports.clocktrust import ClockTrust, Timed
from beekeed.ports.days import Days
from beekeed.ports.stores import Targets

_JUMP = timedelta(minutes=1)  # a clock that is set by less was right enough


class DayBook:
    """Keeps the days for the engine. `timed`: what else has rows to put right."""

    def __init__(
        self,
        *,
        clock: Clock,
        trust: ClockTrust,
        days: Days,
        targets: Targets,
        timed: Sequence[Timed] = (),
    ) -> None:
        self._clock = clock
        self._trust = trust
        self._days = days
        self._targets = targets
        self._timed = timed
        self._last: Moment | None = None

    async def look(self) -> bool:
        """Look at the clock, and note since when it is not trusted; tells whether it is."""
        await self._trust.look()
        now = self._trust.moment()
        last = self._last or await self._days.known()
        if not now.is_trusted:
            await self._doubt(now, last)
        elif self._last is None or not self._last.is_trusted:
            await self._believe(now)
        self._last = now
        return now.is_trusted

    async def _doubt(self, now: Moment, last: Moment | None) -> None:
        """Note since when nobody knows the time. Where the clock was set, that begins anew."""
        began = await self._days.open_doubt(now.boot_id)
        if began is not None and not is_unset_since(began, now):
            await self._days.note_doubt(_span(began, now))
            began = None
        if began is None:
            since = doubt_since(now, last)
            elapsed = round((now.at - since).total_seconds())
            began = Moment(since, now.boot_id, now.boot_seconds - elapsed)
        await self._days.note_doubt(_span(began, now), began)

    async def _believe(self, now: Moment) -> None:
        """End the doubt of this boot, and put right what was written in it."""
        began = await self._days.open_doubt(now.boot_id)
        if began is not None:
            span = _span(began, now)
            if abs(now.at - span.ended_at) < _JUMP:
                await self._days.believe(span)
            else:
                await self._days.note_doubt(span)
        for each in self._timed:
            await each.put_right(now)
        await self._days.note_known(now)

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
        await self._days.note_known(self._trust.moment())


def _span(began: Moment, now: Moment) -> Span:
    """Give the time since a doubt began, by the clock that it began with."""
    return Span(began.at, began.at + timedelta(seconds=now.boot_seconds - began.boot_seconds))
