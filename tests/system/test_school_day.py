"""The benchmark of a school day: what it takes for the day, and for the least that it could take.

That the day itself is sent, and arrives, is in test_benchmarks.py.
"""

from collections.abc import Iterator

import pytest

from tests.benchmarks.calls import CREATE, ENROL, Call
from tests.benchmarks.day import floor, work
from tests.benchmarks.day.peer import known, nested
from tests.benchmarks.day.ways import backup_bytes, sample


def gaps(data: Iterator[int]) -> list[int]:
    """Read rising numbers that were written as gaps."""
    numbers = [-1]
    while gap := next(data):
        numbers.append(numbers[-1] + gap)
    return numbers[1:]


def bits(data: Iterator[int], count: int) -> list[int]:
    """Read numbers below a count that were written as a bit each."""
    if not next(data):
        return []
    mask = int.from_bytes(bytes(next(data) for _ in range((count + 7) // 8)))
    return [number for number in range(count) if mask >> number & 1]


def lines(data: Iterator[int], count: int) -> list[str]:
    """Read texts."""
    found = [""] * count
    for place in range(count):
        found[place] = bytes(iter(data.__next__, ord("\n"))).decode()
    return found


@pytest.mark.parametrize("by_gaps", [False, True])
def test_the_least_that_a_day_could_take_is_the_whole_day(by_gaps: bool) -> None:
    """What is counted as the floor can be read again, to the last change."""
    day = work.day(2015)
    data = iter(floor.written(day, work.LEARNERS, by_gaps=by_gaps))
    assert next(data) == by_gaps
    activities = (*work.LESSONS, *work.QUIZZES, *work.ESSAYS)
    did = [
        (who, what)
        for what in activities
        for who in (gaps(data) if by_gaps else bits(data, work.LEARNERS))
    ]
    graded = [(who, what, next(data) / 2) for who, what in did if what in work.HIGHEST]
    count = next(data)
    people = list(zip(*(lines(data, count) for _ in range(5)), strict=True))
    moved = gaps(data)
    assert sorted(pair for pair in did if pair[1] in work.LESSONS) == sorted(day.completions)
    assert sorted(graded) == sorted(day.grades)
    assert people == [(n.username, n.first, n.last, n.city, n.country) for n in day.newcomers]
    assert list(zip(moved, lines(data, len(moved)), strict=True)) == sorted(day.edits)
    assert not list(data)


@pytest.mark.parametrize("changes", [1, 10, 100, 1000, 2015, 10_000])
def test_a_day_has_as_many_changes_as_are_asked_for(changes: int) -> None:
    """Nobody does the same twice, and the same seed gives the same day."""
    day = work.day(changes)
    assert day.changes == changes
    assert day == work.day(changes)
    assert day != work.day(changes, seed=2)
    did = [*day.completions, *((who, what) for who, what, _ in day.grades)]
    assert len(set(did)) == len(did)


def test_a_whole_day_is_the_one_that_is_told_of() -> None:
    """1,600 completions, 400 grades, 5 new accounts and 10 edits of profiles."""
    day = work.day()
    counts = [len(some) for some in (day.completions, day.grades, day.newcomers, day.edits)]
    assert counts == [1600, 400, 5, 10]


def test_a_sample_of_calls_has_each_kind_in_its_share() -> None:
    """Without those that need another one's answer."""
    newcomers: list[Call] = [(CREATE, {}), (ENROL, {"user": "@a"})] * 10
    calls: list[Call] = [*newcomers, *[("complete", {})] * 80, *[("grade", {})] * 20]
    functions = [function for function, _ in sample(calls, 11)]
    assert functions.count(CREATE) == 1
    assert functions.count("complete") == 8
    assert functions.count("grade") == 2
    assert sample(calls, None) == calls


def test_a_backups_size_is_read_between_those_that_were_measured() -> None:
    """The day's is just above that of 2,000 changes."""
    assert backup_bytes(1) == 61_125
    assert backup_bytes(2000) == 204_622
    assert 204_622 < backup_bytes(2015) < 206_000


def test_a_forms_fields_become_the_arguments_of_a_typed_call() -> None:
    """With the id of who was just made in place of the name."""
    form = {"enrolments[0][userid]": "@amina", "enrolments[0][roleid]": 5, "courseid": 7}
    arguments = nested(known(form, {"amina": 20_001}))
    assert arguments == {"enrolments": [{"userid": 20_001, "roleid": 5}], "courseid": 7}
