"""`POST /v1/sync`: start a sync, or join the one that runs."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.core.request import Request


async def sync(api: Api, _: web.Request) -> dict[str, Any]:
    """Start a sync by hand; two presses lead to the same run."""
    started = await api.runner.request(Request())
    return {
        "schema": "beekeed.sync/1",
        "event_id": started.event_id,
        "joined": started.joined,
    }
