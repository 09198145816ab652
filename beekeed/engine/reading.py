"""Reads the box and notes what is pending, some learners at a time, before a byte leaves.

The box's snapshot is open only while this runs. A slice is some learners with all
that they did: a day's work is that of a few learners, so slices by learner are
where most of a box can be left unread.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from beekeed.clock import Clock
from beekeed.core import change, person
from beekeed.core.model import (
    DONE,
    Account,
    Activity,
    Change,
    Completion,
    Course,
    Fact,
    Key,
    Kind,
    Learner,
    Reason,
    Receipt,
)
from beekeed.engine.stopping import Stop
from beekeed.errors import Code
from beekeed.ports.device import CompletionRow, DeviceMoodle, DeviceSnapshot, EnrolmentRow
from beekeed.ports.stores import Catalogue, Changes, Targets

_LEARNERS = 50  # a slice: with 200 activities each, 10,000 rows

_STATES = frozenset(Completion)

Tally = Counter[tuple[Kind, Code]]
"""What is on the box and not sent, by kind and reason."""


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course on the box with our numbers for it and its tracked activities."""

    course_id: int
    course: Course
    activity_ids: Mapping[Activity, int]


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

    async def read(self, target_id: int, stop: Stop) -> Reading:
        """Note everything that is pending for a target.

        Raises DeviceUnreadable and Stopped; what was noted until then stays.
        """
        unsent: Tally = Counter()
        seen: set[int] = set()
        async with self._device.snapshot() as box:
            courses = [await self._known(course) for course in await box.courses()]
            places = _Places(courses)
            async for chunk in box.learners():
                people = await self._recognize(target_id, chunk)
                seen.update(each.learner_id for each in people)
                known = [each for each in people if not each.is_somebody_else]
                for start in range(0, len(known), _LEARNERS):
                    stop.check()
                    part = known[start : start + _LEARNERS]
                    unsent += await self._compare(box, target_id, places, part)
        unsent += await self._changes.end_reading(target_id, seen, self._clock.now())
        return Reading(courses, unsent)

    async def _known(self, course: Course) -> KnownCourse:
        course_id = await self._catalogue.number_course(course)
        tracked = [activity for activity in course.activities if activity.tracked]
        numbers = await self._catalogue.number_activities(course_id, tracked)
        return KnownCourse(course_id, course, {each: numbers[each.key] for each in tracked})

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
        self, box: DeviceSnapshot, target_id: int, places: "_Places", people: Sequence["_Person"]
    ) -> Tally:
        """Hold all that some people did against their receipts, and note the differences."""
        device_ids = [each.learner.device_id for each in people]
        enrolments = await box.enrolments(device_ids)
        completions = await box.completions(device_ids)
        receipts, noted = await self._changes.slice(target_id, [each.learner_id for each in people])
        work = _Work(places, people, receipts, noted)
        facts = list(work.facts(enrolments, completions))
        receipts.update(
            (key, Receipt(key, "exists", str(each.account.online_id)))
            for each in people
            if each.account is not None and each.learner.enrolled
            for key in (Key(Kind.ACCOUNT, 0, 0, each.learner_id),)
        )
        found = change.compare(facts, receipts, noted)
        await self._changes.note(target_id, found, self._clock.now())
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


class _Places:
    """Our numbers for the box's courses and tracked activities, by its ids."""

    def __init__(self, courses: Sequence[KnownCourse]) -> None:
        self.courses = {known.course.device_id: known.course_id for known in courses}
        self.activities = {
            activity.device_id: (known.course_id, activity_id)
            for known in courses
            for activity, activity_id in known.activity_ids.items()
        }


@dataclass(slots=True)
class _Work:
    """What some people did, as facts; what is left over is tallied in `unsent`."""

    places: _Places
    people: Sequence[_Person]
    receipts: Mapping[Key, Receipt]
    noted: Mapping[Key, Change]
    unsent: Tally = field(default_factory=Counter)

    def facts(
        self, enrolments: Sequence[EnrolmentRow], completions: Sequence[CompletionRow]
    ) -> Iterator[Fact]:
        """Give every fact of these people."""
        by_device_id = {each.learner.device_id: each for each in self.people}
        enrolled = dict(self._enrolled(enrolments, by_device_id))
        yield from enrolled.values()
        done = list(self._completed(completions, by_device_id, set(enrolled)))
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
                self.unsent[Kind.COMPLETION, Code.UNKNOWN_STATE] += 1
            elif self._is_member(who, place[0], enrolled):
                key = Key(Kind.COMPLETION, *place, who.learner_id)
                yield Fact(key, str(row.state), row.at)
            elif row.state in DONE:
                self.unsent[Kind.COMPLETION, Code.NOT_ENROLLED_ON_BOX] += 1

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
