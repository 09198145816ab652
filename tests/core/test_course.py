"""The course check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.course import Match, header_differs, match
from beekeed.core.model import Activity, ActivityKey, Course, OnlineActivity, OnlineCourse, Reason
from beekeed.errors import Code

ONLINE = OnlineCourse("MATH", 40, created_at=1000, modified_at=2000)


def course(*names: str, untracked: frozenset[str] = frozenset()) -> Course:
    """A course on the box: activities written "section:name", ids from 1."""
    seen: dict[tuple[int, str], int] = {}
    activities = []
    for number, text in enumerate(names, 1):
        section, name = text.split(":")
        nth = seen.setdefault((int(section), name), 0)
        seen[int(section), name] += 1
        key = ActivityKey(int(section), "page", name, nth)
        activities.append(Activity(key, number, tracked=text not in untracked))
    return Course("MATH", "Mathematics", 2000, 4, tuple(activities))


def contents(*names: str) -> list[OnlineActivity]:
    """A course online: activities written "section:name", ids from 101."""
    return [
        OnlineActivity(int(text.split(":")[0]), "page", text.split(":")[1], number, True)
        for number, text in enumerate(names, 101)
    ]


def pairs(found: Match | Reason) -> dict[str, int]:
    """The names that were matched, with the online id of each."""
    assert isinstance(found, Match)
    return {f"{k.name}/{k.nth}": a.cmid for k, a in found.activities.items()}


def test_equal_courses_match_activity_by_activity() -> None:
    """Each activity of the box is paired with the one of its name and place."""
    found = match(course("1:A", "1:B", "2:A"), ONLINE, contents("1:A", "1:B", "2:A"))
    assert isinstance(found, Match)
    assert [activity.cmid for activity in found.activities.values()] == [101, 102, 103]


def test_other_activities_online_do_not_count() -> None:
    """A teacher may add things online without stopping the sync."""
    found = match(course("1:A", "1:B"), ONLINE, contents("0:News", "1:A", "1:New", "1:B", "3:Z"))
    assert pairs(found) == {"A/0": 102, "B/0": 104}


def test_two_activities_of_one_name_keep_their_order() -> None:
    """The first is the first on both sides, and the second the second."""
    found = match(course("1:Same", "1:Same"), ONLINE, contents("1:Same", "1:Same"))
    assert pairs(found) == {"Same/0": 101, "Same/1": 102}


def test_an_untracked_twin_still_tells_which_one_is_meant() -> None:
    """The tracked one is the second on the box, so it is the second online."""
    box = course("1:Same", "1:Same")
    first, second = box.activities
    untracked = Activity(first.key, first.device_id, tracked=False)
    box = Course("MATH", "Mathematics", 2000, 4, (untracked, second))
    assert pairs(match(box, ONLINE, contents("1:Same", "1:Same"))) == {"Same/1": 102}


def test_an_untracked_activity_need_not_be_online() -> None:
    """Only what is tracked or graded is looked for."""
    found = match(course("1:A", "1:B", untracked=frozenset({"1:B"})), ONLINE, contents("1:A"))
    assert pairs(found) == {"A/0": 101}


@pytest.mark.parametrize(
    ("there", "code"),
    [
        (("1:A", "2:C"), Code.ACTIVITIES_DIFFER),  # B is missing
        (("1:A", "1:b", "2:C"), Code.ACTIVITIES_DIFFER),  # B was renamed
        (("1:A", "2:B", "2:C"), Code.ACTIVITIES_DIFFER),  # B is in another section
        (("1:B", "1:A", "2:C"), Code.ACTIVITIES_DIFFER),  # A and B changed places
        (("1:A", "1:B", "1:B", "2:C"), Code.ACTIVITIES_AMBIGUOUS),  # which B?
    ],
)
def test_a_course_that_differs_is_left_out_with_the_reason(
    there: tuple[str, ...], code: Code
) -> None:
    """What may go wrong is named rather than guessed."""
    reason = match(course("1:A", "1:B", "2:C"), ONLINE, contents(*there))
    assert isinstance(reason, Reason)
    assert reason.code is code
    assert "B" in str(reason.params["activities"])


def test_another_kind_of_activity_of_the_same_name_is_another_activity() -> None:
    """A quiz named like a page is not that page."""
    there = [OnlineActivity(1, "quiz", "A", 101, True)]
    assert isinstance(match(course("1:A"), ONLINE, there), Reason)


def test_the_header_must_have_the_same_date_and_show_it() -> None:
    """Without moodle/course:update the date does not come, and nothing is assumed."""
    assert header_differs(course(), ONLINE) is None
    later = OnlineCourse("MATH", 40, 1000, 2001)
    hidden = OnlineCourse("MATH", 40, 1000, None)
    changed, unseen = header_differs(course(), later), header_differs(course(), hidden)
    assert changed is not None
    assert changed.code is Code.COURSE_MODIFIED
    assert unseen is not None
    assert unseen.code is Code.COURSE_DATE_HIDDEN


NAMES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("ABC")).map(lambda t: f"{t[0]}:{t[1]}"),
    max_size=12,
).map(lambda names: sorted(names, key=lambda name: name[0]))


@given(NAMES)
def test_a_course_always_matches_its_own_copy(names: list[str]) -> None:
    """Whatever the names, a restored course is the same as its original."""
    found = match(course(*names), ONLINE, contents(*names))
    assert isinstance(found, Match)
    assert [a.cmid for a in found.activities.values()] == list(range(101, 101 + len(names)))


@given(NAMES, NAMES)
def test_what_matches_has_the_same_section_kind_and_name(here: list[str], there: list[str]) -> None:
    """No pair is ever made of two activities that a person would call different."""
    found = match(course(*here), ONLINE, contents(*there))
    if isinstance(found, Match):
        assert len({a.cmid for a in found.activities.values()}) == len(here)
        for key, activity in found.activities.items():
            assert (key.section, key.modname, key.name) == (
                activity.section,
                activity.modname,
                activity.name,
            )
