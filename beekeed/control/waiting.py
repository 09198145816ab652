"""`GET /v1/waiting`: who is not safe yet. Shows names: never anonymous."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, query_of
from beekeed.control.envelope import Time
from beekeed.errors import BeekeedError, Code
from beekeed.ports.waiting import WaitingLearner, WaitingPage

_MOST = 1000  # in one answer: more are asked for page by page


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """A learner of whom something is not online: how many changes, and what of them is not sent.

    `courses`: the short names of those that it belongs to; none for an account or a profile.
    `since`: when the oldest of it happened, or was first seen where that is not known.
    """

    username: str
    first_name: str
    last_name: str
    waiting: int
    late: int
    set_aside: int
    courses: list[str]
    since: Time


class WaitingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Learners by last name, first name and username, as the box was read at `read_at`.

    `total`: how many there are in all; null where that is not known, as with `waiting` in the
    status. `next`: what to ask for with `after` to see those that follow; null: none do.
    """

    schema: Literal["beekeed.waiting/1"] = "beekeed.waiting/1"
    read_at: Time | None
    total: int | None
    learners: list[WaitingView]
    next: str | None


class WaitingQuery(Asked, frozen=True, kw_only=True):
    """Whom to show: so many, from the first on or after the learner with a username."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=_MOST)] = 200
    after: str | None = None


async def waiting(api: Api, request: web.Request) -> WaitingAnswer:
    """List the learners of whom something is not online."""
    asked = query_of(request, WaitingQuery)
    target_id = await api.target_id()
    if target_id is None or await api.changes.waiting(target_id) is None:
        return WaitingAnswer(read_at=None, total=None, learners=[], next=None)
    page = await api.waiting.page(target_id, asked.after, asked.limit)
    if page is None:
        raise BeekeedError(Code.NOT_FOUND, what="such learner")
    return WaitingAnswer(
        read_at=await api.changes.read_at(target_id),
        total=page.total,
        learners=[_view(each) for each in page.learners],
        next=_next(page),
    )


def _next(page: WaitingPage) -> str | None:
    return page.learners[-1].username if page.more else None


def _view(learner: WaitingLearner) -> WaitingView:
    return WaitingView(
        username=learner.username,
        first_name=learner.first_name,
        last_name=learner.last_name,
        waiting=learner.waiting,
        late=learner.late,
        set_aside=learner.aside,
        courses=list(learner.courses),
        since=learner.since,
    )
