"""`GET /v1/health`: whether beekeed is well, for whoever watches the box. Writes nothing."""

import asyncio
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.errors import BeekeedError, Code, StoreBroken

_STORE_SECONDS = 5  # a card that takes longer for one row is no card to rely on


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All is well: syncs can start, and our own database can be read. Else it is an error."""

    schema: Literal["beekeed.health/1"] = "beekeed.health/1"
    ok: Literal[True] = True


async def health(api: Api, _: web.Request) -> HealthAnswer:
    """Tell whether syncs can start and the store can be read."""
    if not api.runner.is_ready:
        raise BeekeedError(Code.NOT_READY)
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            await api.history.latest()
    except TimeoutError as error:
        raise StoreBroken(Code.STORE_BROKEN, detail="it does not answer") from error
    return HealthAnswer()
