"""The data limit: months, what is left, the reserve, the pace, warnings and the estimate."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core import budget
from beekeed.core.budget import EARLIEST, DayCharge, MonthUsage, Stand, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import Code

DAY = timedelta(days=1)
DAYS = st.dates(date(1970, 2, 1), date(2100, 1, 1))
BILLING_DAYS = st.integers(1, 28)
SIZES = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("day", "billing_day", "first", "renews"),
    [
        ("2026-11-01", 1, "2026-11-01", "2026-12-01"),
        ("2026-11-30", 1, "2026-11-01", "2026-12-01"),
        ("2026-12-31", 1, "2026-12-01", "2027-01-01"),
        ("2026-11-14", 15, "2026-10-15", "2026-11-15"),
        ("2026-11-15", 15, "2026-11-15", "2026-12-15"),
        ("2027-01-10", 15, "2026-12-15", "2027-01-15"),
        ("2027-02-27", 28, "2027-01-28", "2027-02-28"),
        ("2027-02-28", 28, "2027-02-28", "2027-03-28"),
        ("2028-02-29", 28, "2028-02-28", "2028-03-28"),
        ("2028-02-29", 1, "2028-02-01", "2028-03-01"),
        ("2027-03-27", 28, "2027-02-28", "2027-03-28"),
    ],
)
def test_the_billing_month_of_a_day(day: str, billing_day: int, first: str, renews: str) -> None:
    """It begins on its day, in February and over the turn of the year as well."""
    found = budget.month_of(date.fromisoformat(day), billing_day)
    assert str(found) == first
    assert str(budget.renews_on(date.fromisoformat(day), billing_day)) == renews


@given(DAYS, BILLING_DAYS)
def test_every_day_is_in_one_month(day: date, billing_day: int) -> None:
    """Months follow each other without a gap, forwards and backwards."""
    first = budget.month_of(day, billing_day)
    after = budget.month_after(first)
    assert first <= day < after
    assert first.day == after.day == billing_day
    assert 28 <= (after - first).days <= 31
    assert budget.month_of(after, billing_day) == after
    assert budget.month_of(after - DAY, billing_day) == first == budget.month_before(after)


@given(st.lists(st.tuples(DAYS, st.booleans()), max_size=20))
def test_the_day_that_is_charged_never_runs_backwards(readings: list[tuple[date, bool]]) -> None:
    """Whatever the clock says, and it moves on only where the clock is trusted.

    But for a trusted clock that is months behind: the one before it was wrong.
    """
    newest: date | None = None
    for today, trusted in readings:
        day = budget.charged_day(today, newest, trusted=trusted)
        absurd = trusted and newest is not None and (newest - today).days > 62
        assert newest is None or day >= newest or (absurd and day == today)
        assert trusted or day == (newest or EARLIEST)
        if trusted:
            assert day >= today
        newest = day


@pytest.mark.parametrize(
    ("charged", "reckoned", "today", "right"),
    [
        ("2026-11-20", "2026-12-04", "2026-12-05", "2026-12-04"),  # months later, in truth
        ("2026-11-20", "2026-11-19", "2026-11-21", "2026-11-20"),  # never back
        ("2026-11-20", "2045-01-01", "2026-12-05", "2026-12-05"),  # nor into the future
        ("2026-11-20", "1970-01-01", "2026-11-10", "2026-11-20"),
        ("2045-01-01", "2026-11-09", "2026-11-10", "2026-11-09"),  # but from far ahead
    ],
)
def test_what_was_charged_on_a_wrong_clock_moves_on_only(
    charged: str, reckoned: str, today: str, right: str
) -> None:
    """To the day on which it was, as far as that takes nothing from a month to come."""
    days = [date.fromisoformat(text) for text in (charged, reckoned, today)]
    assert str(budget.right_day(*days)) == right


@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.integers(0, 90), st.booleans(), DAYS, st.booleans())
def test_what_is_left_may_be_spent_and_nothing_more(
    limit: int,
    before: int,
    of_day: int,
    held: int,
    top_up: int,
    percent: int,
    pacing: bool,
    day: date,
    trusted: bool,
) -> None:
    """Exactly that much is not refused; the month never passes its limit; extra gets less."""
    terms = Terms(limit, 1, pacing, percent)
    stand = Stand(day, before, of_day, min(held, before + of_day), top_up, trusted)
    left = budget.left(terms, stand)
    extra = budget.left(terms, stand, extra=True)
    assert left is not None
    assert extra is not None
    assert 0 <= extra <= left
    assert budget.refusal(terms, stand, left) is None
    assert budget.refusal(terms, stand, left + 1) is not None
    if left:
        assert before + of_day + left <= limit + top_up
    if extra:
        assert before + of_day + extra <= limit + top_up - limit * percent // 100


def test_without_a_limit_nothing_is_refused() -> None:
    """Nor warned of, nor paced."""
    stand = Stand(date(2026, 11, 10), 10**12)
    terms = Terms(None, pacing=True)
    assert budget.left(terms, stand, extra=True) is None
    assert budget.refusal(terms, stand, 10**12) is None
    assert budget.warnings_due(terms, stand, ()) == []
    assert budget.share_today(terms, stand) is None


@given(st.integers(0, 10**6), BILLING_DAYS, DAYS, st.data())
def test_the_pace_spends_the_whole_limit_and_no_more(
    limit: int, billing_day: int, day: date, data: st.DataObject
) -> None:
    """Whatever of its share each day takes; and the last day may take all that is left."""
    terms = Terms(limit, billing_day, pacing=True)
    first = budget.month_of(day, billing_day)
    spent = 0
    for number in range((budget.month_after(first) - first).days):
        left = budget.left(terms, Stand(first + number * DAY, spent))
        assert left is not None
        if budget.month_after(first) - first == (number + 1) * DAY:
            assert spent + left == limit
        taken = data.draw(st.sampled_from([0, left // 2, left]))
        assert (
            budget.refusal(terms, Stand(first + number * DAY, spent, taken), left - taken) is None
        )
        spent += taken
    assert spent <= limit


def test_a_refusal_says_until_when() -> None:
    """The limit until the plan renews; today's share until tomorrow; an unsure clock is told."""
    terms = Terms(3000, 15, pacing=True)
    stand = Stand(date(2026, 11, 13), before=1000, of_day=900)
    reason = budget.refusal(terms, stand, 200)
    assert reason is not None
    assert (reason.code, reason.params) == (Code.LIMIT_PACED, {"when": "2026-11-14"})
    reason = budget.refusal(terms, stand, 1101)
    assert reason is not None
    assert (reason.code, reason.params) == (Code.LIMIT_REACHED, {"renews": "2026-11-15"})
    assert budget.refusal(terms, replace(stand, trusted=False), 1100) is None  # no pace then
    reason = budget.refusal(terms, replace(stand, trusted=False), 1101)
    assert reason is not None
    assert reason.params == {"renews": "2026-11-15", "untrusted": "1"}


