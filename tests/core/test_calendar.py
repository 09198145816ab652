"""Days: to which one a change belongs, when one is closed, and its colour."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import calendar
from beekeed.core.calendar import Dating, DayState, DayWork, Pending, Span
from beekeed.core.model import Change, Key, Kind
from beekeed.core.request import Period, Request, Wanted, period_asked, wanted
from beekeed.core.step import Verdict
from beekeed.errors import BeekeedError, Code

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY = timedelta(days=1)
DAYS = st.dates(date(2026, 10, 1), date(2026, 12, 1))
PERIODS = st.tuples(DAYS, DAYS).map(lambda two: Period(min(two), max(two)))


@pytest.mark.parametrize(
    ("happened", "trusted", "expected"),
    [
        (NOON - 3 * DAY, True, TODAY - 3 * DAY),
        (NOON - 12 * timedelta(hours=1), True, TODAY),  # midnight begins a day
        (NOON - timedelta(hours=12, seconds=1), True, TODAY - DAY),
        (NOON, True, TODAY),
        (NOON + timedelta(seconds=1), True, TODAY),
        (NOON + 3 * DAY, True, TODAY),  # in the future of when we first saw it
        (NOON - 3 * DAY, False, TODAY),
        (None, True, TODAY),
    ],
)
def test_the_day_of_a_change(happened: datetime | None, trusted: bool, expected: date) -> None:
    """features.md, row 10: the day it happened if that is known, else when we saw it."""
    assert calendar.day_of(happened, NOON, trusted=trusted) == expected


COURSE = 7
CLOSED = (Period(date.min, TODAY - 2 * DAY),)


def seen(days_ago: int | None, course: int = COURSE, kind: Kind = Kind.GRADE) -> Change:
    """A change that happened so many days before it is first seen."""
    happened = None if days_ago is None else NOON - days_ago * DAY
    return Change(Key(kind, course, 1, 1), "5", happened)


@pytest.mark.parametrize(
    ("change", "dating", "late"),
    [
        (seen(2), Dating(CLOSED, {COURSE}), True),
        (seen(200), Dating(CLOSED, {COURSE}), True),
        (seen(1), Dating(CLOSED, {COURSE}), False),  # that day is not closed
        (seen(-5), Dating(CLOSED, {COURSE}), False),
        (seen(None), Dating(CLOSED, {COURSE}), False),
        (seen(2), Dating((), {COURSE}), False),
        (seen(2), Dating(CLOSED, {8}), False),  # a newly matched course
        (seen(2), Dating(CLOSED, {COURSE}, trusted=False), False),
        (seen(2), Dating(CLOSED, {COURSE}, (Span(NOON - 3 * DAY, NOON - DAY),)), False),
        (seen(2), Dating(CLOSED, {COURSE}, (Span(NOON - 1 * DAY, NOON),)), True),
        (seen(2, 0, Kind.ACCOUNT), Dating(CLOSED, {COURSE}), False),
    ],
)
def test_what_is_late(change: Change, dating: Dating, late: bool) -> None:
    """First seen after a sync had closed its day; each exception of row 10 takes it away."""
    assert dating.is_late(change, NOON) is late


@pytest.mark.parametrize(
    ("days_ago", "closed", "work", "expected"),
    [
        (1, True, DayWork(), DayState.GREEN),
        (1, True, DayWork(saved=9), DayState.GREEN),
        (1, False, DayWork(saved=9), DayState.GREY),
        (1, True, DayWork(saved=9, waiting=1), DayState.GREY),
        (1, True, DayWork(saved=9, late=1), DayState.AMBER),
        (1, True, DayWork(aside=1, waiting=3), DayState.AMBER),
        (1, True, DayWork(missing=1), DayState.AMBER),
        (1, False, DayWork(aside=1), DayState.AMBER),
        (0, True, DayWork(saved=9), DayState.GREY),  # today is never green
        (0, False, DayWork(aside=1), DayState.AMBER),
        (-1, True, DayWork(), DayState.GREY),
        (-1, False, DayWork(aside=1), DayState.GREY),
    ],
)
def test_the_colour_of_a_day(
    days_ago: int, closed: bool, work: DayWork, expected: DayState
) -> None:
    """features.md, row 11."""
    assert calendar.state(TODAY - days_ago * DAY, TODAY, work, closed=closed) is expected


@pytest.mark.parametrize(
    ("pending", "expected"),
    [
        (Pending(TODAY, 2), DayWork(waiting=2)),
        (Pending(TODAY, 2, late=True), DayWork(late=2)),
        (Pending(TODAY, 2, missing=True), DayWork(missing=2)),
        (Pending(TODAY, 2, blocked=True), DayWork(aside=2)),
        (Pending(TODAY, 2, late=True, blocked=True), DayWork(aside=2)),
        (Pending(TODAY, 2, aside=Code.TRACKING_OFF), DayWork(aside=2)),
        (Pending(TODAY, 2, aside=Code.GRADE_HIGHER_ONLINE), DayWork()),  # kept online
        (Pending(TODAY, 2, aside=Code.ONLINE_DIFFERS), DayWork()),  # a listed conflict
        (Pending(TODAY, 2, aside=Code.FUNCTION_MISSING), DayWork()),  # not carried
        (Pending(TODAY, 2, carried=False), DayWork()),
    ],
)
def test_what_stands_in_the_way_of_green(pending: Pending, expected: DayWork) -> None:
    """Late, set aside, missing, or just not sent yet; what stays online for a reason does not."""
    assert calendar.work_by_day({}, [pending])[TODAY] == expected


def test_the_work_of_a_day_is_put_together() -> None:
    """What is saved and what is not, each on its own day."""
    works = calendar.work_by_day(
        {TODAY: 4}, [Pending(TODAY, 1), Pending(TODAY, 2, late=True), Pending(TODAY - DAY, 3)]
    )
    assert works == {TODAY: DayWork(saved=4, waiting=1, late=2), TODAY - DAY: DayWork(waiting=3)}


def test_every_reason_for_keeping_what_is_online_is_safe() -> None:
    """Whatever the rules of a kind say KEPT for is a listed conflict, and leaves the day green."""
    from beekeed.core import change, grade, profile
    from beekeed.core.grade import OnlineGrade
    from beekeed.core.model import Completion, Receipt

    key = Key(Kind.GRADE, 1, 1, 1)
    base = Receipt(key, "3", "3")
    outcomes = [
        change.decide(Change(key, ours, None, base=under), theirs)
        for ours in "012"
        for theirs in Completion
        for under in (None, base)
    ]
    outcomes += [
        grade.decide(Change(key, "5", None, base=under), OnlineGrade(0, 10, theirs, is_fixed))
        for theirs in (None, 5.0, 7.0, 3.0)
        for is_fixed in (False, True)
        for under in (None, base)
    ]
    outcomes.append(profile.decide(Change(key, "a", None), "city", {"city": "b"}))
    kept = {each.reason.code for each in outcomes if each and each.verdict is Verdict.KEPT
            and each.reason}  # fmt: skip
    assert len(kept) == 6
    assert kept <= calendar.SAFE


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (None, Period(date.min, TODAY - DAY)),
        (Period(TODAY - 5 * DAY, TODAY - 3 * DAY), Period(TODAY - 5 * DAY, TODAY - 3 * DAY)),
        (Period(TODAY - 5 * DAY, TODAY), Period(TODAY - 5 * DAY, TODAY - DAY)),
        (Period(TODAY, TODAY), None),
    ],
)
def test_a_run_closes_the_days_that_were_over_when_it_began(
    period: Period | None, expected: Period | None
) -> None:
    """features.md, row 11: those that it covers."""
    assert calendar.closes(period, NOON) == expected


def test_a_day_ends_at_midnight_in_utc() -> None:
    """To the second."""
    midnight = datetime(2026, 11, 10, tzinfo=UTC)
    for began, last in (
        (midnight, TODAY - DAY),
        (midnight - timedelta(seconds=1), TODAY - 2 * DAY),
    ):
        closed = calendar.closes(None, began)
        assert closed is not None
        assert closed.last == last


@given(st.lists(PERIODS), PERIODS, DAYS)
def test_closing_covers_a_run_and_nothing_else(
    closed: list[Period], period: Period, day: date
) -> None:
    """What is left open of a period, put together with what was closed, is both."""
    left = calendar.left_open(period, closed)
    after = [*closed, left] if left else closed
    expected = calendar.is_closed(day, [*closed, period])
    assert calendar.is_closed(day, after) is expected
    assert calendar.is_closed(day, calendar.merged(after)) is expected


@given(st.lists(PERIODS))
def test_merged_periods_do_not_touch(periods: list[Period]) -> None:
    """So that few are left of many."""
    found = calendar.merged(periods)
    for one, two in pairwise(found):
        assert one.last + DAY < two.first


@given(st.dates(date(1970, 2, 1), date(2100, 1, 1)))
def test_months(day: date) -> None:
    """Each day is in its month, and months follow each other without a gap."""
    month = calendar.month_of(day)
    assert month.first <= day <= month.last
    assert calendar.dates(month)[0].day == 1
    assert {each.month for each in calendar.dates(month)} == {day.month}
    assert calendar.next_month(day) == month.last + DAY
    assert calendar.month_of(calendar.previous_month(day)).last == month.first - DAY


WORKS = st.builds(DayWork, *[st.integers(0, 2)] * 5)


@given(st.dictionaries(DAYS, WORKS), st.lists(PERIODS), DAYS)
def test_green_is_a_promise(works: dict[date, DayWork], closed: list[Period], today: date) -> None:
    """No green day has anything that is not safe, is open, or is not over."""
    month = calendar.month_of(today)
    shown = calendar.days(month, today, works, closed)
    assert [each.date for each in shown] == calendar.dates(month)
    assert [each.date for each in shown if each.is_today] == [today]
    for each in shown:
        assert each.is_to_come is (each.date > today)
        if each.state is DayState.GREEN:
            assert each.date < today
            assert calendar.is_closed(each.date, closed)
            assert each.work == DayWork(saved=each.work.saved)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, None),
        ({"day": "2026-11-10"}, Period(TODAY, TODAY)),
        ({"day": "2026-02-28"}, Period(date(2026, 2, 28), date(2026, 2, 28))),
        ({"month": "2026-10"}, Period(date(2026, 10, 1), date(2026, 10, 31))),
        ({"month": "2026-12"}, "2026-12-01 is still to come; today is 2026-11-10, in UTC"),
        ({"month": "2026-11"}, Period(date(2026, 11, 1), TODAY)),  # up to today
        ({"month": "2026-02"}, Period(date(2026, 2, 1), date(2026, 2, 28))),
        ({"from": "2026-11-01", "to": "2026-11-03"}, Period(date(2026, 11, 1), date(2026, 11, 3))),
        ({"from": "2026-11-01", "to": "2027-11-03"}, Period(date(2026, 11, 1), TODAY)),
        ({"day": "2026-11-11"}, "2026-11-11 is still to come"),
        ({"from": "2026-11-11", "to": "2026-11-12"}, "2026-11-11 is still to come"),
        ({"from": "2026-11-03", "to": "2026-11-01"}, "put the earlier day first"),
        ({"from": "2026-11-03"}, "with from and to"),
        ({"to": "2026-11-03"}, "with from and to"),
        ({"day": "2026-11-03", "month": "2026-11"}, "ask for a day, or a month"),
        ({"day": "2026-02-29"}, "like 2026-11-30"),
        ({"day": "yesterday"}, "like 2026-11-30"),
        ({"day": "20261103"}, "like 2026-11-30"),
        ({"day": "2026-W01-1"}, "like 2026-11-30"),
        ({"day": "２０２６-11-03"}, "like 2026-11-30"),
        ({"day": ""}, "like 2026-11-30"),
        ({"month": "2026-13"}, "write it as year and month, like 2026-11"),
        ({"month": "2026-11-03"}, "write it as year and month"),
        ({"month": "0001-01"}, "write it as year and month"),
        ({"month": "9999-12"}, "write it as year and month"),
    ],
)
def test_the_days_that_somebody_asks_for(
    asked: dict[str, str], expected: Period | str | None
) -> None:
    """A day, a month up to today, from and to; what is wrong says what to write instead."""
    if isinstance(expected, str):
        with pytest.raises(BeekeedError) as caught:
            period_asked(asked, TODAY)
        assert caught.value.code is Code.BAD_REQUEST
        assert expected in str(caught.value.params["detail"])
    else:
        assert period_asked(asked, TODAY) == expected


def test_what_is_late_goes_only_where_somebody_wants_it() -> None:
    """By the setting, by asking for its days, or by Force Sync."""
    days = Period(TODAY, TODAY)
    assert wanted(Request(), holds_late=True) == Wanted(None, late=False)
    assert wanted(Request(), holds_late=False) == Wanted(None, late=True)
    assert wanted(Request(force=True), holds_late=True) == Wanted(None, late=True)
    assert wanted(Request(period=days), holds_late=True) == Wanted(days, late=True)
