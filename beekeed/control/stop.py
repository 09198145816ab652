"""`POST /v1/stop`: stop the run under way."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api


async def stop(api: Api, _: web.Request) -> dict[str, Any]:
    """Ask the run under way to stop; `event_id` is null where none is.

    It goes on until what is in flight is settled.
    """
    return {"schema": "beekeed.stop/1", "event_id": await api.runner.stop_run()}
