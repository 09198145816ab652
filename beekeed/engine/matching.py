"""Finds each of the box's courses online and checks that it is the same.

A course that differs, or that our account may not read, is left out with its
reason; the others go on. What was found is kept: while nothing changed on either
side, a course costs no more than its header.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from beekeed.clock import Clock
from beekeed.core.course import Kept, Match, fingerprint, header_differs, is_fresh, match
from beekeed.core.explanation import listed
from beekeed.core.model import GradeItem, OnlineActivity, OnlineCourse, Reason
from beekeed.engine.facts import KnownCourse
from beekeed.engine.stopping import Stop
from beekeed.errors import Code, Param, RemoteRefused
from beekeed.ports.online import OnlineMoodle
from beekeed.ports.stores import CourseMatch, History, KeptContents, Targets


@dataclass(frozen=True, slots=True)
class MatchedCourse:
    """A course that is the same on both sides: where each of our activities is online.

    `items` has, by the same numbers, the grade item as it is on the box. Where the course was
    matched by force, `warning` says so, and `unmatched` has the activities that are not sure.
    """

    course_id: int
    online_id: int
    activities: Mapping[int, OnlineActivity]
    items: Mapping[int, GradeItem]
    unmatched: Set[int] = frozenset()
    warning: Reason | None = None


Checked = tuple[MatchedCourse | None, Reason | None]
"""A course if its work may be sent, and why it is not the same on both sides if it is not."""


class Matcher:
    """Checks courses for one run.

    `force`: one that differs is matched as far as its activities surely are the same, and that
    is never kept (features.md, row 8). `afresh`: contents are read, whatever was kept.
    """

    def __init__(
        self,
        *,
        online: OnlineMoodle,
        targets: Targets,
        history: History,
        clock: Clock,
        stop: Stop,
        force: bool = False,
        afresh: bool = False,
    ) -> None:
        self._online = online
        self._targets = targets
        self._history = history
        self._clock = clock
        self._stop = stop
        self._force = force
        self._afresh = afresh

    async def match(
        self, run_id: int, target_id: int, courses: Sequence[KnownCourse]
    ) -> Mapping[int, MatchedCourse]:
        """Give those courses that are the same online, by our number, and note all."""
        names = [known.course.shortname for known in courses]
        headers = await self._stop.unless_asked(self._online.courses(names))
        matched: dict[int, MatchedCourse] = {}
        for known in courses:
            online = headers.get(known.course.shortname)
            found, doubt = await self._check(target_id, known, online)
            note = CourseMatch(known.course_id, online, doubt)
            await self._targets.found_course(target_id, note)
            if found is not None:
                matched[known.course_id] = found
                note = CourseMatch(known.course_id, online, None, found.warning)
            await self._history.course(run_id, note)
        return matched

    async def known(
        self, target_id: int, courses: Sequence[KnownCourse]
    ) -> Mapping[int, MatchedCourse]:
        """Give courses as they were matched last, without asking: to read, not to send."""
        found = {}
        for course in courses:
            kept = await self._targets.kept_contents(target_id, course.course_id)
            if kept is not None:
                found[course.course_id] = _as_kept(course, kept)
        return found

    async def _check(
        self, target_id: int, known: KnownCourse, online: OnlineCourse | None
    ) -> Checked:
        if online is None:
            return None, Reason(Code.COURSE_NOT_ONLINE, {"course": known.course.shortname})
        differs = header_differs(known.course, online)
        if differs is not None and not self._force:
            return None, differs
        kept = await self._kept(target_id, known, online)
        if differs is None and kept is not None:
            return kept, None
        read_at = self._clock.now()
        try:
            contents = await self._stop.unless_asked(self._online.contents(online))
        except RemoteRefused as error:
            return None, course_reason(error)
        found = match(known.course, online, contents)
        doubt = differs or found.doubt
        if doubt is not None:
            return (_forced(known, found) if self._force else None), doubt
        placed = _placed(known, found)
        await self._keep(target_id, known, Kept(online, fingerprint(known.course), read_at), placed)
        return placed, None

    async def _kept(
        self, target_id: int, known: KnownCourse, online: OnlineCourse
    ) -> MatchedCourse | None:
        """Give a course as it was matched before, where nothing can have changed since."""
        kept = await self._targets.kept_contents(target_id, known.course_id)
        if kept is None or self._afresh:
            return None
        if not is_fresh(kept.kept, online, fingerprint(known.course), self._clock.now()):
            return None
        return _as_kept(known, kept)

    async def _keep(
        self, target_id: int, known: KnownCourse, kept: Kept, placed: MatchedCourse
    ) -> None:
        if kept.online.revision is not None:
            new = KeptContents(kept, placed.activities)
            await self._targets.keep_contents(target_id, known.course_id, new)


def _as_kept(known: KnownCourse, kept: KeptContents) -> MatchedCourse:
    items = {activity_id: item for _, item, activity_id in known.graded()}
    return MatchedCourse(known.course_id, kept.kept.online.online_id, kept.activities, items)


def course_reason(error: RemoteRefused) -> Reason:
    """Give the reason why one course cannot be read; raise again what is the whole site's."""
    if error.of_site:
        raise error
    return Reason(error.code, error.params)


def _placed(known: KnownCourse, found: Match) -> MatchedCourse:
    """Put our numbers to the activities that were found, and to those that were not."""
    where = {activity_id: activity.key for activity, activity_id in known.tracked()}
    items = {}
    for activity, item, activity_id in known.graded():
        where[activity_id] = activity.key
        items[activity_id] = item
    activities = {
        id_: found.activities[key] for id_, key in where.items() if key in found.activities
    }
    return MatchedCourse(
        known.course_id,
        found.online.online_id,
        activities,
        {id_: item for id_, item in items.items() if id_ in activities},
        where.keys() - activities.keys(),
    )


def _forced(known: KnownCourse, found: Match) -> MatchedCourse:
    """Match a course that differs as far as it is the same, with the warning."""
    counted = [activity for activity in known.course.activities if activity.counts]
    unmatched = [activity.key.name for activity in counted if activity.key not in found.activities]
    params: dict[str, Param] = {"course": known.course.shortname, "matched": len(found.activities)}
    if unmatched:
        params["unmatched"] = listed(unmatched)
    return replace(_placed(known, found), warning=Reason(Code.MATCHED_BY_FORCE, params))
