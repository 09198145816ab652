"""`GET /v1/usage?month=2026-11`: the bytes of this billing month and the last. Names nobody."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.limit import limit_view
from beekeed.core import budget
from beekeed.core.budget import DayCharge, MonthUsage, Usage
from beekeed.core.model import Bytes, Category
from beekeed.core.request import read_month


async def usage(api: Api, request: web.Request) -> dict[str, Any]:
    """Show what was spent; `month`: also the billing month that begins in that one."""
    asked = request.query.get("month")
    found = await api.usage.usage()
    month = None
    if asked is not None:
        day = read_month(asked) + timedelta(days=found.terms.billing_day - 1)
        month = month_view(await api.usage.month(day))
    return {
        "schema": "beekeed.usage/1",
        "month": month,
        "current": month_view(found.current, found.live),
        "last": month_view(found.last),
        "estimate_bytes": budget.estimate(found.current, found.stand, found.since),
        "warnings": found.current.warned,
        "limit": limit_view(api, found),
    }


def month_view(month: MonthUsage, live: int = 0) -> dict[str, Any]:
    """Show a billing month; `live`: what is held for what is on the wire now."""
    spent = _spent(month.charges)
    days = budget.by_day(month.charges)
    return {
        "month": f"{month.first:%Y-%m}",
        "from": month.first,
        "to": month.last,
        "charged_bytes": month.charged,
        "sent_bytes": spent.sent,
        "received_bytes": spent.received,
        "on_the_way_bytes": live,
        "not_known_bytes": month.charged - spent.sent - spent.received - live,
        "top_up_bytes": month.top_up,
        "categories": {
            str(category): _view(each for each in month.charges if each.category is category)
            for category in Category
        },
        "days": [{"date": day, **_view(charges)} for day, charges in days.items()],
    }


def summary(usage: Usage) -> dict[str, Any]:
    """Show in one line how the month stands."""
    return {
        "charged_bytes": usage.current.charged,
        "limit_bytes": usage.terms.limit_bytes,
        "top_up_bytes": usage.stand.top_up,
        "left_bytes": budget.left(usage.terms, usage.stand),
        "warnings": usage.current.warned,
        "renews_on": budget.renews_on(usage.stand.day, usage.terms.billing_day),
    }


def _view(charges: Iterable[DayCharge]) -> dict[str, int]:
    listed = list(charges)
    spent = _spent(listed)
    held = sum(each.held for each in listed)
    return {
        "sent_bytes": spent.sent,
        "received_bytes": spent.received,
        "held_bytes": held,
    }


def _spent(charges: Iterable[DayCharge]) -> Bytes:
    return sum((each.spent for each in charges), Bytes())
