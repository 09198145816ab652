"""Days: to which one a change belongs, when one is closed, and what its colour is.

A day is a UTC calendar day. Rule: green promises that all of a day's changes are
safe online, or that a person can read why online holds something else (features.md,
rows 10 and 11).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from beekeed.core.model import Change
from beekeed.core.request import Period
from beekeed.errors import Code

_DAY = timedelta(days=1)

SAFE = frozenset(
    {
        Code.ONLINE_FAILED,
        Code.ONLINE_DIFFERS,
        Code.GRADE_FIXED_ONLINE,
        Code.GRADE_HIGHER_ONLINE,
        Code.GRADE_DIFFERS_ONLINE,
        Code.PROFILE_DIFFERS_ONLINE,
        Code.FUNCTION_MISSING,
    }
)
"""What is set aside for one of these leaves a day green.

Online holds something else that stays, and it is listed; or the target cannot carry it.
"""


class DayState(StrEnum):
    """A day's colour."""

    GREEN = "green"
    """Closed, and all its changes are acknowledged, kept online or in a listed conflict."""
    AMBER = "amber"
    """Something of it is late, set aside or found missing online."""
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Span:
    """Some time by the wall clock."""

    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Dating:
    """What is known when a change is first seen, and tells whether it is late.

    `closed`: the days that are. `courses`: those that the last check found the same online;
    before that nothing of a course could be sent, so nothing of it is late. `doubts`: when
    the clock was not trusted. `trusted`: whether it is now.
    """

    closed: Sequence[Period] = ()
    courses: Collection[int] = ()
    doubts: Sequence[Span] = ()
    trusted: bool = True

    def trusts(self, happened_at: datetime | None) -> bool:
        """Tell whether it is known when something happened."""
        if happened_at is None or not self.trusted:
            return False
        return not any(each.began_at <= happened_at <= each.ended_at for each in self.doubts)

    def is_late(self, change: Change, first_seen_at: datetime) -> bool:
        """Tell whether a change that is first seen now comes after its day was closed.

        Accounts and profiles belong to no course, and are never late.
        """
        if not self.trusts(change.happened_at) or change.key.course_id not in self.courses:
            return False
        return is_closed(day_of(change.happened_at, first_seen_at, trusted=True), self.closed)


UNDATED = Dating()
"""Nothing is late: no day is closed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Some of a day's changes that are not acknowledged, and why.

    `blocked`: they wait for an account or an enrolment that is set aside.
    `carried`: the target can take their kind.
    """

    day: date
    count: int
    late: bool = False
    missing: bool = False
    aside: Code | None = None
    blocked: bool = False
    carried: bool = True


@dataclass(frozen=True, slots=True)
class DayWork:
    """How many of a day's changes are acknowledged, and how many stand in the way of green."""

    saved: int = 0
    waiting: int = 0
    late: int = 0
    aside: int = 0
    missing: int = 0

    def with_pending(self, pending: Pending) -> "DayWork":
        """Add some changes that are not acknowledged."""
        late, aside, missing, waiting = self.late, self.aside, self.missing, self.waiting
        if pending.aside in SAFE or not pending.carried:
            pass
        elif pending.aside is not None or pending.blocked:
            aside += pending.count
        elif pending.late:
            late += pending.count
        elif pending.missing:
            missing += pending.count
        else:
            waiting += pending.count
        return DayWork(self.saved, waiting, late, aside, missing)


NO_WORK = DayWork()


@dataclass(frozen=True, slots=True)
class Day:
    """A day as the calendar shows it."""

    date: date
    state: DayState
    work: DayWork
    is_today: bool
    is_to_come: bool


def day(moment: datetime) -> date:
    """Give the UTC day of a moment."""
    return moment.astimezone(UTC).date()


def day_of(happened_at: datetime | None, first_seen_at: datetime, *, trusted: bool) -> date:
    """Give a change's day: when it happened, if that is known, else when we first saw it."""
    if happened_at is not None and trusted and happened_at <= first_seen_at:
        return day(happened_at)
    return day(first_seen_at)


def work_by_day(saved: Mapping[date, int], pending: Iterable[Pending]) -> dict[date, DayWork]:
    """Put together what is known of each day."""
    found = {day: DayWork(saved=count) for day, count in saved.items()}
    for each in pending:
        found[each.day] = found.get(each.day, NO_WORK).with_pending(each)
    return found


def state(day: date, today: date, work: DayWork, *, closed: bool) -> DayState:
    """Give a day's colour; today is never green, and what is to come is grey."""
    if day > today:
        return DayState.GREY
    if work.late or work.aside or work.missing:
        return DayState.AMBER
    return DayState.GREEN if closed and day < today and not work.waiting else DayState.GREY


def days(
    period: Period, today: date, works: Mapping[date, DayWork], closed: Sequence[Period]
) -> list[Day]:
    """Give the days of a period as the calendar shows them."""
    found = []
    for each in dates(period):
        work = works.get(each, NO_WORK)
        colour = state(each, today, work, closed=is_closed(each, closed))
        found.append(Day(each, colour, work, each == today, each > today))
    return found


def dates(period: Period) -> list[date]:
    """Give each day of a period."""
    count = (period.last - period.first).days + 1
    return [period.first + _DAY * number for number in range(count)]


def is_closed(day: date, closed: Iterable[Period]) -> bool:
    """Tell whether a sync closed a day."""
    return any(each.first <= day <= each.last for each in closed)


def closes(period: Period | None, started_at: datetime) -> Period | None:
    """Give the days that a run closes which covered a period (None: all) and began then.

    Only days that were over.
    """
    first, last = (date.min, date.max) if period is None else (period.first, period.last)
    last = min(last, day(started_at) - _DAY)
    return Period(first, last) if first <= last else None


def left_open(period: Period, closed: Iterable[Period]) -> Period | None:
    """Give what of a period is still to be closed, without what is closed at its beginning."""
    first = period.first
    for each in sorted(closed, key=lambda each: each.first):
        if each.first <= first <= each.last:
            if each.last >= period.last:
                return None
            first = each.last + _DAY
    return Period(first, period.last)


def merged(periods: Iterable[Period]) -> list[Period]:
    """Put periods together that touch each other."""
    found: list[Period] = []
    for each in sorted(periods, key=lambda each: each.first):
        if found and each.first <= found[-1].last + _DAY:
            found[-1] = Period(found[-1].first, max(found[-1].last, each.last))
        else:
            found.append(each)
    return found


def month_of(day: date) -> Period:
    """Give the month of a day."""
    first = day.replace(day=1)
    return Period(first, next_month(first) - _DAY)


def next_month(day: date) -> date:
    """Give the first day of the month after a day's."""
    return (day.replace(day=1) + 31 * _DAY).replace(day=1)


def previous_month(day: date) -> date:
    """Give the first day of the month before a day's."""
    return (day.replace(day=1) - _DAY).replace(day=1)
