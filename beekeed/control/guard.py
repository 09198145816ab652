"""`GET /v1/guard` and `POST /v1/guard/accept`: what is asked before anything is lowered.

Names no learner, and who answered.
"""

import pwd
import socket
import struct
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.errors import BeekeedError, Code
from beekeed.ports.guard import Guard, GuardEvent

_EVENTS = 20
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7))


async def guard(api: Api, _: web.Request) -> dict[str, Any]:
    """List what is asked, and what was asked and answered before."""
    target_id = await api.target_id()
    guards = await api.guards.open(target_id) if target_id else []
    events = await api.guards.history(target_id, _EVENTS) if target_id else []
    return {
        "schema": "beekeed.guard/1",
        "guards": [guard_view(each) for each in guards],
        "history": [_event_view(each) for each in events],
    }


async def accept(api: Api, request: web.Request) -> dict[str, Any]:
    """Accept what fell in a course (`which`: its short name, or a number), of one `kind` or all.

    The next sync may lower it online.
    """
    which, kind = request.query.get("which", ""), request.query.get("kind", "")
    target_id = await api.target_id()
    guards = await api.guards.open(target_id) if target_id else []
    chosen = _chosen(guards, which, kind)
    if target_id is None or not chosen:
        what = f"question about {kind} in {which}" if kind else f"question about {which}"
        raise BeekeedError(Code.NOT_FOUND, what=what)
    numbers = [each.number for each in chosen]
    await api.guards.accept(target_id, numbers, caller(request), api.clock.now())
    return {
        "schema": "beekeed.guard-accept/1",
        "accepted": [guard_view(each) for each in chosen],
    }


def guard_view(guard: Guard) -> dict[str, Any]:
    """Show a question."""
    reason = guard.reason
    return {
        "number": guard.number,
        "course": guard.shortname,
        "fullname": guard.fullname,
        "kind": guard.kind,
        "lost": guard.loss.lost,
        "known": guard.loss.known,
        "held": guard.loss.held,
        "since": guard.since,
        "reason": reason_view(reason.code, reason.params),
    }


def _event_view(event: GuardEvent) -> dict[str, Any]:
    return {
        "what": event.what,
        "course": event.shortname,
        "kind": event.kind,
        "lost": event.loss.lost,
        "known": event.loss.known,
        "at": event.at,
        "by": event.by,
    }


def _chosen(guards: Sequence[Guard], which: str, kind: str) -> list[Guard]:
    """Find what is meant; a course that is named like a number is a course."""
    found = [each for each in guards if each.shortname == which]
    found = found or [each for each in guards if str(each.number) == which]
    return [each for each in found if kind in ("", each.kind)]


def caller(request: web.Request) -> str:
    """Name the account on the box that sends a request, as the kernel knows it."""
    made = request.transport.get_extra_info("socket") if request.transport else None
    if made is None or made.family != socket.AF_UNIX:
        return "-"
    told = made.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid = _CREDENTIALS.unpack(told)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
