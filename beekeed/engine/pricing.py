"""Prices the requests of a sync that did not take place: what is read, and what is sent."""

from collections.abc import Collection, Mapping, Sequence

from beekeed.core import change as rules
from beekeed.core import cost, grade
from beekeed.core.cost import NOTHING, Cost, Read
from beekeed.core.model import Change, Kind, Learner
from beekeed.core.step import Complete, CreateAccount, EditProfile, Enrol, JoinGroup, SetGrade, Step
from beekeed.engine.facts import KnownCourse
from beekeed.engine.meeting import Rules

_ID = 99_999  # stands for an online id that is not known: most have so many digits
_PEOPLE_AT_ONCE = 50
_REPORTS_AT_ONCE = 20


class Pricing:
    """Prices for one preview; `enrolled`: how many learners are in each course."""

    def __init__(
        self, courses: Mapping[int, KnownCourse], enrolled: Mapping[int, int], rules: Rules
    ) -> None:
        self._courses = courses
        self._enrolled = enrolled
        self._rules = rules
        self._read: set[tuple[Read, int]] = set()
        self._modnames = {
            number: key.modname
            for known in courses.values()
            for key, number in known.numbers.items()
        }

    def contact(
        self, ready: Collection[int], read: Collection[int], others: Collection[int]
    ) -> Cost:
        """Price what is read before anything is sent.

        `read`: of the ready courses, those with their contents; `others`: also synchronized.
        """
        whole = cost.reading(Read.SITE, 1) + cost.reading(Read.COURSES, len(ready))
        for course_id in read:
            count = len(self._courses[course_id].course.activities)
            whole += cost.reading(Read.CONTENTS, count)
        for course_id in {*ready, *others}:
            whole += cost.reading(Read.ENROLLED, self._enrolled.get(course_id, 0))
        return whole

    def people(self, count: int) -> Cost:
        """Price how some are looked up who were never met; once, whether anybody is seen."""
        if not count:
            return NOTHING
        requests = _pages(count, _PEOPLE_AT_ONCE) + self._once(Read.PEOPLE, 0)
        return cost.reading(Read.PEOPLE, count, requests=requests)

    def reads(self, kind: Kind, slice_: Sequence[Change]) -> Cost:
        """Price what is read for a slice."""
        match kind:
            case Kind.GRADE:
                reports = self._reports(slice_, Read.GRADES, Read.GRADE_ITEMS, _REPORTS_AT_ONCE)
                return self._assignments(slice_) + reports
            case Kind.COMPLETION:
                first = [change for change in slice_ if rules.reads_first(change)]
                return self._reports(first, Read.STATES, Read.STATE_ITEMS, _REPORTS_AT_ONCE)
            case Kind.MEMBERSHIP:
                courses = {change.key.course_id for change in slice_}
                return sum((self._groups(course_id) for course_id in sorted(courses)), NOTHING)
            case Kind.PROFILE:  # before, and to see that it was taken
                count = max(self._enrolled.values(), default=0)
                return cost.reading(Read.PROFILES, 2 * count, requests=2)
            case _:
                return NOTHING

    def _groups(self, course_id: int) -> Cost:
        if not self._once(Read.GROUPS, course_id):
            return NOTHING
        return cost.reading(Read.GROUPS, len(self._courses[course_id].groups))

    def _once(self, what: Read, course_id: int) -> int:
        """Give 1 the first time that something is read of a course, else 0."""
        is_new = (what, course_id) not in self._read
        self._read.add((what, course_id))
        return int(is_new)

    def _assignments(self, slice_: Sequence[Change]) -> Cost:
        """Price how the assignments of some grades are read: once a course."""
        whole = NOTHING
        for course_id in {c.key.course_id for c in slice_ if self._goes_through(c)}:
            if self._once(Read.ASSIGNMENTS, course_id):
                activities = self._courses[course_id].course.activities
                count = sum(each.key.modname == "assign" for each in activities)
                whole += cost.reading(Read.ASSIGNMENTS, count)
        return whole

    def _reports(self, slice_: Sequence[Change], whose: Read, what: Read, at_once: int) -> Cost:
        """Price reports on accounts in courses, each with all items of its course."""
        places = {(change.key.course_id, change.key.learner_id) for change in slice_}
        if not places:
            return NOTHING
        count = 0
        for course_id, _ in places:
            known = self._courses[course_id]
            count += len([*(known.graded() if what is Read.GRADE_ITEMS else known.tracked())])
        requests = _pages(len(places), at_once)
        return cost.reading(whose, len(places), requests=requests) + cost.items(what, count)

    def _goes_through(self, change: Change) -> bool:
        return self._rules.through_assignments and self._modnames[change.key.part_id] == "assign"

    def step(self, change: Change) -> Step:
        """Write a change as the step that it would be."""
        match change.key.kind:
            case Kind.ENROLMENT:
                state, _, ends_at = change.value.partition(":")
                suspended = state not in ("active", "until")
                return Enrol(change, _ID, _ID, suspended, int(ends_at or 0))
            case Kind.GRADE:
                through = _ID if self._goes_through(change) else 0
                comment = grade.comment(change.value)
                modname = self._modnames[change.key.part_id]
                return SetGrade(change, _ID, _ID, _ID, modname, 0, through, comment)
            case Kind.COMPLETION:
                return Complete(change, _ID, _ID, _ID, rules.wanted(change))
            case Kind.MEMBERSHIP:
                return JoinGroup(change, _ID, _ID, _ID)
            case _:
                return EditProfile(change, _ID, _ID, "firstname")

    def account(self, change: Change, learner: Learner) -> Step:
        """Write an account as the step that it would be."""
        return CreateAccount(change, learner, self._rules.username_prefix + learner.username)


def _pages(count: int, at_once: int) -> int:
    return -(-count // at_once)
