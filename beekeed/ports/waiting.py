"""Who is not safe yet: learners of whom something is not online."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WaitingLearner:
    """A learner with the number of changes that are not online, the late and set aside included.

    `courses`: the short names of those in which something is not, in their order. `since`: when
    the oldest of it happened, or was first seen where that is not known.
    """

    username: str
    first_name: str
    last_name: str
    waiting: int
    late: int
    aside: int
    courses: Sequence[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Some learners, and how many there are in all. `more`: whether others come after these."""

    total: int
    learners: Sequence[WaitingLearner]
    more: bool


class WaitingLearners(Protocol):
    """The learners of whom something is not online, by last name, first name and username."""

    async def page(self, target_id: int, after: str | None, limit: int) -> WaitingPage | None:
        """Give the first learners, or those that come after one with a username.

        That one need not wait any more; None where there never was one.
        """
        ...
