"""`GET /v1/status`: how it stands, in one answer."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.control.guard import guard_view
from beekeed.control.history import run_view
from beekeed.control.usage import summary


async def status(api: Api, _: web.Request) -> dict[str, Any]:
    """Show the phase, what waits, and the latest run that ended and was not skipped."""
    target_id = await api.target_id()
    await api.trust.look()
    latest = await api.history.latest()
    guards = await api.guards.open(target_id) if target_id else []
    return {
        "schema": "beekeed.status/1",
        "version": api.version,
        "now": api.clock.now(),
        "clock": _clock(api),
        "phase": api.runner.phase,
        "running": api.runner.event_id,
        "target": {
            "address": api.address,
            "name": await api.targets.name(target_id) if target_id else "",
        },
        "read_at": await api.changes.read_at(target_id) if target_id else None,
        "waiting": await api.changes.waiting(target_id) if target_id else None,
        "late": await api.days.late(target_id) if target_id else 0,
        "set_aside": await api.changes.set_aside_count(target_id) if target_id else 0,
        "usage": summary(await api.usage.usage()),
        "guards": [guard_view(each) for each in guards],
        "latest": run_view(latest) if latest else None,
    }


def _clock(api: Api) -> dict[str, Any]:
    """Show how far the box's clock is believed, and why it is not where it is not."""
    doubt = api.trust.doubt()
    return {
        "trust": api.trust.moment().trust,
        "reason": reason_view(doubt.code, doubt.params) if doubt else None,
    }
