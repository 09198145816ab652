"""Overview: whether everything is safe online, and how it stands (features.md, rows 1 to 7)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from beekeed.client import Refused
from beekeed.page.asking import Data, together
from beekeed.page.chart import chart
from beekeed.page.visit import Gone, Served, Shown, Visit

_LAST = 5
_PROGRESS_SECONDS = 2  # the daemon tells it at once


async def overview(visit: Visit) -> Served:
    """Show it."""
    status, usage, runs, schedule, link = await together(
        visit.get("status"),
        visit.get("usage"),
        visit.get("runs", limit=_LAST, skipped="false"),
        visit.get("schedule"),
        visit.get("link"),
    )
    return Shown(
        "overview",
        {
            "status": status,
            "usage": usage,
            "chart": chart(usage["current"], usage["limit"]),
            "runs": runs["runs"],
            "schedule": schedule,
            "link": link,
            "left_out": await _left_out(visit, runs["runs"]),
            "preview": await _preview(visit),
            "progress": await _progress(visit) if status["running"] else None,
            "settings": await _settings(visit),
        },
    )


async def start(visit: Visit) -> Served:
    """Start Sync Now; a second press shows the sync that runs."""
    return started(await visit.post("sync", body={"force": visit.given("force") == "on"}))


def started(run: Data) -> Gone:
    """Lead to the overview, which shows the sync that runs.

    One that ran already is not the one that was asked for, and that is said.
    """
    return Gone("/?done=joined" if run["joined"] else "/?done=started")


async def stop(visit: Visit) -> Served:
    """Stop the sync that runs."""
    await visit.post("stop")
    return Gone("/?done=stopping")


async def set_enabled(visit: Visit) -> Served:
    """Enable Sync, on or off."""
    is_on = visit.given("enabled") == "on"
    await visit.post("settings", body={"values": {"sync.enabled": is_on}})
    return Gone("/?done=enabled" if is_on else "/?done=disabled")


async def _left_out(visit: Visit, runs: Sequence[Data]) -> list[Data]:
    """Give the courses that the latest sync left out which compared any, with the reason."""
    for each in runs:
        run = await visit.get("runs", each["event_id"])
        if run["courses"]:
            return [course for course in run["courses"] if course["left_out"]]
    return []


async def _progress(visit: Visit) -> Data | None:
    """Tell how far the sync is that runs, for browsers without scripts; None: nobody knows now."""
    with suppress(Refused, TimeoutError):
        async with asyncio.timeout(_PROGRESS_SECONDS), aclosing(visit.daemon.events()) as views:
            async for view in views:
                run: Data | None = view["run"]
                return run
    return None


async def _preview(visit: Visit) -> Data | None:
    """Tell what a sync would cost now, where that is asked for: the box is read for it."""
    if not (visit.is_signed_in and visit.query("cost")):
        return None
    try:
        return await visit.get("preview")
    except Refused:  # one has begun meanwhile, or the box cannot be read: the sync will say so
        return None


async def _settings(visit: Visit) -> Mapping[str, Any]:
    """Give the settings by their keys, to who may change them."""
    if not visit.is_signed_in:
        return {}
    answer = await visit.get("settings")
    return {each["key"]: each for each in answer["settings"]}
