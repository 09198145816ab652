"""Reads the box and notes what is pending, some learners at a time, before a byte leaves.

The box's snapshot is open only while this runs. A slice is some learners with all
that they did: a day's work is that of a few learners, so slices by learner are
where most of a box can be left unread. Of whom a digest that the box's database
computes from every row is as it was when all of theirs was acknowledged, nothing
is compared; once a day, and after any trouble, everybody is (`core/change.py`).
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from beekeed.clock import Clock
from beekeed.core import change, profile
from beekeed.core.calendar import UNDATED, Dating
from beekeed.core.model import Course, Key, Kind, Learner, Receipt, Uncarried
from beekeed.engine.facts import (
    Digests,
    FactRules,
    KnownCourse,
    Person,
    Places,
    Rows,
    Tally,
    Work,
)
from beekeed.engine.stopping import Stop
from beekeed.errors import Code
from beekeed.ports.device import DeviceMoodle, DeviceSnapshot
from beekeed.ports.stores import Catalogue, Changes, Targets

log = logging.getLogger(__name__)

_LEARNERS = 50  # a slice: with 200 activities each, 10,000 rows


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the box gave, beside what was noted as pending."""

    courses: Sequence[KnownCourse]
    unsent: Tally
    uncarried: Mapping[Uncarried, int]


async def _undated(_: int) -> Dating:
    return UNDATED


class Reader:
    """Holds the box against the receipts of one target. `dating`: what tells what is late."""

    def __init__(
        self,
        *,
        clock: Clock,
        device: DeviceMoodle,
        catalogue: Catalogue,
        changes: Changes,
        targets: Targets,
        rules: FactRules,
        dating: Callable[[int], Awaitable[Dating]] = _undated,
    ) -> None:
        self._rules = rules
        self._dating = dating
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
        dating = await self._dating(target_id)
        async with self._device.snapshot() as box:
            found = await stop.unless_asked(box.courses())
            courses = [await self._known(course) for course in found]
            digests = Digests(await stop.unless_asked(box.digests()), courses, self._rules)
            places = Places(courses, self._rules)
            uncarried = await stop.unless_asked(box.uncarried(self._rules.commented))
            async with aclosing(box.learners(everybody=self._rules.removals)) as chunks:
                async for chunk in chunks:
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
                        unsent += await self._compare(
                            box, target_id, places, part, marks, same, dating
                        )
        unsent += await self._changes.end_reading(
            target_id, seen, self._clock.now(), compared_all=compare_all
        )
        return Reading(courses, unsent, uncarried)

    async def _known(self, course: Course) -> KnownCourse:
        course_id = await self._catalogue.number_course(course)
        keys = [each.key for each in course.activities if each.tracked] + [
            replace(each.key, item=item.number) for each in course.activities for item in each.items
        ]
        numbers = await self._catalogue.number_activities(course_id, keys)
        groups = await self._catalogue.number_groups(course_id, course.groups)
        return KnownCourse(course_id, course, numbers, groups)

    async def _recognize(self, target_id: int, chunk: Sequence[Learner]) -> list[Person]:
        """Find our numbers and account receipts for some people on the box.

        Who holds no learner's role is somebody to us only if we knew them before; the names
        that count are those of now, as the username may have come to another child.
        """
        former = [learner.username for learner in chunk if not learner.enrolled]
        known = await self._catalogue.known_learners(former)
        numbers = await self._catalogue.number_learners(
            [each for each in chunk if each.enrolled or each.username in known]
        )
        accounts = await self._targets.accounts(target_id, numbers.values())
        people = [
            Person(numbers[learner.username], learner, accounts.get(numbers[learner.username]))
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
        places: Places,
        people: Sequence[Person],
        marks: Mapping[int, int],
        same: Collection[int],
        dating: Dating,
    ) -> Tally:
        """Hold all that some people did against their receipts, and note the differences.

        `same`: those whose marks say that there is none.
        """
        device_ids = [each.learner.device_id for each in people]
        rows = Rows(
            enrolments=await box.enrolments(device_ids),
            completions=await box.completions(device_ids),
            grades=await box.grades(device_ids),
            memberships=await box.memberships(device_ids),
            members=await box.members(device_ids) if self._rules.removals else (),
        )
        receipts, noted = await self._changes.slice(target_id, [each.learner_id for each in people])
        names = {name for each in people for name in profile.fields(each.learner)}
        fields = await self._catalogue.number_fields(sorted(names))
        work = Work(places, self._rules, people, fields, receipts, noted)
        facts = list(work.facts(rows))
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
        await self._changes.note(target_id, found, kept, self._clock.now(), dating)
        work.unsent.update((key.kind, Code.GONE_FROM_BOX) for key in found.lost)
        return work.unsent
