"""`GET /v1/runs/{event_id}/actions`: what a sync did, to whom. Shows names: never anonymous."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.core import profile
from beekeed.errors import BeekeedError, Code
from beekeed.ports.stores import Done


async def actions(api: Api, request: web.Request) -> dict[str, Any]:
    """List every change that a sync made online, with what was there before and is since."""
    event_id = request.match_info["event_id"]
    if await api.history.details(event_id) is None:
        raise BeekeedError(Code.NOT_FOUND, what=f"sync {event_id}")
    done = await api.history.done(event_id)
    return {
        "schema": "beekeed.actions/1",
        "event_id": event_id,
        "actions": [_view(each) for each in done],
    }


def _view(done: Done) -> dict[str, Any]:
    return {
        "kind": done.kind,
        "username": done.username,
        "first_name": done.first_name,
        "last_name": done.last_name,
        "course": done.shortname,
        "part": profile.shown_name(done.part),
        "before": done.before,
        "after": done.after,
        "at": done.at,
    }
