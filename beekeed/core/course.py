"""The course check: whether a course is the same on both sides, activity by activity.

The same: shortname, modification date, and every activity of the box that is
tracked or graded exists online in the same section, in the same order among
those, of the same kind and name. Others online do not count (features.md, row 8).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from beekeed.core.model import Activity, ActivityKey, Course, OnlineActivity, OnlineCourse, Reason
from beekeed.errors import Code

_NAMED = 5  # a reason names so many activities; a teacher needs a start, not a list


@dataclass(frozen=True, slots=True)
class Match:
    """A course that is the same on both sides: the online activity of each that counts."""

    online: OnlineCourse
    activities: Mapping[ActivityKey, OnlineActivity]


def header_differs(course: Course, online: OnlineCourse) -> Reason | None:
    """Tell why a course is left out before its contents are even read, or None."""
    if online.modified_at is None:
        return Reason(Code.COURSE_DATE_HIDDEN, {"course": course.shortname})
    if online.modified_at != course.modified_at:
        return Reason(Code.COURSE_MODIFIED, {"course": course.shortname})
    return None


def match(
    course: Course, online: OnlineCourse, contents: Sequence[OnlineActivity]
) -> Match | Reason:
    """Pair each activity that counts with its online one, or tell why it cannot be done.

    `contents`: the online activities in the order of sections and in each section.
    """
    counted = [activity for activity in course.activities if activity.counts]
    doubtful = _ambiguous(course, contents, counted)
    if doubtful:
        return _reason(Code.ACTIVITIES_AMBIGUOUS, course, doubtful)
    places = {key: place for place, key in enumerate(_keys(contents))}
    missing = [activity for activity in counted if activity.key not in places]
    if missing:
        return _reason(Code.ACTIVITIES_DIFFER, course, missing)
    moved = _out_of_order(counted, places)
    if moved:
        return _reason(Code.ACTIVITIES_DIFFER, course, moved)
    return Match(online, {a.key: contents[places[a.key]] for a in counted})


def _keys(contents: Sequence[OnlineActivity]) -> list[ActivityKey]:
    seen: Counter[tuple[int, str, str]] = Counter()
    keys = []
    for activity in contents:
        group = (activity.section, activity.modname, activity.name)
        keys.append(ActivityKey(*group, nth=seen[group]))
        seen[group] += 1
    return keys


def _ambiguous(
    course: Course, contents: Sequence[OnlineActivity], counted: Sequence[Activity]
) -> list[Activity]:
    """List the activities of one name in a section whose number differs on the two sides.

    With two "Lesson" online and one on the box, nobody can say which it is.
    """
    here = Counter((a.key.section, a.key.modname, a.key.name) for a in course.activities)
    there = Counter((a.section, a.modname, a.name) for a in contents)
    return [
        activity
        for activity in counted
        if (group := (activity.key.section, activity.key.modname, activity.key.name))
        and there[group] > 0
        and here[group] != there[group]
    ]


def _out_of_order(counted: Sequence[Activity], places: Mapping[ActivityKey, int]) -> list[Activity]:
    return [
        later
        for earlier, later in pairwise(counted)
        if earlier.key.section == later.key.section and places[earlier.key] > places[later.key]
    ]


def _reason(code: Code, course: Course, activities: Sequence[Activity]) -> Reason:
    names = [activity.key.name for activity in activities]
    return Reason(
        code,
        {
            "course": course.shortname,
            "count": len(names),
            "activities": ", ".join(dict.fromkeys(names[:_NAMED])),
        },
    )
