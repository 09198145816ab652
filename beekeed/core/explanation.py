"""How a course differs, in words that tell who can put it right.

Only to be read: nothing is ever sent to an activity that was found here.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from beekeed.core.model import Activity, ActivityKey, Course, OnlineActivity, Reason
from beekeed.errors import Code, Param

_NAMED = 5  # a reason names so many activities; a teacher needs a start, not a list


@dataclass(slots=True)
class Absent:
    """The activities of the box that are not where they should be online.

    `renamed`: with what is there instead, of the same kind and in the same place.
    """

    missing: list[Activity] = field(default_factory=list)
    elsewhere: list[Activity] = field(default_factory=list)
    renamed: list[tuple[Activity, str]] = field(default_factory=list)

    def reason(
        self, course: Course, ambiguous: Sequence[Activity], reordered: Sequence[Activity]
    ) -> Reason | None:
        """Say how a course differs, or None where it does not."""
        if ambiguous:
            return Reason(
                Code.ACTIVITIES_AMBIGUOUS,
                {
                    "course": course.shortname,
                    "count": len(ambiguous),
                    "activities": listed([a.key.name for a in ambiguous]),
                },
            )
        moved = [*self.elsewhere, *reordered]
        lists = {
            "missing": [a.key.name for a in self.missing],
            "moved": [a.key.name for a in moved],
            "renamed": [f"{a.key.name} → {name}" for a, name in self.renamed],
        }
        params: dict[str, Param] = {name: listed(names) for name, names in lists.items() if names}
        if not params:
            return None
        code = Code.ACTIVITIES_DIFFER if self.missing else Code.ACTIVITIES_MOVED
        count = sum(len(names) for names in lists.values())
        return Reason(code, {"course": course.shortname, "count": count, **params})


def listed(names: Sequence[str]) -> str:
    """Give the first of some names for a sentence, each once."""
    return ", ".join(dict.fromkeys(names[:_NAMED]))


def explain(
    course: Course, absent: Sequence[Activity], there: Mapping[ActivityKey, OnlineActivity]
) -> Absent:
    """Tell apart which activities are missing, in another section, or renamed.

    What stands for another activity of the box is never the one that is sought.
    """
    here = [activity.key for activity in course.activities]
    common = there.keys() & set(here)
    strangers = [key for key in there if key not in common]
    heights = _heights(here, common) | _heights(list(there), common)
    found = Absent()
    nameless: list[Activity] = []
    for activity in absent:  # names first: that something was renamed is only likely
        same = [key for key in strangers if _is_named_like(key, activity.key)]
        (found.elsewhere if same else nameless).append(activity)
        strangers = [key for key in strangers if key not in same[:1]]
    for activity in nameless:
        likely = [key for key in strangers if _stands_for(key, activity.key, heights)]
        if likely:
            found.renamed.append((activity, likely[0].name))
            strangers.remove(likely[0])
        else:
            found.missing.append(activity)
    return found


def _is_named_like(key: ActivityKey, other: ActivityKey) -> bool:
    return (key.modname, key.name) == (other.modname, other.name)


def _stands_for(key: ActivityKey, absent: ActivityKey, heights: Mapping[ActivityKey, int]) -> bool:
    is_alike = (key.section, key.modname) == (absent.section, absent.modname)
    return is_alike and heights[key] == heights[absent]


def _heights(
    keys: Sequence[ActivityKey], common: Collection[ActivityKey]
) -> dict[ActivityKey, int]:
    """Tell of each activity how many that are on both sides come before it in its section."""
    passed: Counter[int] = Counter()
    heights = {}
    for key in keys:
        heights[key] = passed[key.section]
        passed[key.section] += key in common
    return heights
