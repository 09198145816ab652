"""`GET /v1/calendar?month=2026-11`: the days of a month, each with its colour. Names nobody."""

import datetime
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import AskedMonth, query_of
from beekeed.core import calendar
from beekeed.core.calendar import Day, DayState
from beekeed.core.request import read_month


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """One day, with how many changes of it are online, and how many are not and why."""

    date: datetime.date
    state: DayState
    is_today: bool
    is_to_come: bool
    saved: int
    waiting: int
    late: int
    set_aside: int
    missing: int


class CalendarAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A month; `synchronized`: how many of its days are green."""

    schema: Literal["beekeed.calendar/1"] = "beekeed.calendar/1"
    month: str
    previous: str
    next: str
    synchronized: int
    days: list[DayView]


async def month(api: Api, request: web.Request) -> CalendarAnswer:
    """Show a month, this one where none is named."""
    today = calendar.day(api.clock.now())
    asked = query_of(request, AskedMonth).month
    period = calendar.month_of(today if asked is None else read_month(asked))
    target_id = await api.target_id()
    works = await api.days.work(target_id, period) if target_id else {}
    closed = await api.days.closed(target_id) if target_id else ()
    days = calendar.days(period, today, works, closed)
    return CalendarAnswer(
        month=f"{period.first:%Y-%m}",
        previous=f"{calendar.previous_month(period.first):%Y-%m}",
        next=f"{calendar.next_month(period.first):%Y-%m}",
        synchronized=sum(each.state is DayState.GREEN for each in days),
        days=[_view(each) for each in days],
    )


def _view(day: Day) -> DayView:
    return DayView(
        date=day.date,
        state=day.state,
        is_today=day.is_today,
        is_to_come=day.is_to_come,
        saved=day.work.saved,
        waiting=day.work.waiting,
        late=day.work.late,
        set_aside=day.work.aside,
        missing=day.work.missing,
    )
