"""`GET` and `POST /v1/schedule`: when syncs begin by themselves. All in UTC.

The body of the second is JSON with any of `enabled`, `daily_at`, `grid_active`, `hours` and
`jitter_minutes`: `{"enabled": true, "daily_at": "02:00"}`, `{"hours": ["mon-08", "fri-20"]}`.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, body_of
from beekeed.control.caller import caller
from beekeed.control.envelope import Time
from beekeed.core.schedule import SlotKind, hour_of_week
from beekeed.errors import BeekeedError, Code
from beekeed.ports.settings import Value

_KEYS = ("enabled", "daily_at", "grid_active", "hours", "jitter_minutes")


class ZoneView(msgspec.Struct, frozen=True, kw_only=True):
    """The time zone of the box, and how far its local time is ahead of UTC now."""

    name: str
    offset_seconds: int


class ComingView(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next by the schedule; null where nothing does."""

    enabled: bool
    """Enable Sync: where it is off, what is due is skipped."""
    next_due_at: Time | None
    """Never in the past."""
    next_due_kind: SlotKind | None
    awaiting_link_until: Time | None
    """A selected hour has come without a link: its sync begins with one, until then."""


class ScheduleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The schedule as it is set, and what comes next."""

    schema: Literal["beekeed.schedule/1"] = "beekeed.schedule/1"
    now: Time
    sync_enabled: bool
    """Enable Sync."""
    enabled: bool
    """Scheduled Sync: whether there is a daily time."""
    daily_at: str
    grid_active: bool
    hours: list[str]
    """The selected hours of the week in their order, `mon-00` to `sun-23`."""
    jitter_minutes: int
    """How late a device may start at the most."""
    jitter_seconds: int
    """How late this one does."""
    next_due_at: Time | None
    next_due_kind: SlotKind | None
    awaiting_link_until: Time | None
    zone: ZoneView
    fixed: dict[str, str]
    """By which file each setting is fixed that may not be changed."""


class ScheduleAsked(Asked, frozen=True, kw_only=True):
    """What is to be changed; what is left out stays."""

    enabled: bool | None = None
    daily_at: str | None = None
    grid_active: bool | None = None
    hours: Annotated[list[str], msgspec.Meta(max_length=168)] | None = None
    jitter_minutes: int | None = None


async def schedule(api: Api, _: web.Request) -> ScheduleAnswer:
    """Show the schedule."""
    now, value = api.clock.now(), api.tuner.value
    found = await due(api)
    zone = api.zone(now)
    keys = {f"schedule.{key}": key for key in _KEYS} | {"sync.enabled": "sync_enabled"}
    return ScheduleAnswer(
        now=now,
        sync_enabled=found.enabled,
        enabled=bool(value("schedule.enabled")),
        daily_at=str(value("schedule.daily_at")),
        grid_active=bool(value("schedule.grid_active")),
        hours=sorted(_texts(value("schedule.hours")), key=hour_of_week),
        jitter_minutes=msgspec.convert(value("schedule.jitter_minutes"), int),
        jitter_seconds=int((await api.timetable.plan()).jitter.total_seconds()),
        next_due_at=found.next_due_at,
        next_due_kind=found.next_due_kind,
        awaiting_link_until=found.awaiting_link_until,
        zone=ZoneView(name=zone.name, offset_seconds=zone.offset_seconds),
        fixed={name: file for key, name in keys.items() if (file := api.tuner.fixed(key))},
    )


async def set_schedule(api: Api, request: web.Request) -> ScheduleAnswer:
    """Change the schedule; it holds at once."""
    asked = msgspec.to_builtins(body_of(request, ScheduleAsked))
    changed = {f"schedule.{key}": value for key, value in asked.items() if value is not None}
    if not changed:
        raise BeekeedError(Code.BAD_REQUEST, detail="it says nothing to change")
    await api.tuner.change(changed, caller(request).who)
    return await schedule(api, request)


async def due(api: Api) -> ComingView:
    """Tell what comes next."""
    following, awaited = await api.timetable.next(), await api.timetable.awaited()
    return ComingView(
        enabled=bool(api.tuner.value("sync.enabled")),
        next_due_at=following.due_at if following else None,
        next_due_kind=following.name.kind if following else None,
        awaiting_link_until=awaited.until if awaited else None,
    )


def _texts(value: Value) -> list[str]:
    return msgspec.convert(value, list[str])
