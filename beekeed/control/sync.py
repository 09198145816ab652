"""`POST /v1/sync`: start a sync, or join the one that runs.

Its body is empty, or JSON: `{"day": "2026-11-30"}`, `{"month": "2026-11"}` or
`{"from": "2026-11-01", "to": "2026-11-15"}`, each also with `"force": true`.
"""

from typing import Any

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.core import calendar
from beekeed.core.request import Request, period_asked
from beekeed.errors import BeekeedError, Code

_DAYS = ("day", "month", "from", "to")


class _Asked(msgspec.Struct, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """What the body may hold."""

    day: str | None = None
    month: str | None = None
    first: str | None = None
    last: str | None = None
    force: bool = False


async def sync(api: Api, request: web.Request) -> dict[str, Any]:
    """Start a sync by hand; two presses lead to the same run."""
    asked = _read(await request.read())
    days = {name: text for name, text in zip(_DAYS, _texts(asked), strict=True) if text is not None}
    period = period_asked(days, calendar.day(api.clock.now()))
    started = await api.runner.request(Request(period=period, force=asked.force))
    return {
        "schema": "beekeed.sync/1",
        "event_id": started.event_id,
        "joined": started.joined,
    }


def _read(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body or b"{}", type=_Asked)
    except msgspec.MsgspecError as error:
        raise BeekeedError(Code.BAD_REQUEST, detail=str(error)) from error


def _texts(asked: _Asked) -> tuple[str | None, ...]:
    return asked.day, asked.month, asked.first, asked.last
