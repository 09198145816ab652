"""Whether the box's clock may be believed: it has no battery (features.md, row 22)."""

from datetime import datetime
from typing import Protocol

from beekeed.core.clocktrust import Moment
from beekeed.core.model import Reason


class ClockTrust(Protocol):
    """What knows whether the wall clock tells the true time."""

    async def look(self) -> None:
        """Ask those who take a moment to answer, where nobody else confirmed the clock."""
        ...

    def is_trusted(self) -> bool:
        """Tell whether it does now, as far as anybody knows: synced or plausible."""
        ...

    def moment(self) -> Moment:
        """Give what the box's clocks say now, and how far the wall clock is believed."""
        ...

    def doubt(self) -> Reason | None:
        """Tell why the clock is not trusted now; None where it is."""
        ...

    def wants_date(self) -> bool:
        """Tell whether the online Moodle's Date could tell more than is known."""
        ...

    def hear(self, date: datetime) -> None:
        """Take the Date of an answer that surely came from the online Moodle."""
        ...


class Timed(Protocol):
    """What keeps rows with times that a clock may have told which was not trusted."""

    async def put_right(self, now: Moment) -> None:
        """Give this boot's rows of such a clock their true times: the clock is trusted now."""
        ...
