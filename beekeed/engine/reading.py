"""Reads the box and notes what is pending, in slices, before a byte leaves.

The box's snapshot is open only while this runs.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from beekeed.clock import Clock
from beekeed.core import change, person
from beekeed.core.model import (
    DONE,
    Account,
    Activity,
    Change,
    Course,
    Fact,
    Key,
    Kind,
    Learner,
    Reason,
    Receipt,
)
from beekeed.errors import Code
from beekeed.ports.device import CompletionRow, DeviceMoodle, DeviceSnapshot, EnrolmentRow
from beekeed.ports.stores import Catalogue, Changes, Targets

log = logging.getLogger(__name__)

About = TypeVar("About", Change, Receipt)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the box gave, beside what was noted as pending."""

    courses: Sequence["KnownCourse"]
    not_enrolled: int
    """Completions of learners in courses where they are not enrolled, and never were at a sync."""


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course on the box with our numbers for it and its tracked activities."""

    course_id: int
    course: Course
    activity_ids: Mapping[Activity, int]


@dataclass(slots=True)
class _People:
    """Who is on the box: our learners' numbers by device id, and who is somebody else now."""

    by_device_id: dict[int, int] = field(default_factory=dict)
    learners: dict[int, Learner] = field(default_factory=dict)
    reused: set[int] = field(default_factory=set)

    def without_reused(self, rows: Mapping[Key, About]) -> dict[Key, About]:
        """Leave out what belongs to the former owner of a username."""
        return {key: row for key, row in rows.items() if key.learner_id not in self.reused}


class Reader:
    """Holds the box against the receipts of one target."""

    def __init__(
        self,
        *,
        clock: Clock,
        device: DeviceMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
    ) -> None:
        self._clock = clock
        self._device = device
        self._catalogue = catalogue
        self._changes = changes
        self._targets = targets

    async def read(self, target_id: int) -> Reading:
        """Note everything that is pending for a target.

        Raises DeviceUnreadable; what was noted before stays.
        """
        not_enrolled = 0
        async with self._device.snapshot(self._clock.now()) as box:
            people = await self._read_people(box, target_id)
            courses = [await self._known(course) for course in await box.courses()]
            for known in courses:
                members = await self._read_enrolments(box, target_id, known, people)
                for activity, activity_id in known.activity_ids.items():
                    where = _Slice(target_id, known.course_id, activity_id)
                    rows = await box.completions(activity)
                    await self._note_completions(where, rows, members, people)
                    not_enrolled += sum(
                        row.device_id in people.by_device_id and row.device_id not in members
                        for row in rows
                        if row.state in DONE
                    )
        await self._changes.end_reading(
            target_id,
            {known.course_id for known in courses},
            {id_ for known in courses for id_ in known.activity_ids.values()},
            self._clock.now(),
        )
        return Reading(courses, not_enrolled)

    async def _known(self, course: Course) -> KnownCourse:
        course_id = await self._catalogue.number_course(course)
        tracked = [activity for activity in course.activities if activity.tracked]
        numbers = await self._catalogue.number_activities(course_id, tracked)
        return KnownCourse(course_id, course, {each: numbers[each.key] for each in tracked})

    async def _read_people(self, box: DeviceSnapshot, target_id: int) -> _People:
        people = _People()
        accounts = await self._targets.account_receipts(target_id)
        async for chunk in box.learners():
            enrolled = [learner for learner in chunk if learner.enrolled]
            former = [learner.username for learner in chunk if not learner.enrolled]
            numbers = {
                **await self._catalogue.known_learners(former),
                **await self._catalogue.number_learners(enrolled),
            }
            for learner in chunk:
                if learner.username in numbers:
                    self._place(people, learner, numbers[learner.username], accounts)
        await self._note_accounts(target_id, people, accounts)
        return people

    def _place(
        self, people: _People, learner: Learner, number: int, accounts: Mapping[int, Account]
    ) -> None:
        account = accounts.get(number)
        if account is not None and person.reused(learner, account):
            people.reused.add(number)
        elif learner.enrolled or account is not None:
            people.by_device_id[learner.device_id] = number
        if learner.enrolled:
            people.learners[number] = learner

    async def _note_accounts(
        self, target_id: int, people: _People, accounts: Mapping[int, Account]
    ) -> None:
        _, noted = await self._changes.slice(target_id, Kind.ACCOUNT)
        receipts = {
            key: Receipt(key, "exists", str(account.online_id))
            for learner_id, account in accounts.items()
            if (key := Key(Kind.ACCOUNT, 0, 0, learner_id))
        }
        facts = [
            Fact(Key(Kind.ACCOUNT, 0, 0, number), "exists", learner.created_at)
            for number, learner in people.learners.items()
            if number not in people.reused
        ]
        found = change.compare(facts, receipts, people.without_reused(noted))
        now = self._clock.now()
        # An account that left the box stays online, and says nothing of anybody's work.
        await self._changes.note(target_id, replace(found, gone=(), back=()), now)
        for number in people.reused:
            await self._changes.set_aside(target_id, _reused(number), now)

    async def _read_enrolments(
        self, box: DeviceSnapshot, target_id: int, known: KnownCourse, people: _People
    ) -> Mapping[int, int]:
        """Note a course's enrolments; gives its members' numbers by device id.

        Members: who holds a learner's role now, and who was acknowledged as
        enrolled before, whose last results must not be lost.
        """
        rows = await box.enrolments(known.course)
        receipts, noted = await self._changes.slice(target_id, Kind.ENROLMENT, known.course_id)
        found = change.compare(
            _enrolment_facts(rows, known.course_id, people),
            people.without_reused(receipts),
            people.without_reused(noted),
        )
        await self._changes.note(target_id, found, self._clock.now())
        holders = {row.device_id for row in rows}
        acknowledged = {key.learner_id for key in receipts}
        return {
            device_id: number
            for device_id, number in people.by_device_id.items()
            if device_id in holders or number in acknowledged
        }

    async def _note_completions(
        self,
        where: "_Slice",
        rows: Sequence[CompletionRow],
        members: Mapping[int, int],
        people: _People,
    ) -> None:
        receipts, noted = await self._changes.slice(
            where.target_id, Kind.COMPLETION, where.course_id, where.activity_id
        )
        found = change.compare(
            _completion_facts(where, rows, members),
            people.without_reused(receipts),
            people.without_reused(noted),
        )
        await self._changes.note(where.target_id, found, self._clock.now())


@dataclass(frozen=True, slots=True)
class _Slice:
    """One activity of a course, for one target."""

    target_id: int
    course_id: int
    activity_id: int


def _completion_facts(
    where: _Slice, rows: Iterable[CompletionRow], members: Mapping[int, int]
) -> Iterable[Fact]:
    return [
        Fact(
            Key(Kind.COMPLETION, where.course_id, where.activity_id, members[row.device_id]),
            str(row.state),
            row.at,
        )
        for row in rows
        if row.device_id in members
    ]


def _enrolment_facts(
    rows: Iterable[EnrolmentRow], course_id: int, people: _People
) -> Iterable[Fact]:
    return [
        Fact(
            Key(Kind.ENROLMENT, course_id, 0, people.by_device_id[row.device_id]),
            "active" if row.active else "suspended",
            row.since,
        )
        for row in rows
        if row.device_id in people.by_device_id
    ]


def _reused(learner_id: int) -> Change:
    reason = Reason(Code.USERNAME_REUSED)
    return Change(Key(Kind.ACCOUNT, 0, 0, learner_id), "exists", None, aside=reason)
