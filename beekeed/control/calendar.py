"""`GET /v1/calendar?month=2026-11`: the days of a month, each with its colour. Names nobody."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.core import calendar
from beekeed.core.calendar import Day, DayState
from beekeed.core.request import read_month


async def month(api: Api, request: web.Request) -> dict[str, Any]:
    """Show a month, this one where none is named."""
    today = calendar.day(api.clock.now())
    asked = request.query.get("month")
    period = calendar.month_of(today if asked is None else read_month(asked))
    target_id = await api.target_id()
    works = await api.days.work(target_id, period) if target_id else {}
    closed = await api.days.closed(target_id) if target_id else ()
    days = calendar.days(period, today, works, closed)
    return {
        "schema": "beekeed.calendar/1",
        "month": f"{period.first:%Y-%m}",
        "previous": f"{calendar.previous_month(period.first):%Y-%m}",
        "next": f"{calendar.next_month(period.first):%Y-%m}",
        "synchronized": sum(each.state is DayState.GREEN for each in days),
        "days": [_view(each) for each in days],
    }


def _view(day: Day) -> dict[str, Any]:
    return {
        "date": day.date,
        "state": day.state,
        "is_today": day.is_today,
        "is_to_come": day.is_to_come,
        "saved": day.work.saved,
        "waiting": day.work.waiting,
        "late": day.work.late,
        "set_aside": day.work.aside,
        "missing": day.work.missing,
    }
