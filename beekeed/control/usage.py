"""`GET /v1/usage?month=2026-11`: the bytes of this billing month and the last. Names nobody."""

import datetime
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import AskedMonth, query_of
from beekeed.control.limit import LimitView, limit_view
from beekeed.core import budget
from beekeed.core.budget import DayCharge, MonthUsage, Usage
from beekeed.core.model import Bytes, Category
from beekeed.core.request import read_month


class SpentView(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent; `held_bytes`: what is not known, and counted in full."""

    sent_bytes: int
    received_bytes: int
    held_bytes: int


class DaySpentView(msgspec.Struct, frozen=True, kw_only=True):
    """What one day cost."""

    date: datetime.date
    sent_bytes: int
    received_bytes: int
    held_bytes: int


class MonthView(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """A billing month, named by the calendar month that it begins in.

    `on_the_way_bytes`: held for what is on the wire now. `not_known_bytes`: counted in full.
    """

    month: str
    first: datetime.date
    last: datetime.date
    charged_bytes: int
    sent_bytes: int
    received_bytes: int
    on_the_way_bytes: int
    not_known_bytes: int
    top_up_bytes: int
    categories: Mapping[Category, SpentView]
    days: list[DaySpentView]


class UsageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent. `month`: the one that was asked for. `estimate_bytes`: by its end.

    `warnings`: the parts of the limit, in percent, that were reached in this month.
    """

    schema: Literal["beekeed.usage/1"] = "beekeed.usage/1"
    month: MonthView | None
    current: MonthView
    last: MonthView
    estimate_bytes: int | None
    warnings: list[int]
    limit: LimitView


class UsageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the month stands, in short; without a limit `limit_bytes` and `left_bytes` are null."""

    charged_bytes: int
    limit_bytes: int | None
    top_up_bytes: int
    left_bytes: int | None
    warnings: list[int]
    renews_on: datetime.date


async def usage(api: Api, request: web.Request) -> UsageAnswer:
    """Show what was spent; `month`: also the billing month that begins in that one."""
    asked = query_of(request, AskedMonth).month
    found = await api.usage.usage()
    month = None
    if asked is not None:
        day = read_month(asked) + timedelta(days=found.terms.billing_day - 1)
        month = month_view(await api.usage.month(day))
    return UsageAnswer(
        month=month,
        current=month_view(found.current, found.live),
        last=month_view(found.last),
        estimate_bytes=budget.estimate(found.current, found.stand, found.since),
        warnings=list(found.current.warned),
        limit=limit_view(api, found),
    )


def month_view(month: MonthUsage, live: int = 0) -> MonthView:
    """Show a billing month; `live`: what is held for what is on the wire now."""
    spent = _spent(month.charges)
    return MonthView(
        month=f"{month.first:%Y-%m}",
        first=month.first,
        last=month.last,
        charged_bytes=month.charged,
        sent_bytes=spent.sent,
        received_bytes=spent.received,
        on_the_way_bytes=live,
        not_known_bytes=month.charged - spent.sent - spent.received - live,
        top_up_bytes=month.top_up,
        categories={
            category: _view(each for each in month.charges if each.category is category)
            for category in Category
        },
        days=[_day_view(day, charges) for day, charges in budget.by_day(month.charges).items()],
    )


def summary(usage: Usage) -> UsageSummary:
    """Show in one line how the month stands."""
    return UsageSummary(
        charged_bytes=usage.current.charged,
        limit_bytes=usage.terms.limit_bytes,
        top_up_bytes=usage.stand.top_up,
        left_bytes=budget.left(usage.terms, usage.stand),
        warnings=list(usage.current.warned),
        renews_on=budget.renews_on(usage.stand.day, usage.terms.billing_day),
    )


def _day_view(day: datetime.date, charges: Iterable[DayCharge]) -> DaySpentView:
    return DaySpentView(date=day, **msgspec.structs.asdict(_view(charges)))


def _view(charges: Iterable[DayCharge]) -> SpentView:
    listed = list(charges)
    spent = _spent(listed)
    held = sum(each.held for each in listed)
    return SpentView(sent_bytes=spent.sent, received_bytes=spent.received, held_bytes=held)


def _spent(charges: Iterable[DayCharge]) -> Bytes:
    return sum((each.spent for each in charges), Bytes())
