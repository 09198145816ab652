"""The data limit: billing months, what is left, and what may still be spent. Pure.

A byte is charged to a day, and a day belongs to a billing month. The day does not run
backwards: while the clock is not trusted it is the last one that anything was charged to,
so that a month's allowance is never spent twice (features.md, row 22). A month is charged
with all that was spent in it or, by a wrong clock, after it, and with what is held, also
since its eve: that may go out after midnight.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from beekeed.core.model import Bytes, Category, Reason
from beekeed.errors import Code

EARLIEST = date(2026, 1, 1)
"""What is charged before the clock was ever trusted is charged to this day: one month's
allowance is all that a box can spend that never learns the time."""

WARNINGS = (75, 90)
"""Percent of the limit at which a warning is given, each once a month."""

_DAY = timedelta(days=1)
_ABSURD = timedelta(days=62)
"""A trusted clock that is this far behind the day that was charged last is believed: the one
before it was wrong. What was charged ahead counts in every month until its day has passed."""
_DAYS_TO_ESTIMATE = 3  # fewer tell nothing: a box that is set up sends more than it ever will


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner allows. `limit_bytes`: a month, both ways; None: without a limit.

    `pacing`: what is left is spread over the days left. `reserve_percent`: the last part
    of the limit, which is not for what may wait.
    """

    limit_bytes: int | None = None
    billing_day: int = 1
    pacing: bool = False
    reserve_percent: int = 10


@dataclass(frozen=True, slots=True)
class Stand:
    """How the month stands, in bytes both ways.

    `day`: the one that is charged now. `before` and `of_day`: charged to the month without
    it and on it, what is held included. `held`: of all that, what may still go out.
    `trusted`: whether the clock is.
    """

    day: date
    before: int = 0
    of_day: int = 0
    held: int = 0
    top_up: int = 0
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class DayCharge:
    """What one day was charged with for one purpose. `held`: not known, counted in full."""

    day: date
    category: Category
    spent: Bytes
    held: int = 0

    @property
    def whole(self) -> int:
        """Both ways, with what is held."""
        return self.spent.sent + self.spent.received + self.held


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """A billing month of the account.

    `carried`: what it is charged with besides its days: what was held on its eve, and what
    a wrong clock put after it.
    """

    first: date
    last: date
    charges: tuple[DayCharge, ...] = ()
    carried: int = 0
    top_up: int = 0
    warned: tuple[int, ...] = ()

    @property
    def charged(self) -> int:
        """All that counts against the limit, both ways."""
        return sum(each.whole for each in self.charges) + self.carried


@dataclass(frozen=True, slots=True)
class Usage:
    """The account as people see it: this billing month and the one before.

    `live`: bytes held for what is on the wire now. `since`: the first day of the account.
    """

    terms: Terms
    stand: Stand
    current: MonthUsage
    last: MonthUsage
    live: int = 0
    since: date | None = None


def charged_day(today: date, newest: date | None, *, trusted: bool) -> date:
    """Give the day that is charged now. `newest`: the last that ever was."""
    if not trusted:
        return EARLIEST if newest is None else newest
    return today if newest is None or newest - today > _ABSURD else max(today, newest)


def month_of(day: date, billing_day: int) -> date:
    """Give the first day of the billing month that a day belongs to; billing days are 1 to 28."""
    this = day.replace(day=billing_day)
    return this if this <= day else (day.replace(day=1) - _DAY).replace(day=billing_day)


def month_after(first: date) -> date:
    """Give the first day of the next billing month: when the plan renews."""
    return (first.replace(day=1) + timedelta(days=31)).replace(day=first.day)


def month_before(first: date) -> date:
    """Give the first day of the billing month before."""
    return (first.replace(day=1) - _DAY).replace(day=first.day)


def renews_on(day: date, billing_day: int) -> date:
    """Give the day on which the plan renews next."""
    return month_after(month_of(day, billing_day))


