"""`GET /v1/set-aside`, `POST /v1/set-aside/retry` and `.../confirm`.

They show learners' names: never anonymous.
"""

from typing import Any

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.core import profile
from beekeed.errors import BeekeedError, Code
from beekeed.ports.stores import AsideRow


async def set_aside(api: Api, _: web.Request) -> dict[str, Any]:
    """List what is set aside, with its reason and what waits for it, and what left the box."""
    target_id = await api.target_id()
    rows = await api.changes.set_aside_list(target_id) if target_id else []
    gone = await api.changes.gone_list(target_id) if target_id else []
    return {
        "schema": "beekeed.set-aside/1",
        "changes": [_view(row) for row in rows],
        "gone": [{"kind": row.kind, "course": row.shortname, "count": row.count} for row in gone],
    }


async def retry(api: Api, _: web.Request) -> dict[str, Any]:
    """Have everything that is set aside tried again at the next sync."""
    return {"schema": "beekeed.retry/1", "retried": await api.changes.retry()}


async def confirm(api: Api, request: web.Request) -> dict[str, Any]:
    """Confirm that learners are who has their username online, or had it before here.

    The body: `{"usernames": [...]}`, as `GET /v1/set-aside` lists them.
    """
    usernames = await _usernames(request)
    target_id = await api.target_id()
    found = await api.targets.confirm(target_id, usernames, api.clock.now()) if target_id else []
    unknown = [name for name in usernames if name not in found]
    return {"schema": "beekeed.confirm/1", "confirmed": found, "unknown": unknown}


async def _usernames(request: web.Request) -> list[str]:
    try:
        body = await request.json()
        return msgspec.convert(body["usernames"], list[str])
    except (ValueError, KeyError, TypeError) as error:
        detail = 'the body must be {"usernames": ["..."]}'
        raise BeekeedError(Code.BAD_REQUEST, detail=detail) from error


def _view(row: AsideRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "username": row.username,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "course": row.shortname,
        "part": profile.shown_name(row.part),
        "since": row.since,
        "holds": row.holds,
        "value": row.value,
        "online_value": row.online_value,
        "reason": reason_view(row.reason.code, row.reason.params),
    }
