"""The box's own Moodle: read, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.model import Activity, Course, Learner


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """A learner of a course on the box. `since` is None where the box has no time."""

    device_id: int
    active: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """A row of the box's activity completions."""

    device_id: int
    state: int
    at: datetime | None


class DeviceSnapshot(Protocol):
    """The box's Moodle at one moment. Every method raises DeviceUnreadable."""

    async def courses(self) -> Sequence[Course]:
        """Every course but the site's own, with its activities that are not being deleted."""
        ...

    def learners(self) -> AsyncIterator[Sequence[Learner]]:
        """Chunks of the people who hold a learner's role in a course, or did something.

        Never guest, administrator or deleted accounts.
        """
        ...

    async def enrolments(self, course: Course) -> Sequence[EnrolmentRow]:
        """Who holds a learner's role in a course, one row a person."""
        ...

    async def completions(self, activity: Activity) -> Sequence[CompletionRow]:
        """Every completion row of an activity, whoever has it."""
        ...


class DeviceMoodle(Protocol):
    """The box's own Moodle, read only."""

    def snapshot(self, now: datetime) -> AbstractAsyncContextManager[DeviceSnapshot]:
        """Open a consistent view. `now` tells which enrolments have ended.

        Raises DeviceUnreadable with what the technician must look at.
        """
        ...
