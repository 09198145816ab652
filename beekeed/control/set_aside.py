"""`GET /v1/set-aside`, `POST /v1/set-aside/retry` and `.../confirm`.

They show learners' names: never anonymous.
"""

from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, body_of
from beekeed.control.envelope import ReasonView, Time, reason_view
from beekeed.core import profile
from beekeed.core.model import Kind
from beekeed.ports.stores import AsideRow


class AsideView(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is set aside, and why. `holds`: how many changes wait for it.

    `part`: its activity, group or profile field. `value`: the box's; `online_value`: what
    online held, null where that was not read.
    """

    kind: Kind
    username: str
    first_name: str
    last_name: str
    course: str | None
    part: str | None
    since: Time
    holds: int
    value: str
    online_value: str | None
    reason: ReasonView


class GoneView(msgspec.Struct, frozen=True, kw_only=True):
    """How many results of a course are online and no longer on the box."""

    kind: Kind
    course: str
    count: int


class SetAsideAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that is set aside, and what left the box."""

    schema: Literal["beekeed.set-aside/1"] = "beekeed.set-aside/1"
    changes: list[AsideView]
    gone: list[GoneView]


class RetryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes will be tried again."""

    schema: Literal["beekeed.retry/1"] = "beekeed.retry/1"
    retried: int


class ConfirmAsked(Asked, frozen=True, kw_only=True):
    """Who is meant: usernames as `GET /v1/set-aside` lists them."""

    usernames: list[str]


class ConfirmAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who was confirmed, and for whom nothing was waiting for that."""

    schema: Literal["beekeed.confirm/1"] = "beekeed.confirm/1"
    confirmed: list[str]
    unknown: list[str]


async def set_aside(api: Api, _: web.Request) -> SetAsideAnswer:
    """List what is set aside, with its reason and what waits for it, and what left the box."""
    target_id = await api.target_id()
    rows = await api.changes.set_aside_list(target_id) if target_id else []
    gone = await api.changes.gone_list(target_id) if target_id else []
    return SetAsideAnswer(
        changes=[_view(row) for row in rows],
        gone=[GoneView(kind=row.kind, course=row.shortname, count=row.count) for row in gone],
    )


async def retry(api: Api, _: web.Request) -> RetryAnswer:
    """Have everything that is set aside tried again at the next sync."""
    return RetryAnswer(retried=await api.changes.retry())


async def confirm(api: Api, request: web.Request) -> ConfirmAnswer:
    """Confirm that learners are who has their username online, or had it before here."""
    usernames = body_of(request, ConfirmAsked).usernames
    target_id = await api.target_id()
    found = await api.targets.confirm(target_id, usernames, api.clock.now()) if target_id else []
    unknown = [name for name in usernames if name not in found]
    return ConfirmAnswer(confirmed=found, unknown=unknown)


def _view(row: AsideRow) -> AsideView:
    return AsideView(
        kind=row.kind,
        username=row.username,
        first_name=row.first_name,
        last_name=row.last_name,
        course=row.shortname,
        part=profile.shown_name(row.part),
        since=row.since,
        holds=row.holds,
        value=row.value,
        online_value=row.online_value,
        reason=reason_view(row.reason.code, row.reason.params),
    )
