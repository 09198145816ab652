"""What the box's rows mean: facts about learners, by our own numbers.

No question to the box is asked here; `reading.py` brings the rows.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from beekeed.core import change, grade, person, profile
from beekeed.core.model import (
    DONE,
    NO_COMMENT,
    Account,
    Activity,
    ActivityKey,
    Change,
    Comment,
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
from beekeed.errors import Code
from beekeed.ports.device import CompletionRow, EnrolmentRow, GradeRow, MembershipRow

_STATES = frozenset(Completion)

Tally = Counter[tuple[Kind, Code]]
"""What is on the box and not sent, by kind and reason."""


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A course on the box with our numbers for it, its activities and their grade items."""

    course_id: int
    course: Course
    numbers: Mapping[ActivityKey, int]
    groups: Mapping[str, int]

    def tracked(self) -> Iterator[tuple[Activity, int]]:
        """Give the tracked activities with our numbers."""
        for activity in self.course.activities:
            if activity.tracked:
                yield activity, self.numbers[activity.key]

    def graded(self) -> Iterator[tuple[Activity, GradeItem, int]]:
        """Give the grade items with our numbers."""
        for activity in self.course.activities:
            for item in activity.items:
                yield activity, item, self.numbers[replace(activity.key, item=item.number)]


@dataclass(frozen=True, slots=True)
class FactRules:
    """The settings that decide which facts of the box there are.

    `comments`: a teacher's comment crosses with the grade of an assignment.
    `removals`: that an enrolment which we made is gone from the box is a fact.
    """

    comments: bool = True
    removals: bool = False

    @property
    def commented(self) -> frozenset[str]:
        """The kinds of activity of whose grades the comments cross."""
        return frozenset({"assign"}) if self.comments else frozenset()


