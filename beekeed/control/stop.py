"""`POST /v1/stop`: stop the run under way."""

from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api


class StopAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Which run stops; null where none is under way."""

    schema: Literal["beekeed.stop/1"] = "beekeed.stop/1"
    event_id: str | None


async def stop(api: Api, _: web.Request) -> StopAnswer:
    """Ask the run under way to stop. It goes on until what is in flight is settled."""
    return StopAnswer(event_id=await api.runner.stop_run())
