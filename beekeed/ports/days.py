"""Days in our own state: which are closed, what of each is saved, and what stands in its way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from beekeed.core.calendar import DayWork, Span
from beekeed.core.clocktrust import Moment
from beekeed.core.model import Kind
from beekeed.core.request import Period


class Days(Protocol):
    """The days of the targets, and the times of which the clock knew nothing."""

    async def closed(self, target_id: int) -> Sequence[Period]:
        """Give the closed days, in order and without gaps between neighbours."""
        ...

    async def close(self, target_id: int, run_id: int, period: Period, today: date) -> None:
        """Note days as closed by a run; those from today on are open again.

        A clock that was ahead may have closed them.
        """
        ...

    async def work(self, target_id: int, period: Period) -> Mapping[date, DayWork]:
        """Count what is saved of each day of a period, and what is not."""
        ...

    async def late(self, target_id: int) -> int:
        """Count what is late and waits for somebody to ask for its day."""
        ...

    async def note_not_carried(self, target_id: int, what: Collection[tuple[Kind, int]]) -> None:
        """Note which kinds in which courses the target does not carry, and no others."""
        ...

    async def known(self) -> Moment | None:
        """Give the newest moment that was noted while the clock was trusted."""
        ...

    async def note_known(self, now: Moment) -> None:
        """Note a moment at which the clock is trusted. It may be before the one it replaces."""
        ...

    async def note_doubt(self, span: Span, began: Moment | None = None) -> None:
        """Note when the clock was not trusted; one that began then is the same, and goes on.

        `began`: it still is not. Else it is over, and the clock was wrong.
        """
        ...

    async def open_doubt(self, boot_id: str) -> Moment | None:
        """Tell when the doubt of this boot began that is not over, if there is one."""
        ...

    async def believe(self, span: Span) -> None:
        """Forget that the clock was not trusted: it turned out right.

        What was first seen then is dated as if it had been trusted.
        """
        ...

    async def doubts(self) -> Sequence[Span]:
        """Give the times when the clock was not trusted."""
        ...

    async def date_unsure(self, now: datetime) -> None:
        """Have what was first seen on a clock that was not trusted count as first seen now."""
        ...
