"""Scheduling: the daily time, and the week's hours (features.md, rows 4 and 12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beekeed.client import Refused
from beekeed.page.asking import Data
from beekeed.page.visit import Gone, Served, Shown, Visit


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What clocks show; `days`: 1 where it is the next day there, -1 where it is that before."""

    time: str
    days: int


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def scheduling(visit: Visit) -> Served:
    """Show the schedule."""
    schedule = await visit.get("schedule")
    return Shown("scheduling", _values(schedule, schedule))


async def save(visit: Visit) -> Served:
    """Save what was chosen, but for what the settings file fixes."""
    schedule = await visit.get("schedule")
    chosen = {name: value for name, value in _asked(visit).items() if name not in schedule["fixed"]}
    try:
        await visit.post("schedule", body=chosen)
    except Refused as refused:
        values = _values(schedule, schedule | chosen) | {"reason": refused.reason}
        return Shown("scheduling", values, refused.status)
    return Gone("/scheduling?done=saved")


async def ask_reset(visit: Visit) -> Served:
    """Say how many hours would be cleared, before they are."""
    schedule = await visit.get("schedule")
    return Shown("reset", {"hours": len(schedule["hours"])})


async def reset(visit: Visit) -> Served:
    """Clear the grid."""
    await visit.post("schedule", body={"hours": []})
    return Gone("/scheduling?done=cleared")


def _asked(visit: Visit) -> dict[str, Any]:
    """Read the form: a box that is not ticked is not in it."""
    return {
        "enabled": visit.given("enabled") == "on",
        "daily_at": visit.given("daily_at"),
        "grid_active": visit.given("grid_active") == "on",
        "hours": list(visit.form.get("hours", [])),
    }


def _values(schedule: Data, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the screen shows; `chosen`: as it is set, or as somebody wants it."""
    offset_minutes = schedule["zone"]["offset_seconds"] // 60
    return {
        "schedule": schedule,
        "chosen": chosen,
        "days": DAYS,
        "local": [local_time(f"{hour:02}:00", offset_minutes) for hour in range(24)],
        "daily_local": local_time(schedule["daily_at"], offset_minutes),
        "reason": None,
    }


def local_time(at: str, offset_minutes: int) -> LocalTime:
    """Give a time of the day in UTC as the clocks around the box show it."""
    hours, minutes = at.split(":")
    days, shown = divmod(60 * int(hours) + int(minutes) + offset_minutes, 24 * 60)
    return LocalTime(f"{shown // 60:02}:{shown % 60:02}", days)
