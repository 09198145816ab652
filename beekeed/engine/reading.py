"""Reads the box and notes what is pending, some learners at a time, before a byte leaves.

The box's snapshot is open only while this runs. A slice is some learners with all
that they did: a day's work is that of a few learners, so slices by learner are
where most of a box can be left unread. Of whom a digest that the box's database
computes from every row is as it was when all of theirs was acknowledged, nothing
is compared; once a day, and after any trouble, everybody is (`core/change.py`).
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from beekeed.clock import Clock
from beekeed.core import change, grade, person
from beekeed.core.model import (
    DONE,
    Account,
    Activity,
    ActivityKey,
    Change,
    Completion,
    Course,
    Fact,
    GradeItem,
    Key,
    Kind,
    Learner,
    Reason,
    Receipt,
)
from beekeed.engine.stopping import Stop
from beekeed.errors import Code
from beekeed.ports.device import CompletionRow, DeviceMoodle, DeviceSnapshot, EnrolmentRow, GradeRow
from beekeed.ports.stores import Catalogue, Changes, Targets

log = logging.getLogger(__name__)

_LEARNERS = 50  # a slice: with 200 activities each, 10,000 rows

_STATES = frozenset(Completion)

_GRADED_LATER = frozenset({"assign"})  # Moodle has another function for them; not built yet

Tally = Counter[tuple[Kind, Code]]
"""What is on the box and not sent, by kind and reason."""


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course on the box with our numbers for it, its activities and their grade items."""

    course_id: int
    course: Course
    numbers: Mapping[ActivityKey, int]

    def tracked(self) -> Iterator[tuple[Activity, int]]:
        """Give the tracked activities with our numbers."""
        for activity in self.course.activities:
            if activity.tracked:
                yield activity, self.numbers[activity.key]

    def graded(self) -> Iterator[tuple[Activity, GradeItem, int]]:
        """Give the grade items whose grades are carried, with our numbers."""
        for activity in self.course.activities:
            if activity.key.modname not in _GRADED_LATER:
                for item in activity.items:
                    yield activity, item, self.numbers[replace(activity.key, item=item.number)]


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the box gave, beside what was noted as pending."""

    courses: Sequence[KnownCourse]
    unsent: Tally


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

    async def read(self, target_id: int, stop: Stop, *, compare_all: bool) -> Reading:
        """Note everything that is pending for a target.

        Raises DeviceUnreadable and Stopped; what was noted until then stays.
        """
        unsent: Tally = Counter()
        seen: set[int] = set()
        async with self._device.snapshot() as box:
            found = await stop.unless_asked(box.courses())
            courses = [await self._known(course) for course in found]
            digests = _Digests(await stop.unless_asked(box.digests()), courses)
            places = _Places(courses)
            async for chunk in box.learners():
                stop.check()
                people = await self._recognize(target_id, chunk)
                seen.update(each.learner_id for each in people)
                marks = {
                    each.learner_id: digests.mark(each.learner)
                    for each in people
                    if not each.is_somebody_else
                }
                same = await self._changes.unchanged(target_id, marks)
                left = [
                    each
                    for each in people
                    if each.learner_id in marks and (compare_all or each.learner_id not in same)
                ]
                for start in range(0, len(left), _LEARNERS):
                    stop.check()
                    part = left[start : start + _LEARNERS]
                    unsent += await self._compare(box, target_id, places, part, marks, same)
        unsent += await self._changes.end_reading(
            target_id, seen, self._clock.now(), compared_all=compare_all
        )
        return Reading(courses, unsent)

    async def _known(self, course: Course) -> KnownCourse:
        course_id = await self._catalogue.number_course(course)
        keys = [each.key for each in course.activities if each.tracked] + [
            replace(each.key, item=item.number) for each in course.activities for item in each.items
        ]
        numbers = await self._catalogue.number_activities(course_id, keys)
        return KnownCourse(course_id, course, numbers)

    async def _recognize(self, target_id: int, chunk: Sequence[Learner]) -> list["_Person"]:
        """Find our numbers and account receipts for some people on the box.

        Who holds no learner's role is somebody to us only if we knew them before.
        """
        former = [learner.username for learner in chunk if not learner.enrolled]
        numbers = {
            **await self._catalogue.known_learners(former),
            **await self._catalogue.number_learners([each for each in chunk if each.enrolled]),
        }
        accounts = await self._targets.accounts(target_id, numbers.values())
        people = [
            _Person(numbers[learner.username], learner, accounts.get(numbers[learner.username]))
            for learner in chunk
            if learner.username in numbers
        ]
        for each in people:
            if each.is_somebody_else:
                await self._changes.set_aside(target_id, each.as_aside(), self._clock.now())
            elif each.was_edited:
                await self._targets.renew_account(target_id, each.learner_id, each.learner)
        return people

    async def _compare(
        self,
        box: DeviceSnapshot,
        target_id: int,
        places: "_Places",
        people: Sequence["_Person"],
        marks: Mapping[int, int],
        same: Collection[int],
    ) -> Tally:
        """Hold all that some people did against their receipts, and note the differences.

        `same`: those whose marks say that there is none.
        """
        device_ids = [each.learner.device_id for each in people]
        enrolments = await box.enrolments(device_ids)
        completions = await box.completions(device_ids)
        grades = await box.grades(device_ids)
        receipts, noted = await self._changes.slice(target_id, [each.learner_id for each in people])
        work = _Work(places, people, receipts, noted)
        facts = list(work.facts(enrolments, completions, grades))
        receipts.update(
            (key, Receipt(key, "exists", str(each.account.online_id)))
            for each in people
            if each.account is not None and each.learner.enrolled
            for key in (Key(Kind.ACCOUNT, 0, 0, each.learner_id),)
        )
        found = change.compare(facts, receipts, noted)
        hidden = {key.learner_id for key in found.touched()} & set(same)
        if hidden:
            log.warning("the digests hid what %d learners did; it was found now", len(hidden))
        told = {each.learner_id for each in people} - work.with_unsent
        kept = {learner_id: mark for learner_id, mark in marks.items() if learner_id in told}
        await self._changes.note(target_id, found, kept, self._clock.now())
        work.unsent.update((key.kind, Code.GONE_FROM_BOX) for key in found.lost)
        return work.unsent


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody on the box, and who we know by that username."""

    learner_id: int
    learner: Learner
    account: Account | None

    @property
    def is_somebody_else(self) -> bool:
        """The username belonged to another person when it was acknowledged."""
        return self.account is not None and person.reused(self.learner, self.account)

    @property
    def was_edited(self) -> bool:
        """The same person, with a name or number that the receipt does not have."""
        before, now = self.account, self.learner
        return before is not None and (
            before.first_name,
            before.last_name,
            before.idnumber,
            before.device_id,
        ) != (now.first_name, now.last_name, now.idnumber, now.device_id)

    def as_aside(self) -> Change:
        """The change that stands for somebody who must not get the other's results."""
        key = Key(Kind.ACCOUNT, 0, 0, self.learner_id)
        return Change(key, "exists", None, aside=Reason(Code.USERNAME_REUSED))


