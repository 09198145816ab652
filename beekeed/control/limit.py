"""`GET` and `POST /v1/limit`, and `POST /v1/limit/top-up`: what the owner allows.

The body of the second is JSON with any of `enabled`, `bytes`, `billing_day`, `pacing` and
`reserve_percent`; of the third `{"bytes": 50000000}`.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.caller import caller
from beekeed.core import budget
from beekeed.core.budget import Usage
from beekeed.errors import BeekeedError, Code

Body = TypeVar("Body")

_KEYS = ("enabled", "bytes", "billing_day", "pacing", "reserve_percent", "charge")


class _TopUp(msgspec.Struct, forbid_unknown_fields=True):
    """What the body holds."""

    bytes: Annotated[int, msgspec.Meta(ge=1, le=10**15)]


async def limit(api: Api, _: web.Request) -> dict[str, Any]:
    """Show the limit."""
    return {"schema": "beekeed.limit/1", **limit_view(api, await api.usage.usage())}


async def set_limit(api: Api, request: web.Request) -> dict[str, Any]:
    """Change the limit, or what belongs to it; it holds at once, also for a sync under way."""
    asked = _read(await request.read(), dict[str, str | int | bool])
    unknown = sorted(asked.keys() - set(_KEYS))
    if unknown or not asked:
        detail = f"there is no {unknown[0]}" if unknown else "it says nothing to change"
        raise BeekeedError(Code.BAD_REQUEST, detail=detail)
    await api.tuner.change(
        {f"limit.{key}": value for key, value in asked.items()}, caller(request).who
    )
    return await limit(api, request)


async def top_up(api: Api, request: web.Request) -> dict[str, Any]:
    """Allow more in this billing month, once."""
    asked = _read(await request.read(), _TopUp)
    if not api.tuner.value("limit.enabled"):
        raise BeekeedError(Code.NO_LIMIT)
    await api.usage.top_up(asked.bytes)
    return await limit(api, request)


def limit_view(api: Api, usage: Usage) -> dict[str, Any]:
    """Show the settings of the limit and how it stands; `fixed`: by which file."""
    terms, stand = usage.terms, usage.stand
    keys = {f"limit.{key}": key for key in _KEYS}
    return {
        "enabled": terms.limit_bytes is not None,
        "limit_bytes": api.tuner.value("limit.bytes"),
        "top_up_bytes": stand.top_up,
        "charged_bytes": usage.current.charged,
        "left_bytes": budget.left(terms, stand),
        "reserve_percent": terms.reserve_percent,
        "reserve_bytes": budget.reserve(terms),
        "pacing": terms.pacing,
        "share_today_bytes": budget.share_today(terms, stand),
        "left_today_bytes": budget.left_today(terms, stand),
        "billing_day": terms.billing_day,
        "renews_on": budget.renews_on(stand.day, terms.billing_day),
        "clock_trusted": stand.trusted,
        "charge": api.tuner.value("limit.charge"),
        "fixed": {name: file for key, name in keys.items() if (file := api.tuner.fixed(key))},
    }


def _read(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise BeekeedError(Code.BAD_REQUEST, detail=str(error)) from error
