"""`GET /v1/runs/{event_id}/actions`: what a sync did, to whom. Shows names: never anonymous."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from beekeed.control.api import Api
from beekeed.control.asked import Asked, query_of
from beekeed.control.envelope import Time
from beekeed.core import profile
from beekeed.core.model import Kind
from beekeed.errors import BeekeedError, Code
from beekeed.ports.stores import Done


class ActionView(msgspec.Struct, frozen=True, kw_only=True):
    """One change that a sync made online; `part`: its activity, group or profile field.

    `before`: what online held, null where it was not read; `after`: what it holds since.
    """

    kind: Kind
    username: str
    first_name: str
    last_name: str
    course: str | None
    part: str | None
    before: str | None
    after: str
    at: Time


class ActionsQuery(Asked, frozen=True, kw_only=True):
    """How many at the most; all, where it does not say."""

    limit: Annotated[int, Meta(ge=1, lt=10**9)] | UnsetType = UNSET


class ActionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync did online, by learner and course."""

    schema: Literal["beekeed.actions/1"] = "beekeed.actions/1"
    event_id: str
    actions: list[ActionView]


async def actions(api: Api, request: web.Request) -> ActionsAnswer:
    """List every change that a sync made online, with what was there before and is since."""
    event_id, limit = request.match_info["event_id"], query_of(request, ActionsQuery).limit
    if await api.history.details(event_id) is None:
        raise BeekeedError(Code.NOT_FOUND, what=f"sync {event_id}")
    done = await api.history.done(event_id, None if limit is UNSET else limit)
    return ActionsAnswer(event_id=event_id, actions=[_view(each) for each in done])


def _view(done: Done) -> ActionView:
    return ActionView(
        kind=done.kind,
        username=done.username,
        first_name=done.first_name,
        last_name=done.last_name,
        course=done.shortname,
        part=profile.shown_name(done.part),
        before=done.before,
        after=done.after,
        at=done.at,
    )
