"""`POST /v1/verify`: read back everything that the online Moodle acknowledged."""

from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.core.request import VERIFY, Request
from beekeed.errors import BeekeedError, Code


class VerifyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The run that reads back."""

    schema: Literal["beekeed.verify/1"] = "beekeed.verify/1"
    event_id: str


async def verify(api: Api, _: web.Request) -> VerifyAnswer:
    """Start reading back; a sync that runs is not joined, because it does another thing."""
    if api.runner.event_id is not None:
        raise BeekeedError(Code.ALREADY_RUNNING)
    started = await api.runner.request(Request(VERIFY))
    if started.joined:
        raise BeekeedError(Code.ALREADY_RUNNING)
    return VerifyAnswer(event_id=started.event_id)
