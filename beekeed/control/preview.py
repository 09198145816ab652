"""`GET /v1/preview`: what a sync would do now and cost. Names nobody; no byte leaves.

Asked as a sync is: `?day=2026-11-30`, `?month=2026-11`, `?from=2026-11-01&to=2026-11-15`,
each also with `force=true`, and with `limit`, in bytes.
"""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.core import budget, calendar
from beekeed.core.cost import Preview, Share
from beekeed.core.request import Request, period_asked
from beekeed.errors import BeekeedError, Code


async def preview(api: Api, request: web.Request) -> dict[str, Any]:
    """Tell it; `limit`: as if no more bytes than that might be used, up and down together.

    Without it, within what is left of the data limit.
    """
    asked = dict(request.query)
    text, force = asked.pop("limit", ""), asked.pop("force", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BeekeedError(Code.BAD_REQUEST, detail="limit must be a whole number of bytes")
    if force not in ("", "true", "false"):
        raise BeekeedError(Code.BAD_REQUEST, detail="force must be true or false")
    period = period_asked(asked, calendar.day(api.clock.now()))
    usage = await api.usage.usage()
    left = budget.left(usage.terms, usage.stand)
    limit = int(text) if text else left
    wanted = Request(period=period, force=force == "true")
    return _view(await api.runner.preview(wanted, limit), limit, left)


def _view(preview: Preview, limit: int | None, left: int | None) -> dict[str, Any]:
    return {
        "schema": "beekeed.preview/1",
        "met": preview.met,
        "limit_bytes": limit,
        "left_of_limit_bytes": left,
        "goes": sum(share.goes for share in preview.shares),
        "left": sum(share.left for share in preview.shares),
        "waits": sum(count for share in preview.shares for _, count in share.waits),
        "sent_bytes": preview.cost.sent,
        "received_bytes": preview.cost.received,
        "left_sent_bytes": preview.rest.sent,
        "left_received_bytes": preview.rest.received,
        "changes": [_share_view(share) for share in preview.shares],
    }


def _share_view(share: Share) -> dict[str, Any]:
    return {
        "kind": share.kind,
        "course": share.course or None,
        "goes": share.goes,
        "left": share.left,
        "waits": [
            {"count": count, "reason": reason_view(reason.code, reason.params) if reason else None}
            for reason, count in share.waits
        ],
    }
