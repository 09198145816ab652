"""`GET` and `POST /v1/limit`, and `POST /v1/limit/top-up`: what the owner allows.

The body of the second is JSON with any of `enabled`, `bytes`, `billing_day`, `pacing`,
`reserve_percent` and `charge`; of the third `{"bytes": 50000000}`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from beekeed.control.api import Api
from beekeed.control.asked import Asked, body_of
from beekeed.control.caller import caller
from beekeed.core import budget
from beekeed.core.budget import Usage
from beekeed.core.model import Charge
from beekeed.errors import BeekeedError, Code

_KEYS = ("enabled", "bytes", "billing_day", "pacing", "reserve_percent", "charge")


class LimitView(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the limit and how it stands, in bytes both ways.

    `share_today_bytes` and `left_today_bytes` are null where nothing is paced. `fixed`: the
    settings that a file fixes, with that file.
    """

    enabled: bool
    limit_bytes: int
    top_up_bytes: int
    charged_bytes: int
    left_bytes: int | None
    reserve_percent: int
    reserve_bytes: int
    pacing: bool
    share_today_bytes: int | None
    left_today_bytes: int | None
    billing_day: int
    renews_on: date
    clock_trusted: bool
    charge: Charge
    fixed: Mapping[str, str]


class LimitAnswer(LimitView, frozen=True, kw_only=True):
    """The limit."""

    schema: Literal["beekeed.limit/1"] = "beekeed.limit/1"


class LimitAsked(Asked, frozen=True, kw_only=True):
    """What to change; what it does not name stays."""

    enabled: bool | UnsetType = UNSET
    bytes: int | UnsetType = UNSET
    billing_day: int | UnsetType = UNSET
    pacing: bool | UnsetType = UNSET
    reserve_percent: int | UnsetType = UNSET
    charge: str | UnsetType = UNSET


class TopUpAsked(Asked, frozen=True, kw_only=True):
    """How many bytes more."""

    bytes: Annotated[int, msgspec.Meta(ge=1, le=10**15)]


async def limit(api: Api, _: web.Request) -> LimitAnswer:
    """Show the limit."""
    view = limit_view(api, await api.usage.usage())
    return LimitAnswer(**msgspec.structs.asdict(view))


async def set_limit(api: Api, request: web.Request) -> LimitAnswer:
    """Change the limit, or what belongs to it; it holds at once, also for a sync under way."""
    given = msgspec.structs.asdict(body_of(request, LimitAsked))
    asked = {f"limit.{key}": value for key, value in given.items() if value is not UNSET}
    if not asked:
        raise BeekeedError(Code.BAD_REQUEST, detail="it says nothing to change")
    await api.tuner.change(asked, caller(request).who)
    return await limit(api, request)


async def top_up(api: Api, request: web.Request) -> LimitAnswer:
    """Allow more in this billing month, once."""
    asked = body_of(request, TopUpAsked)
    if not api.tuner.value("limit.enabled"):
        raise BeekeedError(Code.NO_LIMIT)
    await api.usage.top_up(asked.bytes)
    return await limit(api, request)


def limit_view(api: Api, usage: Usage) -> LimitView:
    """Show the settings of the limit and how it stands; `fixed`: by which file."""
    terms, stand = usage.terms, usage.stand
    keys = {f"limit.{key}": key for key in _KEYS}
    return LimitView(
        enabled=terms.limit_bytes is not None,
        limit_bytes=msgspec.convert(api.tuner.value("limit.bytes"), int),
        top_up_bytes=stand.top_up,
        charged_bytes=usage.current.charged,
        left_bytes=budget.left(terms, stand),
        reserve_percent=terms.reserve_percent,
        reserve_bytes=budget.reserve(terms),
        pacing=terms.pacing,
        share_today_bytes=budget.share_today(terms, stand),
        left_today_bytes=budget.left_today(terms, stand),
        billing_day=terms.billing_day,
        renews_on=budget.renews_on(stand.day, terms.billing_day),
        clock_trusted=stand.trusted,
        charge=Charge(str(api.tuner.value("limit.charge"))),
        fixed={name: file for key, name in keys.items() if (file := api.tuner.fixed(key))},
    )
