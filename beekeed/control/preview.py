"""`GET /v1/preview`: what a sync would do now and cost. Names nobody; no byte leaves.

Asked as a sync is: `?day=2026-11-30`, `?month=2026-11`, `?from=2026-11-01&to=2026-11-15`,
each also with `force=true`, and with `limit`, in bytes.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from beekeed.control.api import Api
from beekeed.control.asked import query_of
from beekeed.control.envelope import ReasonView, maybe_reason
from beekeed.control.sync import SyncAsked, days_of
from beekeed.core import budget, calendar
from beekeed.core.cost import Preview, Share
from beekeed.core.model import Kind
from beekeed.core.request import Request, period_asked


class PreviewAsked(SyncAsked, frozen=True, kw_only=True):
    """As for a sync; `limit`: as if no more bytes than that might be used, both ways together.

    Without it, within what is left of the data limit.
    """

    limit: Annotated[int, msgspec.Meta(ge=0, lt=10**15)] | UnsetType = UNSET


class WaitsView(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes would wait, and why."""

    count: int
    reason: ReasonView | None


class ShareView(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of a kind in a course: how many would go, fit no more, or wait."""

    kind: Kind
    course: str | None
    goes: int
    left: int
    waits: list[WaitsView]


class PreviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync would do; `met`: whether the site ever answered, so that all is known.

    `sent_bytes` and `received_bytes`: about so many for what goes; with `left_`: for the rest.
    """

    schema: Literal["beekeed.preview/1"] = "beekeed.preview/1"
    met: bool
    limit_bytes: int | None
    left_of_limit_bytes: int | None
    goes: int
    left: int
    waits: int
    sent_bytes: int
    received_bytes: int
    left_sent_bytes: int
    left_received_bytes: int
    changes: list[ShareView]


async def preview(api: Api, request: web.Request) -> PreviewAnswer:
    """Tell what a sync would do now, and cost."""
    asked = query_of(request, PreviewAsked)
    period = period_asked(days_of(asked), calendar.day(api.clock.now()))
    usage = await api.usage.usage()
    left = budget.left(usage.terms, usage.stand)
    limit = left if asked.limit is UNSET else asked.limit
    wanted = Request(period=period, force=asked.force)
    return _view(await api.runner.preview(wanted, limit), limit, left)


def _view(preview: Preview, limit: int | None, left: int | None) -> PreviewAnswer:
    return PreviewAnswer(
        met=preview.met,
        limit_bytes=limit,
        left_of_limit_bytes=left,
        goes=sum(share.goes for share in preview.shares),
        left=sum(share.left for share in preview.shares),
        waits=sum(count for share in preview.shares for _, count in share.waits),
        sent_bytes=preview.cost.sent,
        received_bytes=preview.cost.received,
        left_sent_bytes=preview.rest.sent,
        left_received_bytes=preview.rest.received,
        changes=[_share_view(share) for share in preview.shares],
    )


def _share_view(share: Share) -> ShareView:
    return ShareView(
        kind=share.kind,
        course=share.course or None,
        goes=share.goes,
        left=share.left,
        waits=[WaitsView(count=n, reason=maybe_reason(reason)) for reason, n in share.waits],
    )
