"""What is pending, counted, for who wants to know before anything goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from beekeed.core.model import Kind, Reason
from beekeed.core.request import EVERYTHING, Wanted


@dataclass(frozen=True, slots=True)
class PendingCount:
    """How many changes of a kind are pending in a course (0: none).

    `aside`: why they do not go: set aside, or late.
    """

    kind: Kind
    course_id: int
    aside: Reason | None
    count: int


class Outlook(Protocol):
    """What is pending, counted."""

    async def pending(self, target_id: int, wanted: Wanted = EVERYTHING) -> Sequence[PendingCount]:
        """Count what is pending of the wanted days, by kind, course and why it does not go."""
        ...

    async def left_out(self, target_id: int) -> Mapping[int, Reason]:
        """Give the courses that were not the same online when last checked, with the reason."""
        ...

    async def enrolled(self, target_id: int) -> Mapping[int, int]:
        """Count the learners of the box in each course, enrolled there online or to be."""
        ...
