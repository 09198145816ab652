"""The course check: whether a course is the same on both sides, activity by activity.

The same: shortname, modification date, and every activity of the box that is
tracked or graded exists online in the same section, in the same order among
those, of the same kind and name. Others online do not count (features.md, row 8).
"""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from beekeed.core.explanation import explain
from beekeed.core.model import Activity, ActivityKey, Course, OnlineActivity, OnlineCourse, Reason
from beekeed.errors import Code

_BELIEVED = timedelta(days=30)  # what nobody saw change is read again after so long

MODULE_REFUSALS = frozenset(
    {
        Code.ACTIVITY_GONE_ONLINE,
        Code.ACTIVITY_CLOSED,
        Code.ACTIVITY_UNMATCHED,
        Code.TRACKING_OFF,
        Code.NOT_APPLIED,
        Code.GRADE_ITEM_UNSEEN,
        Code.GRADE_ITEM_DIFFERS,
        Code.GRADE_REFUSED,
        Code.ASSIGNMENT_ADVANCED,
        Code.COMMENTS_OFF_ONLINE,
    }
)
"""Why a change is set aside for its activity's sake: the course may not be what we think."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What tells whether a course's contents are still as they were read and matched.

    `box`: the fingerprint of the activities on the box that they were matched with.
    """

    online: OnlineCourse
    box: str
    read_at: datetime


def is_fresh(kept: Kept, online: OnlineCourse, box: str, now: datetime) -> bool:
    """Tell whether contents need not be read again: nothing changed on either side.

    Moodle raises a course's revision whenever an activity is added, deleted, moved, renamed
    or edited (`rebuild_course_cache`, 4.5.6); without one nothing is believed. Nor is a
    reading of the future: the clock went back.
    """
    is_same = kept.online == online and online.revision is not None and kept.box == box
    return is_same and timedelta() <= now - kept.read_at < _BELIEVED


def fingerprint(course: Course) -> str:
    """Give what changes when the course check of a course on the box could end in another way."""
    activities = [(a.key, a.tracked, [item.number for item in a.items]) for a in course.activities]
    return hashlib.sha256(repr((course.modified_at, activities)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Match:
    """The online activity of each activity that counts.

    `doubt` tells why the course is not the same on both sides, where it is not: then only
    some activities are matched, those of which it is sure.
    """

    online: OnlineCourse
    activities: Mapping[ActivityKey, OnlineActivity]
    doubt: Reason | None = None


def header_differs(course: Course, online: OnlineCourse) -> Reason | None:
    """Tell why a course is left out before its contents are even read, or None."""
    if online.modified_at is None:
        return Reason(Code.COURSE_DATE_HIDDEN, {"course": course.shortname})
    if online.modified_at != course.modified_at:
        return Reason(Code.COURSE_MODIFIED, {"course": course.shortname})
    return None


def match(course: Course, online: OnlineCourse, contents: Sequence[OnlineActivity]) -> Match:
    """Pair each activity that counts with its online one, as far as that is sure.

    `contents`: the online activities in the order of sections and in each section.
    """
    there = dict(zip(_keys(contents), contents, strict=True))
    places = {key: place for place, key in enumerate(there)}
    counted = [activity for activity in course.activities if activity.counts]
    ambiguous = _ambiguous(course, contents, counted)
    present = [a for a in counted if a.key in there and a not in ambiguous]
    reordered = _out_of_order(present, places)
    absent = [a for a in counted if a.key not in there and a not in ambiguous]
    found = explain(course, absent, there)
    unsure = _unsure(reordered, course)
    pairs = {a.key: there[a.key] for a in present if _group(a) not in unsure}
    doubt = found.reason(course, ambiguous, reordered)
    return Match(online, pairs, doubt)


def _keys(contents: Sequence[OnlineActivity]) -> list[ActivityKey]:
    seen: Counter[tuple[int, str, str]] = Counter()
    keys = []
    for activity in contents:
        group = (activity.section, activity.modname, activity.name)
        keys.append(ActivityKey(*group, nth=seen[group]))
        seen[group] += 1
    return keys


def _group(activity: Activity) -> tuple[int, str, str]:
    return activity.key.section, activity.key.modname, activity.key.name


def _ambiguous(
    course: Course, contents: Sequence[OnlineActivity], counted: Sequence[Activity]
) -> list[Activity]:
    """List the activities of one name in a section whose number differs on the two sides.

    With two "Lesson" online and one on the box, nobody can say which it is.
    """
    here = Counter(_group(a) for a in course.activities)
    there = Counter((a.section, a.modname, a.name) for a in contents)
    return [a for a in counted if there[_group(a)] > 0 and here[_group(a)] != there[_group(a)]]


def _unsure(reordered: Sequence[Activity], course: Course) -> set[tuple[int, str, str]]:
    """Give the kinds and names that only their order tells apart, where that was changed."""
    sections = {activity.key.section for activity in reordered}
    groups = Counter(_group(activity) for activity in course.activities)
    return {group for group, count in groups.items() if count > 1 and group[0] in sections}


def _out_of_order(there: Sequence[Activity], places: Mapping[ActivityKey, int]) -> list[Activity]:
    """List the fewest activities that would have to move to give each section its order."""
    moved: list[Activity] = []
    for section in sorted({a.key.section for a in there}):
        own = [a for a in there if a.key.section == section]
        kept = _longest_rise([places[a.key] for a in own])
        moved += [a for a in own if places[a.key] not in kept]
    return moved


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """Give the longest part of some different numbers that rises (patience sorting)."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    kept: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return kept
