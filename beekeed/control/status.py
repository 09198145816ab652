"""`GET /v1/status`: how it stands, in one answer."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.guard import guard_view
from beekeed.control.history import run_view


async def status(api: Api, _: web.Request) -> dict[str, Any]:
    """Show the phase, what waits, and the latest run that ended and was not skipped."""
    target_id = await api.target_id()
    latest = await api.history.latest()
    guards = await api.guards.open(target_id) if target_id else []
    return {
        "schema": "beekeed.status/1",
        "version": api.version,
        "now": api.clock.now(),
        "clock_trusted": api.trust.is_trusted(),
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
        "guards": [guard_view(each) for each in guards],
        "latest": run_view(latest) if latest else None,
    }