class _Digests:
    """What tells whether anything of a person's changed: their digest and all that gives it sense.

    The courses are part of every mark: an activity that begins to be tracked makes
    facts of rows that were there before.
    """

    def __init__(self, digests: Mapping[int, int], courses: Sequence[KnownCourse]) -> None:
        self._digests = digests
        known = [
            (
                each.course_id,
                each.course.device_id,
                each.course.activities,
                sorted(each.numbers.values()),
            )
            for each in courses
        ]
        self._start = hashlib.sha256(repr(known).encode())

    def mark(self, learner: Learner) -> int:
        """Give a person's mark."""
        digest = self._digests.get(learner.device_id, 0)
        whole = self._start.copy()
        whole.update(f"{learner.device_id} {learner.enrolled} {digest}".encode())
        return int.from_bytes(whole.digest()[:7], "big")


class _Places:
    """Our numbers for the box's courses and tracked activities, by its ids."""

    def __init__(self, courses: Sequence[KnownCourse]) -> None:
        self.courses = {known.course.device_id: known.course_id for known in courses}
        self.activities = {
            activity.device_id: (known.course_id, activity_id)
            for known in courses
            for activity, activity_id in known.tracked()
        }
        self.items = {
            (activity.device_id, item.number): (known.course_id, activity_id)
            for known in courses
            for activity, item, activity_id in known.graded()
        }