def left(terms: Terms, stand: Stand, *, extra: bool = False) -> int | None:
    """Give the bytes that may still be spent now; None without a limit.

    `extra`: by what may wait, for which the last part of the limit is not.
    """
    if terms.limit_bytes is None:
        return None
    of_month = _left_of_month(terms.limit_bytes, terms, stand)
    if extra:
        of_month -= reserve(terms)
    of_day = left_today(terms, stand)
    return max(0, of_month if of_day is None else min(of_month, of_day))


def reserve(terms: Terms) -> int:
    """Give the part of the limit that is kept for the most valuable changes."""
    return (terms.limit_bytes or 0) * terms.reserve_percent // 100


def _left_of_month(limit: int, terms: Terms, stand: Stand) -> int:
    of_month = limit + stand.top_up - stand.before - stand.of_day
    if stand.day + _DAY == renews_on(stand.day, terms.billing_day):
        # What is held when the month ends counts in the next, which has no top-up yet.
        return min(of_month, limit - stand.held)
    return of_month


def share_today(terms: Terms, stand: Stand) -> int | None:
    """Give today's share of what was left this morning; None where nothing is paced.

    On a clock that is not trusted nobody knows how many days are left: nothing is.
    """
    if terms.limit_bytes is None or not terms.pacing or not stand.trusted:
        return None
    days = (renews_on(stand.day, terms.billing_day) - stand.day).days
    return max(0, terms.limit_bytes + stand.top_up - stand.before) // days


def left_today(terms: Terms, stand: Stand) -> int | None:
    """Give what is left of today's share; None where nothing is paced."""
    share = share_today(terms, stand)
    return None if share is None else max(0, share - stand.of_day)


def refusal(terms: Terms, stand: Stand, most: int) -> Reason | None:
    """Tell why `most` bytes more must not be spent now, or None where they may be."""
    if terms.limit_bytes is None:
        return None
    if most > max(0, _left_of_month(terms.limit_bytes, terms, stand)):
        params = {"renews": str(renews_on(stand.day, terms.billing_day))}
        return Reason(Code.LIMIT_REACHED, params | ({} if stand.trusted else {"untrusted": "1"}))
    of_day = left_today(terms, stand)
    if of_day is not None and most > of_day:
        return Reason(Code.LIMIT_PACED, {"when": str(stand.day + _DAY)})
    return None


def warnings_due(terms: Terms, stand: Stand, warned: Collection[int]) -> list[int]:
    """Give the warnings that are due and were not given in this month."""
    if terms.limit_bytes is None:
        return []
    charged, whole = stand.before + stand.of_day, terms.limit_bytes + stand.top_up
    return [each for each in WARNINGS if charged * 100 >= whole * each and each not in warned]


def estimate(month: MonthUsage, stand: Stand, since: date | None) -> int | None:
    """Tell how much the month will have been charged with at its end, as it goes so far.

    None where that is not known yet: before some days of it were seen whole, and while the
    clock is not trusted. `since`: the first day of the account.
    """
    begun = max(month.first, since or stand.day)
    seen = (stand.day - begun).days
    if not stand.trusted or seen < _DAYS_TO_ESTIMATE:
        return None
    to_come = (month.last - stand.day).days
    rate = stand.before / seen
    return round(stand.before + max(stand.of_day, rate) + rate * to_come)


def right_day(charged: date, reckoned: date, today: date) -> date:
    """Give the day of what was charged under a clock that was not trusted, once it is.

    `reckoned`: when it was by the clock that nobody sets. Never back: what was charged to a
    month may only move on to a later one, up to today's; but for what a wrong clock put far
    ahead.
    """
    latest = min(reckoned, today)
    return latest if charged - today > _ABSURD else max(charged, latest)


def by_day(charges: Iterable[DayCharge]) -> dict[date, list[DayCharge]]:
    """Sort charges by day, earliest first."""
    days: dict[date, list[DayCharge]] = {}
    for each in sorted(charges, key=lambda charge: (charge.day, charge.category)):
        days.setdefault(each.day, []).append(each)
    return days
