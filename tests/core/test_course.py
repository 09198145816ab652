"""The course check."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.course import Kept, Match, fingerprint, header_differs, is_fresh, match
from beekeed.core.model import Activity, ActivityKey, Course, OnlineActivity, OnlineCourse
from beekeed.errors import Code
from beekeed.say import language_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
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


def pairs(found: Match) -> dict[str, int]:
    """The names that were matched in a course that is the same, with the online id of each."""
    assert found.doubt is None
    return {f"{k.name}/{k.nth}": a.cmid for k, a in found.activities.items()}


def test_equal_courses_match_activity_by_activity() -> None:
    """Each activity of the box is paired with the one of its name and place."""
    found = match(course("1:A", "1:B", "2:A"), ONLINE, contents("1:A", "1:B", "2:A"))
    assert found.doubt is None
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
    ("there", "code", "lists", "matched"),
    [
        (("1:A", "2:C"), Code.ACTIVITIES_DIFFER, {"missing": "B"}, "AC"),
        (("1:A", "1:b", "2:C"), Code.ACTIVITIES_MOVED, {"renamed": "B → b"}, "AC"),
        (("1:x", "1:A", "1:b", "2:C"), Code.ACTIVITIES_MOVED, {"renamed": "B → b"}, "AC"),
        (("1:x", "1:A", "2:C"), Code.ACTIVITIES_DIFFER, {"missing": "B"}, "AC"),
        (("1:A", "2:b", "2:C"), Code.ACTIVITIES_DIFFER, {"missing": "B"}, "AC"),
        (("1:A", "2:B", "2:C"), Code.ACTIVITIES_MOVED, {"moved": "B"}, "AC"),
        (("1:b", "2:B", "1:A", "2:C"), Code.ACTIVITIES_MOVED, {"moved": "B"}, "AC"),
        (("1:B", "1:A", "2:C"), Code.ACTIVITIES_MOVED, {"moved": "A"}, "ABC"),
        (("1:A", "1:B", "1:B", "2:C"), Code.ACTIVITIES_AMBIGUOUS, {"activities": "B"}, "AC"),
        (
            ("2:c", "1:A", "3:B"),
            Code.ACTIVITIES_MOVED,
            {"moved": "B", "renamed": "C → c"},
            "A",
        ),
    ],
)
def test_a_course_that_differs_is_explained_and_only_what_is_sure_is_matched(
    there: tuple[str, ...], code: Code, lists: dict[str, str], matched: str
) -> None:
    """Missing, moved, renamed: each is listed by itself; what may go wrong is never guessed."""
    found = match(course("1:A", "1:B", "2:C"), ONLINE, contents(*there))
    assert found.doubt is not None
    assert found.doubt.code is code
    told = {name: value for name, value in found.doubt.params.items() if name in _LISTS}
    assert told == lists
    assert "".join(key.name for key in found.activities) == matched


_LISTS = ("missing", "moved", "renamed", "activities")


def test_only_what_left_its_place_is_called_moved() -> None:
    """One activity went to the end of its section; the four others did not move."""
    box = course("1:A", "1:B", "1:C", "1:D", "1:E")
    found = match(box, ONLINE, contents("1:B", "1:C", "1:D", "1:E", "1:A"))
    assert found.doubt is not None
    assert found.doubt.params["moved"] == "A"
    assert found.doubt.params["count"] == 1


def test_twins_in_a_section_whose_order_changed_are_not_sure() -> None:
    """Only their order tells the first from the second; the single ones are known by name."""
    box = course("1:A", "1:Same", "1:B", "1:Same", "2:Same", "2:Same")
    there = contents("1:Same", "1:B", "1:A", "1:Same", "2:Same", "2:Same")
    found = match(box, ONLINE, there)
    assert found.doubt is not None
    assert [(k.section, k.name, k.nth) for k in found.activities] == [
        (1, "A", 0), (1, "B", 0), (2, "Same", 0), (2, "Same", 1)
    ]  # fmt: skip


def test_the_differences_are_sentences() -> None:
    """Who must act follows from what is wrong."""
    found = match(course("1:A", "1:B", "2:C"), ONLINE, contents("1:b", "1:A", "3:C"))
    assert found.doubt is not None
    said = language_of("en").say(found.doubt.code, found.doubt.params)
    assert "Missing online: B. In another section or order there: C." in said.what
    assert said.who == "administrator"
    found = match(course("1:A", "1:B"), ONLINE, contents("1:A", "1:b"))
    assert found.doubt is not None
    said = language_of("en").say(found.doubt.code, found.doubt.params)
    assert said.what.endswith("Perhaps under another name there: B → b.")
    assert said.who == "teacher"


def test_another_kind_of_activity_of_the_same_name_is_another_activity() -> None:
    """A quiz named like a page is not that page."""
    there = [OnlineActivity(1, "quiz", "A", 101, True)]
    found = match(course("1:A"), ONLINE, there)
    assert (found.doubt is not None, found.activities) == (True, {})


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
    assert found.doubt is None
    assert [a.cmid for a in found.activities.values()] == list(range(101, 101 + len(names)))


@given(NAMES, NAMES)
def test_what_matches_has_the_same_section_kind_and_name(here: list[str], there: list[str]) -> None:
    """No pair is ever made of two activities that a person would call different."""
    found = match(course(*here), ONLINE, contents(*there))
    assert len({a.cmid for a in found.activities.values()}) == len(found.activities)
    assert found.doubt is not None or len(found.activities) == len(here)
    for key, activity in found.activities.items():
        assert (key.section, key.modname, key.name) == (
            activity.section,
            activity.modname,
            activity.name,
        )


@given(st.permutations(range(7)))
def test_the_fewest_are_called_moved(order: list[int]) -> None:
    """As many stay as ever can in their order, tried by all ways to leave some out."""
    box = course(*(f"1:{number}" for number in range(7)))
    found = match(box, ONLINE, contents(*(f"1:{number}" for number in order)))
    moved = 0 if found.doubt is None else int(found.doubt.params["count"])
    stay = max(
        len(some)
        for size in range(8)
        for some in combinations([order.index(number) for number in range(7)], size)
        if list(some) == sorted(some)
    )
    assert moved == 7 - stay


KEPT = Kept(OnlineCourse("MATH", 40, 1000, 2000, revision=5), "digest", NOW)


@pytest.mark.parametrize(
    ("changed", "fresh"),
    [
        ({}, True),
        ({"online_id": 41}, False),
        ({"created_at": 1001}, False),
        ({"modified_at": 2001}, False),
        ({"revision": 6}, False),
        ({"revision": 4}, False),  # put back to an earlier state
    ],
)
def test_contents_are_believed_while_nothing_changed(changed: dict[str, Any], fresh: bool) -> None:
    """The course itself, its times, and the revision that Moodle raises with every change."""
    online = replace(KEPT.online, **changed)
    assert is_fresh(KEPT, online, "digest", NOW + timedelta(days=1)) is fresh
    assert not is_fresh(KEPT, online, "other", NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(timedelta(0), True), (timedelta(days=29, hours=23), True), (timedelta(days=30), False),
     (timedelta(seconds=-1), False)],
)  # fmt: skip
def test_contents_are_not_believed_for_ever(age: timedelta, fresh: bool) -> None:
    """Thirty days, and not at all when the clock went back."""
    assert is_fresh(KEPT, KEPT.online, "digest", NOW + age) is fresh


def test_without_a_revision_contents_are_read_each_time() -> None:
    """Nothing else would show that an activity was deleted."""
    online = replace(KEPT.online, revision=None)
    assert not is_fresh(replace(KEPT, online=online), online, "digest", NOW)


def test_the_fingerprint_changes_with_what_the_check_looks_at() -> None:
    """Names, places, tracking and the date; not ids, which a restored course changes."""
    box = course("1:A", "1:B")
    before = fingerprint(box)
    assert fingerprint(replace(box, device_id=9, fullname="New")) == before
    assert fingerprint(replace(box, modified_at=1)) != before
    for other in (course("1:A"), course("1:A", "1:C"), course("1:B", "1:A"),
                  course("1:A", "1:B", untracked=frozenset({"1:A"}))):  # fmt: skip
        assert fingerprint(other) != before
