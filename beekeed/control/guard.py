"""`GET /v1/guard` and `POST /v1/guard/accept`: what is asked before anything is lowered.

Names no learner, and who answered.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from beekeed.control.api import Api
from beekeed.control.asked import Asked, query_of
from beekeed.control.caller import caller
from beekeed.control.envelope import ReasonView, Time, reason_view
from beekeed.core.model import Kind
from beekeed.errors import BeekeedError, Code
from beekeed.ports.guard import Guard, GuardEvent

_EVENTS = 20


class GuardView(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is open: so many of those known fell, and so many changes are held."""

    number: int
    course: str
    fullname: str
    kind: Kind
    lost: int
    known: int
    held: int
    since: Time
    reason: ReasonView


class GuardEventView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a question: "asked", "accepted" by somebody, or "over" by itself."""

    what: str
    course: str
    kind: Kind
    lost: int
    known: int
    at: Time
    by: str


class GuardAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked now, the largest first, and what was asked and answered before."""

    schema: Literal["beekeed.guard/1"] = "beekeed.guard/1"
    guards: list[GuardView]
    history: list[GuardEventView]


class AcceptQuery(Asked, frozen=True, kw_only=True):
    """Which questions: by the course's short name or a number; of one kind or all."""

    which: str
    kind: Kind | UnsetType = UNSET


class AcceptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was accepted."""

    schema: Literal["beekeed.guard-accept/1"] = "beekeed.guard-accept/1"
    accepted: list[GuardView]


async def guard(api: Api, _: web.Request) -> GuardAnswer:
    """List what is asked, and what was asked and answered before."""
    target_id = await api.target_id()
    guards = await api.guards.open(target_id) if target_id else []
    events = await api.guards.history(target_id, _EVENTS) if target_id else []
    return GuardAnswer(
        guards=[guard_view(each) for each in guards],
        history=[_event_view(each) for each in events],
    )


async def accept(api: Api, request: web.Request) -> AcceptAnswer:
    """Accept what fell in a course, so that the next sync may lower it online."""
    asked = query_of(request, AcceptQuery)
    target_id = await api.target_id()
    guards = await api.guards.open(target_id) if target_id else []
    chosen = _chosen(guards, asked)
    if target_id is None or not chosen:
        about = f"{asked.kind} in {asked.which}" if asked.kind else asked.which
        raise BeekeedError(Code.NOT_FOUND, what=f"question about {about}")
    numbers = [each.number for each in chosen]
    await api.guards.accept(target_id, numbers, caller(request).who, api.clock.now())
    return AcceptAnswer(accepted=[guard_view(each) for each in chosen])


def guard_view(guard: Guard) -> GuardView:
    """Show a question."""
    return GuardView(
        number=guard.number,
        course=guard.shortname,
        fullname=guard.fullname,
        kind=guard.kind,
        lost=guard.loss.lost,
        known=guard.loss.known,
        held=guard.loss.held,
        since=guard.since,
        reason=reason_view(guard.reason.code, guard.reason.params),
    )


def _event_view(event: GuardEvent) -> GuardEventView:
    return GuardEventView(
        what=event.what,
        course=event.shortname,
        kind=event.kind,
        lost=event.loss.lost,
        known=event.loss.known,
        at=event.at,
        by=event.by,
    )


def _chosen(guards: Sequence[Guard], asked: AcceptQuery) -> list[Guard]:
    """Find what is meant; a course that is named like a number is a course."""
    found = [each for each in guards if each.shortname == asked.which]
    found = found or [each for each in guards if str(each.number) == asked.which]
    return [each for each in found if asked.kind in (UNSET, each.kind)]
