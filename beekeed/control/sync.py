"""`POST /v1/sync`: start a sync, or join the one that runs.

Its body is empty, or JSON: `{"day": "2026-11-30"}`, `{"month": "2026-11"}` or
`{"from": "2026-11-01", "to": "2026-11-15"}`, each also with `"force": true`.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, DayText, MonthText, body_of
from beekeed.core import calendar
from beekeed.core.request import Request, period_asked


class SyncAsked(Asked, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """A day, a month, or days `from` and `to`; none: all that waits. `force`: for this run."""

    day: DayText | None = None
    month: MonthText | None = None
    first: DayText | None = None
    last: DayText | None = None
    force: bool = False


class SyncAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The run that the request led to; `joined`: it was running already."""

    schema: Literal["beekeed.sync/1"] = "beekeed.sync/1"
    event_id: str
    joined: bool


async def sync(api: Api, request: web.Request) -> SyncAnswer:
    """Start a sync by hand; two presses lead to the same run."""
    asked = body_of(request, SyncAsked)
    period = period_asked(days_of(asked), calendar.day(api.clock.now()))
    started = await api.runner.request(Request(period=period, force=asked.force))
    return SyncAnswer(event_id=started.event_id, joined=started.joined)


def days_of(asked: SyncAsked) -> Mapping[str, str]:
    """Give the days that were asked for, by the names that they have in a request."""
    days = {"day": asked.day, "month": asked.month, "from": asked.first, "to": asked.last}
    return {name: text for name, text in days.items() if text is not None}
