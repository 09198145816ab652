"""`GET /v1/set-aside` and `POST /v1/set-aside/retry`. Shows learners' names: never anonymous."""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.core import profile
from beekeed.ports.stores import AsideRow


async def set_aside(api: Api, _: web.Request) -> dict[str, Any]:
    """List what is set aside, with its reason and what waits for it, and what left the box."""
    target_id = await api.target_id()
    rows = await api.changes.set_aside_list(target_id) if target_id else []
    gone = await api.changes.gone_list(target_id) if target_id else []
    return {
        "schema": "beekeed.set-aside/1",
        "changes": [_view(row) for row in rows],
        "gone": [{"kind": row.kind, "course": row.shortname, "count": row.count} for row in gone],
    }


async def retry(api: Api, _: web.Request) -> dict[str, Any]:
    """Have everything that is set aside tried again at the next sync."""
    return {"schema": "beekeed.retry/1", "retried": await api.changes.retry()}


def _shown(row: AsideRow) -> str | None:
    """Give the name of an activity, a group or a profile field as people know it."""
    return profile.custom_shortname(row.part) or row.part if row.part else None


def _view(row: AsideRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "username": row.username,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "course": row.shortname,
        "part": _shown(row),
        "since": row.since,
        "holds": row.holds,
        "reason": reason_view(row.reason.code, row.reason.params),
    }
