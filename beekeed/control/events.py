"""`GET /v1/events`: how a run goes on, as server-sent events. Names nobody.

The format is the HTML standard's (9.2, Server-sent events). Each event carries the whole view,
so whoever missed some, or was away, is told all by the next. One that a client names in
Last-Event-ID is not sent again. A comment goes where nothing else does for a while, so that
each side sees that the other is there.
"""

import asyncio
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import ReasonView, maybe_reason
from beekeed.control.watchers import PACE_SECONDS, Told
from beekeed.core.cycle import Phase
from beekeed.core.model import RunStatus
from beekeed.core.progress import Progress

_AGAIN = b"retry: 2000\n\n"


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is under way, or the latest that ended. `reason`: why it ended so.

    `steps_done` of `steps_total`: changes that need nothing more, of those that it is to send;
    of a run that reads back (`cause` "verify"): learners. Null before that is known.
    """

    event_id: str
    cause: str
    status: RunStatus
    steps_done: int
    steps_total: int | None
    steps_left: int | None
    sent_bytes: int
    received_bytes: int
    reason: ReasonView | None


class EventsView(msgspec.Struct, frozen=True, kw_only=True):
    """What each event carries. `run`: null before the first since beekeed started."""

    schema: Literal["beekeed.events/1"] = "beekeed.events/1"
    phase: Phase
    run: ProgressView | None


async def events(api: Api, request: web.Request) -> web.StreamResponse:
    """Watch how a run goes on: its phase, what is done and left, its bytes, and its end."""
    with api.watchers.joined():
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        try:
            await response.prepare(request)
            await _tell(api, response, request.headers.get("Last-Event-ID", ""))
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionResetError:  # whoever watched has left
            pass
        return response


async def _tell(api: Api, response: web.StreamResponse, seen: str) -> None:
    """Send what is new until beekeed ends. Raises TimeoutError where the client does not read."""
    watchers, clock = api.watchers, api.clock

    async def send(data: bytes) -> None:
        async with asyncio.timeout(watchers.patience_seconds):
            await response.write(data)

    await send(_AGAIN)
    sent_at = clock.monotonic()
    while not watchers.closed:
        turn = watchers.turn
        told = watchers.look(lambda: view(api))
        if told.id != seen:
            await send(_event(told))
            seen, sent_at = told.id, clock.monotonic()
        elif clock.monotonic() >= sent_at + watchers.heartbeat_seconds:
            await send(b":\n\n")
            sent_at = clock.monotonic()
        await clock.sleep(PACE_SECONDS)
        is_running = api.runner.event_id is not None
        await watchers.until_woken(turn, 0 if is_running else watchers.heartbeat_seconds)


def _event(told: Told) -> bytes:
    return b"id: %b\ndata: %b\n\n" % (told.id.encode(), told.data)


def view(api: Api) -> EventsView:
    """Show how it stands now; nothing is read for that."""
    told = api.runner.progress
    return EventsView(phase=api.runner.phase, run=_run(told) if told else None)


def _run(told: Progress) -> ProgressView:
    return ProgressView(
        event_id=told.event_id,
        cause=told.cause,
        status=told.status,
        steps_done=told.done,
        steps_total=told.total,
        steps_left=told.left,
        sent_bytes=told.spent.sent,
        received_bytes=told.spent.received,
        reason=maybe_reason(told.reason),
    )
