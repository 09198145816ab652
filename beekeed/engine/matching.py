"""Finds each of the box's courses online and checks that it is the same.

A course that differs, or that our account may not read, is left out with its
reason; the others go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beekeed.core.course import Match, header_differs, match
from beekeed.core.model import Course, GradeItem, OnlineActivity, OnlineCourse, Reason
from beekeed.engine.facts import KnownCourse
from beekeed.engine.stopping import Stop
from beekeed.errors import Code, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import CourseMatch, History, Targets


@dataclass(frozen=True, slots=True)
class MatchedCourse:
    """A course that is the same on both sides: where each of our activities is online.

    `items` has, by the same numbers, the grade item as it is on the box.
    """

    course_id: int
    online_id: int
    activities: Mapping[int, OnlineActivity]
    items: Mapping[int, GradeItem]


class Matcher:
    """Checks courses for one run."""

    def __init__(
        self, *, online: OnlineMoodle, targets: Targets, history: History, stop: Stop
    ) -> None:
        self._online = online
        self._targets = targets
        self._history = history
        self._stop = stop

    async def match(
        self, run_id: int, target_id: int, courses: Sequence[KnownCourse]
    ) -> Mapping[int, MatchedCourse]:
        """Give those courses that are the same online, by our number, and note all."""
        names = [known.course.shortname for known in courses]
        headers = await self._stop.unless_asked(self._online.courses(names))
        matched: dict[int, MatchedCourse] = {}
        for known in courses:
            online = headers.get(known.course.shortname)
            found = await self._check(known.course, online)
            reason = found if isinstance(found, Reason) else None
            note = CourseMatch(known.course_id, online, reason)
            await self._targets.found_course(target_id, note)
            await self._history.course(run_id, note)
            if isinstance(found, Match):
                matched[known.course_id] = _placed(known, found)
        return matched

    async def _check(self, course: Course, online: OnlineCourse | None) -> Match | Reason:
        if online is None:
            return Reason(Code.COURSE_NOT_ONLINE, {"course": course.shortname})
        differs = header_differs(course, online)
        if differs is not None:
            return differs
        try:
            contents = await self._stop.unless_asked(self._online.contents(online))
        except RemoteRefused as error:
            return course_reason(error)
        return match(course, online, contents)


def course_reason(error: RemoteRefused) -> Reason:
    """Give the reason why one course cannot be read; raise again what is the whole site's."""
    if error.of_site:
        raise error
    return Reason(error.code, error.params)


def _placed(known: KnownCourse, found: Match) -> MatchedCourse:
    activities = {
        activity_id: found.activities[activity.key] for activity, activity_id in known.tracked()
    }
    items = {}
    for activity, item, activity_id in known.graded():
        activities[activity_id] = found.activities[activity.key]
        items[activity_id] = item
    return MatchedCourse(known.course_id, found.online.online_id, activities, items)