@dataclass(frozen=True, slots=True)
class Rows:
    """The box's rows of some people."""

    enrolments: Sequence[EnrolmentRow]
    completions: Sequence[CompletionRow]
    grades: Sequence[GradeRow]
    memberships: Sequence[MembershipRow]
    members: Collection[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Person:
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


class Digests:
    """What tells whether anything of a person's changed: their digest and all that gives it sense.

    The courses and the rules are part of every mark: an activity that begins to be
    tracked makes facts of rows that were there before.
    """

    def __init__(
        self, digests: Mapping[int, int], courses: Sequence[KnownCourse], rules: FactRules
    ) -> None:
        self._digests = digests
        known = [
            (
                each.course_id,
                each.course.device_id,
                each.course.activities,
                sorted(each.numbers.values()),
                each.course.groups,
            )
            for each in courses
        ]
        self._start = hashlib.sha256(repr((known, rules)).encode())

    def mark(self, learner: Learner) -> int:
        """Give a person's mark."""
        digest = self._digests.get(learner.device_id, 0)
        whole = self._start.copy()
        own = (learner.device_id, learner.enrolled, digest, profile.fields(learner))
        whole.update(repr(own).encode())
        return int.from_bytes(whole.digest()[:7], "big")


class Places:
    """Our numbers for the box's courses, activities, grade items and groups, by its ids."""

    def __init__(self, courses: Sequence[KnownCourse], rules: FactRules) -> None:
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
        self.groups = {
            (known.course.device_id, name): (known.course_id, group_id)
            for known in courses
            for name, group_id in known.groups.items()
        }
        self.commented = {
            activity.device_id
            for known in courses
            for activity in known.course.activities
            if activity.key.modname in rules.commented
        }


@dataclass(slots=True)
class Work:
    """What some people did, as facts; what is left over is tallied in `unsent`."""

    places: Places
    rules: FactRules
    people: Sequence[Person]
    fields: Mapping[str, int]
    """Our numbers for the profile fields of these people."""
    receipts: Mapping[Key, Receipt]
    noted: Mapping[Key, Change]
    unsent: Tally = field(default_factory=Counter)
    with_unsent: set[int] = field(default_factory=set)
    """Those learners who have any of it: they are looked at again each time."""

    def facts(self, rows: Rows) -> Iterator[Fact]:
        """Give every fact of these people."""
        by_device_id = {each.learner.device_id: each for each in self.people}
        enrolled = dict(self._enrolled(rows.enrolments, by_device_id))
        yield from enrolled.values()
        done = [
            *self._completed(rows.completions, by_device_id, set(enrolled)),
            *self._graded(rows.grades, by_device_id, set(enrolled)),
        ]
        yield from done
        yield from self._left(set(enrolled), done)
        yield from self._removed(set(enrolled), self._members(rows.members, by_device_id))
        yield from self._joined(rows.memberships, by_device_id, set(enrolled))
        yield from self._profiles()
        with_work = {fact.key.learner_id for fact in done}
        for each in self.people:
            key = Key(Kind.ACCOUNT, 0, 0, each.learner_id)
            if each.learner.enrolled or (key in self.noted and each.learner_id in with_work):
                yield Fact(key, "exists", each.learner.created_at)

    def _members(
        self, rows: Collection[tuple[int, int]], by_device_id: Mapping[int, Person]
    ) -> set[Key]:
        """Give the enrolments of any kind that people still have, by our numbers."""
        return {
            Key(Kind.ENROLMENT, self.places.courses[course], 0, by_device_id[userid].learner_id)
            for userid, course in rows
            if course in self.places.courses
        }

    def _enrolled(
        self, rows: Sequence[EnrolmentRow], by_device_id: Mapping[int, Person]
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
        by_device_id: Mapping[int, Person],
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
        self, rows: Sequence[GradeRow], by_device_id: Mapping[int, Person], enrolled: set[Key]
    ) -> Iterator[Fact]:
        for row in rows:
            place = self.places.items.get((row.activity_device_id, row.item))
            if place is None:
                continue
            who = by_device_id[row.device_id]
            if self._is_member(who, place[0], enrolled):
                key = Key(Kind.GRADE, *place, who.learner_id)
                comment = (
                    _carried(row) if row.activity_device_id in self.places.commented else NO_COMMENT
                )
                yield Fact(key, grade.value(row.grade, comment), row.at)
            else:
                self._leave(who, Code.NOT_ENROLLED_ON_BOX, Kind.GRADE)

    def _joined(
        self,
        rows: Sequence[MembershipRow],
        by_device_id: Mapping[int, Person],
        enrolled: set[Key],
    ) -> Iterator[Fact]:
        for row in rows:
            place = self.places.groups.get((row.course_device_id, row.group))
            if place is not None and self._is_member(
                by_device_id[row.device_id], place[0], enrolled
            ):
                learner_id = by_device_id[row.device_id].learner_id
                yield Fact(Key(Kind.MEMBERSHIP, *place, learner_id), "member", row.at)

    def _profiles(self) -> Iterator[Fact]:
        """Give the profiles of those whose accounts we made: no other's is ever edited.

        A field that is empty is a fact only where something was acknowledged.
        """
        for each in self.people:
            if each.account is None or not each.account.made_by_us:
                continue
            for name, value in profile.fields(each.learner).items():
                key = Key(Kind.PROFILE, 0, self.fields[name], each.learner_id)
                if value or key in self.receipts:
                    yield Fact(key, value, None)

    def _leave(self, who: Person, code: Code, kind: Kind = Kind.COMPLETION) -> None:
        self.unsent[kind, code] += 1
        self.with_unsent.add(who.learner_id)

    def _is_member(self, who: Person, course_id: int, enrolled: set[Key]) -> bool:
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
            is_new = key.kind is Kind.ENROLMENT and key not in self.receipts
            if is_new and key not in enrolled and (key.course_id, key.learner_id) in waiting:
                yield Fact(key, "left", before.happened_at)

    def _removed(self, enrolled: set[Key], members: set[Key]) -> Iterator[Fact]:
        """Give the enrolments of ours that the box has no more, where the settings want it.

        Who has another role in the course now is still in it; of a course that the box
        has no more nothing is said.
        """
        if not self.rules.removals:
            return
        courses = set(self.places.courses.values())
        for key, receipt in self.receipts.items():
            is_gone = key.kind is Kind.ENROLMENT and key not in enrolled | members
            if is_gone and key.course_id in courses and receipt.online_value != "there":
                yield Fact(key, "removed", None)


def _carried(row: GradeRow) -> Comment:
    return row.comment.without_files() if row.comment.has_files else row.comment


def _enrolment_value(row: EnrolmentRow) -> str:
    if not row.active:
        return "suspended"
    return f"until:{row.ends_at}" if row.ends_at else "active"
