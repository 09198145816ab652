"""The box's own Moodle: read, and nothing else."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.model import NO_COMMENT, Comment, Course, Learner, Uncarried


@dataclass(frozen=True, slots=True)
class About:
    """The box's Moodle: its release, and whether our account there could change its data."""

    release: str
    may_write: bool


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """A learner of a course on the box. `since` is None where the box has no time.

    `active`: by the box's own settings, whatever its clock says. `ends_at`: Unix
    seconds, 0 where it never ends.
    """

    device_id: int
    course_device_id: int
    active: bool
    ends_at: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """A row of the box's activity completions; `state` as it stands there."""

    device_id: int
    activity_device_id: int
    state: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A grade of somebody in an item of an activity, as it counts on the box.

    What a teacher set there (`overridden`), else the raw grade. `comment`: the feedback
    beside it.
    """

    device_id: int
    activity_device_id: int
    item: int
    grade: float
    at: datetime | None
    comment: Comment = NO_COMMENT


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """Somebody is in a group of that name in a course on the box."""

    device_id: int
    course_device_id: int
    group: str
    at: datetime | None


class DeviceSnapshot(Protocol):
    """The box's Moodle at one moment. Every method raises DeviceUnreadable."""

    async def about(self) -> About:
        """What this Moodle is, for the check."""
        ...

    async def courses(self) -> Sequence[Course]:
        """Every course but the site's own, with its activities that are not being deleted."""
        ...

    def learners(self, *, everybody: bool = False) -> AsyncGenerator[Sequence[Learner], None]:
        """Chunks of the people who hold a learner's role in a course, or did something.

        `everybody`: the others as well, who may have been learners. Never guest,
        administrator or deleted accounts. Whoever leaves off before the last chunk closes it
        (`aclosing`) while the snapshot is open.
        """
        ...

    async def digests(self) -> Mapping[int, int]:
        """Give a number for each person that changes when anything changes that they did.

        By device id, of 60 bits: that it stays the same by chance is not to be
        expected, but can happen. Covers enrolments, completions, grades and memberships;
        not what `courses` and `learners` give. People of whom nothing is there are left out.
        """
        ...

    async def enrolments(self, device_ids: Collection[int]) -> Sequence[EnrolmentRow]:
        """In which courses some people hold a learner's role, one row each."""
        ...

    async def members(self, device_ids: Collection[int]) -> Collection[tuple[int, int]]:
        """In which courses some people have any enrolment, whatever their role: ids of both."""
        ...

    async def completions(self, device_ids: Collection[int]) -> Sequence[CompletionRow]:
        """Every completion row of some people."""
        ...

    async def grades(self, device_ids: Collection[int]) -> Sequence[GradeRow]:
        """Every grade of some people in an activity; never the computed totals."""
        ...

    async def memberships(self, device_ids: Collection[int]) -> Sequence[MembershipRow]:
        """In which groups some people are."""
        ...

    async def uncarried(self, commented: Collection[str]) -> Mapping[Uncarried, int]:
        """Count badges, course completions and comments on the box, which stay there.

        Not the comments on grades in activities of the kinds in `commented`.
        """
        ...


class DeviceMoodle(Protocol):
    """The box's own Moodle, read only."""

    def snapshot(self) -> AbstractAsyncContextManager[DeviceSnapshot]:
        """Open a consistent view.

        Raises DeviceUnreadable with what the technician must look at.
        """
        ...