@given(st.lists(st.integers(0, 400), max_size=30), st.integers(0, 2000), st.integers(0, 500))
def test_each_warning_is_given_once_a_month(steps: list[int], limit: int, top_up: int) -> None:
    """When its part is reached, and not before."""
    warned: list[int] = []
    charged = 0
    for step in steps:
        charged += step
        stand = Stand(date(2026, 11, 10), charged, top_up=top_up)
        warned += budget.warnings_due(Terms(limit), stand, warned)
        whole = limit + top_up
        assert warned == [each for each in (75, 90) if charged >= whole * each / 100]


@pytest.mark.parametrize(
    ("day", "before", "of_day", "since", "expected"),
    [
        ("2026-11-01", 0, 500, "2026-10-01", None),  # early
        ("2026-11-03", 800, 0, "2026-10-01", None),
        ("2026-11-04", 900, 0, "2026-10-01", 900 + 300 + 300 * 26),
        ("2026-11-04", 900, 1000, "2026-10-01", 900 + 1000 + 300 * 26),  # a rich day so far
        ("2026-11-30", 2900, 0, "2026-10-01", 3000),
        ("2026-11-22", 100, 0, "2026-11-20", None),  # the box is new
        ("2026-11-24", 400, 0, "2026-11-20", 400 + 100 + 100 * 6),
        ("2026-11-24", 0, 0, "2026-10-01", 0),
        ("2026-11-24", 0, 0, None, None),
    ],
)
def test_the_estimate_goes_on_as_it_went(
    day: str, before: int, of_day: int, since: str | None, expected: int | None
) -> None:
    """By the mean of the days that were seen whole; not yet known before three of them."""
    month = MonthUsage(date(2026, 11, 1), date(2026, 11, 30))
    stand = Stand(date.fromisoformat(day), before, of_day)
    begun = date.fromisoformat(since) if since else None
    assert budget.estimate(month, stand, begun) == expected
    assert budget.estimate(month, replace(stand, trusted=False), begun) is None


def test_what_is_not_known_is_charged_in_full() -> None:
    """In the month, and of its eve."""
    charge = DayCharge(date(2026, 11, 3), Category.SYNC, Bytes(10, 20), 300)
    month = MonthUsage(date(2026, 11, 1), date(2026, 11, 30), (charge,), carried=5)
    assert (charge.whole, month.charged) == (330, 335)
    assert budget.by_day([charge]) == {charge.day: [charge]}
