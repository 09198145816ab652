"""What a sync is asked to do, and which days that is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from beekeed.errors import BeekeedError, Code

VERIFY = "verify"
"""The cause of a run that reads back what was acknowledged, and sends nothing."""

SCHEDULED = "scheduled"
"""The cause of a run that its time came for, and nobody asked."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days to be brought up to date, first and last among them, in UTC."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Request:
    """One sync as somebody or the schedule asks for it.

    `period`: only what belongs to these days, and all of that, also what is late; None:
    everything pending. `force`: courses are matched without their modification dates, for
    this run alone (features.md, row 8).
    """

    cause: str = "manual"
    period: Period | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pending changes a run sends: of which days, and whether what is late as well."""

    period: Period | None = None
    late: bool = True


EVERYTHING = Wanted()


def wanted(request: Request, *, holds_late: bool) -> Wanted:
    """Tell which pending changes a run sends (features.md, row 10).

    What is late goes where the settings do not hold it, or somebody asked for its days,
    or forced the sync.
    """
    is_asked_for = request.period is not None or request.force
    return Wanted(request.period, late=is_asked_for or not holds_late)


def period_asked(asked: Mapping[str, str], today: date) -> Period | None:
    """Give the days that somebody asks for: `day`, `month`, or `from` and `to`.

    None where they ask for none. A month and a `to` end today at the latest. Raises
    BeekeedError with what to write instead.
    """
    match sorted(asked):
        case []:
            return None
        case ["day"]:
            first = last = read_day(asked["day"])
        case ["month"]:
            first = read_month(asked["month"])
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case ["from", "to"]:
            first, last = read_day(asked["from"]), read_day(asked["to"])
        case _:
            raise _wrong("ask for a day, or a month, or for days with from and to")
    if last < first:
        raise _wrong(f"{first} is after {last}; put the earlier day first")
    if first > today:
        raise _wrong(f"{first} is still to come; today is {today}, in UTC")
    return Period(first, min(last, today))


def read_day(text: str) -> date:
    """Read a day like 2026-11-30. Raises BeekeedError."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _wrong(f'"{text}" is not a day; write it as year, month and day, like 2026-11-30')


def read_month(text: str) -> date:
    """Read a month like 2026-11; gives its first day. Raises BeekeedError."""
    try:
        if re.fullmatch(r"\d{4}-\d\d", text, re.ASCII) and "1970" < text < "9999":
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise _wrong(f'"{text}" is not a month; write it as year and month, like 2026-11')


def _wrong(detail: str) -> BeekeedError:
    return BeekeedError(Code.BAD_REQUEST, detail=detail)
