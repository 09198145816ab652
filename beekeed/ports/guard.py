"""The guard against mass changes, as our own state keeps it (see core.guard)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.guard import Area, Loss, why
from beekeed.core.model import Kind, Reason


@dataclass(frozen=True, slots=True)
class Guard:
    """A question that is open: so much fell in a course. `number` names it for people."""

    number: int
    kind: Kind
    course_id: int
    shortname: str
    fullname: str
    loss: Loss
    since: datetime

    @property
    def area(self) -> Area:
        """What is held back until it is answered."""
        return self.kind, self.course_id

    @property
    def reason(self) -> Reason:
        """The question, to be said."""
        return why(self.kind, self.fullname, self.loss, self.number)


@dataclass(frozen=True, slots=True)
class GuardEvent:
    """What became of a question: "asked", "accepted" by somebody, or "over" by itself."""

    what: str
    kind: Kind
    shortname: str
    loss: Loss
    at: datetime
    by: str


class Guards(Protocol):
    """What fell on the box, and the questions about it."""

    async def look(self, target_id: int, now: datetime) -> Sequence[Guard]:
        """Count what fell, after a reading of the box was noted; gives what is asked now."""
        ...

    async def open(self, target_id: int) -> Sequence[Guard]:
        """Give what was asked at the last look and not accepted since; the largest first."""
        ...

    async def accept(
        self, target_id: int, numbers: Collection[int], by: str, now: datetime
    ) -> None:
        """Take what fell in some areas as known, as it was last read: it may be lowered."""
        ...

    async def history(self, target_id: int, limit: int) -> Sequence[GuardEvent]:
        """Give what was asked and answered, newest first."""
        ...