@dataclass(slots=True)
class _Work:
    """What some people did, as facts; what is left over is tallied in `unsent`."""

    places: _Places
    people: Sequence[_Person]
    receipts: Mapping[Key, Receipt]
    noted: Mapping[Key, Change]
    unsent: Tally = field(default_factory=Counter)
    with_unsent: set[int] = field(default_factory=set)
    """Those learners who have any of it: they are looked at again each time."""

    def facts(
        self,
        enrolments: Sequence[EnrolmentRow],
        completions: Sequence[CompletionRow],
        grades: Sequence[GradeRow],
    ) -> Iterator[Fact]:
        """Give every fact of these people."""
        by_device_id = {each.learner.device_id: each for each in self.people}
        enrolled = dict(self._enrolled(enrolments, by_device_id))
        yield from enrolled.values()
        done = [
            *self._completed(completions, by_device_id, set(enrolled)),
            *self._graded(grades, by_device_id, set(enrolled)),
        ]
        yield from done
        yield from self._left(set(enrolled), done)
        with_work = {fact.key.learner_id for fact in done}
        for each in self.people:
            key = Key(Kind.ACCOUNT, 0, 0, each.learner_id)
            if each.learner.enrolled or (key in self.noted and each.learner_id in with_work):
                yield Fact(key, "exists", each.learner.created_at)

    def _enrolled(
        self, rows: Sequence[EnrolmentRow], by_device_id: Mapping[int, _Person]
    ) -> Iterator[tuple[Key, Fact]]:
        for row in rows:
            course_id = self.places.courses.get(row.course_device_id)
            if course_id is not None:
                learner_id = by_device_id[row.device_id].learner_id
                key = Key(Kind.ENROLMENT, course_id, 0, learner_id)
                yield key, Fact(key, _enrolment_value(row), row.since)

    def _completed(
        self,
        rows: Sequence[CompletionRow],
        by_device_id: Mapping[int, _Person],
        enrolled: set[Key],
    ) -> Iterator[Fact]:
        for row in rows:
            place = self.places.activities.get(row.activity_device_id)
            if place is None:
                continue
            who = by_device_id[row.device_id]
            if row.state not in _STATES:
                self._leave(who, Code.UNKNOWN_STATE)
            elif self._is_member(who, place[0], enrolled):
                key = Key(Kind.COMPLETION, *place, who.learner_id)
                yield Fact(key, str(row.state), row.at)
            elif row.state in DONE:
                self._leave(who, Code.NOT_ENROLLED_ON_BOX)

    def _graded(
        self, rows: Sequence[GradeRow], by_device_id: Mapping[int, _Person], enrolled: set[Key]
    ) -> Iterator[Fact]:
        for row in rows:
            place = self.places.items.get((row.activity_device_id, row.item))
            if place is None:
                continue
            who = by_device_id[row.device_id]
            if self._is_member(who, place[0], enrolled):
                key = Key(Kind.GRADE, *place, who.learner_id)
                yield Fact(key, grade.text(row.grade), row.at)
            else:
                self._leave(who, Code.NOT_ENROLLED_ON_BOX, Kind.GRADE)

    def _leave(self, who: _Person, code: Code, kind: Kind = Kind.COMPLETION) -> None:
        self.unsent[kind, code] += 1
        self.with_unsent.add(who.learner_id)

    def _is_member(self, who: _Person, course_id: int, enrolled: set[Key]) -> bool:
        """Whose work in a course counts: enrolled now, or when we last looked.

        The last results of somebody who left must not be lost.
        """
        key = Key(Kind.ENROLMENT, course_id, 0, who.learner_id)
        return key in enrolled or key in self.receipts or key in self.noted

    def _left(self, enrolled: set[Key], done: Sequence[Fact]) -> Iterator[Fact]:
        """Give the enrolments of who left before they were sent, where results wait for them."""
        waiting = {
            (fact.key.course_id, fact.key.learner_id)
            for fact in done
            if not change.acknowledged(fact, self.receipts.get(fact.key))
        }
        for key, before in self.noted.items():
            is_left = key.kind is Kind.ENROLMENT and key not in enrolled
            if is_left and (key.course_id, key.learner_id) in waiting:
                yield Fact(key, "left", before.happened_at)


def _enrolment_value(row: EnrolmentRow) -> str:
    if not row.active:
        return "suspended"
    return f"until:{row.ends_at}" if row.ends_at else "active"
