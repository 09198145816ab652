"""`GET /v1/runs` and `GET /v1/runs/{event_id}`: what the syncs did. Names nobody."""

from collections import Counter
from dataclasses import replace
from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.core.cycle import Phase
from beekeed.core.model import Reason, RunStatus
from beekeed.core.request import VERIFY, Period
from beekeed.core.verify import Finding
from beekeed.errors import BeekeedError, Code
from beekeed.ports.stores import Run, RunDetails

LONGEST_WAIT_SECONDS = 60
"""Of one question that is answered when something happened."""
_MOST_RUNS = 50


async def history(api: Api, request: web.Request) -> dict[str, Any]:
    """List runs, newest first: `limit` (up to 50) from `offset`."""
    limit = number_of(request, "limit", 5)
    if not 1 <= limit <= _MOST_RUNS:
        raise BeekeedError(Code.BAD_REQUEST, detail=f"limit must be 1 to {_MOST_RUNS}")
    offset = number_of(request, "offset", 0)
    runs = await api.history.recent(limit, offset)
    return {
        "schema": "beekeed.history/1",
        "total": await api.history.count(),
        "runs": [run_view(as_it_stands(api, run)) for run in runs],
    }


async def run(api: Api, request: web.Request) -> dict[str, Any]:
    """Show one run with what it did; `wait`: first wait up to so many seconds for its end."""
    event_id = request.match_info["event_id"]
    wait = min(number_of(request, "wait", 0), LONGEST_WAIT_SECONDS)
    if wait:
        await api.runner.ended(event_id, wait)
    details = await api.history.details(event_id)
    if details is None:
        raise BeekeedError(Code.NOT_FOUND, what=f"sync {event_id}")
    return {
        "schema": "beekeed.run/1",
        **run_view(as_it_stands(api, details.run)),
        **_details_view(details),
        "verified": _verified(details),
    }


def _verified(details: RunDetails) -> dict[str, int] | None:
    """Count what a run that reads back found; None for any other run."""
    if details.run.cause != VERIFY:
        return None
    counts = Counter(dict.fromkeys(map(str, Finding), 0))
    for action in details.actions:
        if action.verdict in counts:
            counts[action.verdict] += action.count
    return {"checked": counts.total() - counts[Finding.UNSEEN], **counts}


def as_it_stands(api: Api, run: Run) -> Run:
    """Give a run with the status `stopping` while it is being stopped."""
    is_stopping = run.event_id == api.runner.event_id and api.runner.phase is Phase.STOPPING
    return replace(run, status=RunStatus.STOPPING) if is_stopping else run


def run_view(run: Run) -> dict[str, Any]:
    """Show a run without what it did."""
    return {
        "event_id": run.event_id,
        "cause": run.cause,
        "status": run.status,
        "started_at": run.started_at,
        "clock_trusted": run.clock_trusted,
        "ended_at": run.ended_at,
        "duration_seconds": run.seconds,
        "period": _period(run.period),
        "saved_days": run.saved_days,
        "saved_events": run.saved_events,
        "sent_bytes": run.traffic.sent,
        "received_bytes": run.traffic.received,
        "line_sent_bytes": run.of_line.sent,
        "line_received_bytes": run.of_line.received,
        "charged_by": run.charged_by,
        "waiting": run.waiting,
        "set_aside": run.set_aside,
        "reason": _reason(run.reason),
    }


def _details_view(details: RunDetails) -> dict[str, Any]:
    return {
        "courses": [
            {
                "shortname": course.shortname,
                "fullname": course.fullname,
                "left_out": _reason(course.left_out),
                "warning": _reason(course.warning),
            }
            for course in details.courses
        ],
        "actions": [
            {
                "kind": action.kind,
                "verdict": action.verdict,
                "reason": _reason(action.reason),
                "count": action.count,
            }
            for action in details.actions
        ],
        "uncarried": [
            {"what": what, "count": count, "reason": reason_view(Code(f"stays_{what}"), {})}
            for what, count in details.uncarried.items()
        ],
    }


def _period(period: Period | None) -> dict[str, Any] | None:
    """Show the days that a run was for; None: all."""
    return {"from": period.first, "to": period.last} if period else None


def _reason(reason: Reason | None) -> dict[str, Any] | None:
    return reason_view(reason.code, reason.params) if reason else None


def number_of(request: web.Request, name: str, default: int) -> int:
    """Read a whole number of a query. Raises BeekeedError."""
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BeekeedError(Code.BAD_REQUEST, detail=f"{name} must be a whole number")
    return int(text)
