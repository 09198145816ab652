"""`GET /v1/runs` and `GET /v1/runs/{event_id}`: what the syncs did. Names nobody."""

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import LONGEST_WAIT_SECONDS, Asked, Number, Wait, query_of
from beekeed.control.envelope import ReasonView, Time, maybe_reason, reason_view
from beekeed.core.cycle import Phase
from beekeed.core.mail import MailState
from beekeed.core.model import Charge, Kind, RunStatus, Uncarried
from beekeed.core.request import VERIFY, Period
from beekeed.core.verify import Finding
from beekeed.errors import BeekeedError, Code
from beekeed.ports.stores import Action, Run, RunCourse, RunDetails


class PeriodView(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """Days in UTC, first and last among them."""

    first: datetime.date
    last: datetime.date


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run without what it did. `period`: the days that it was for; null: all.

    `saved_events`: how many changes it brought online, of `saved_days`. `sent_bytes` and
    `received_bytes` are its own, those of `line_` everybody's on the line meanwhile.
    `waiting` and `set_aside`: what was left when it ended; null where that is not known.
    """

    event_id: str
    cause: str
    status: RunStatus
    started_at: Time
    clock_trusted: bool
    ended_at: Time | None
    duration_seconds: int | None
    period: PeriodView | None
    saved_days: int
    saved_events: int
    sent_bytes: int
    received_bytes: int
    line_sent_bytes: int
    line_received_bytes: int
    charged_by: Charge
    waiting: int | None
    set_aside: int | None
    reason: ReasonView | None


class RunCourseView(msgspec.Struct, frozen=True, kw_only=True):
    """A course in a run: left out for a reason, or synchronized, perhaps with a warning."""

    shortname: str
    fullname: str
    left_out: ReasonView | None
    warning: ReasonView | None


class RunActionView(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes of a kind had one verdict in a run, and why."""

    kind: Kind
    verdict: str
    reason: ReasonView | None
    count: int


class UncarriedView(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be carried to the online Moodle, and how much of it a run found."""

    what: Uncarried
    count: int
    reason: ReasonView


class VerifiedView(msgspec.Struct, frozen=True, kw_only=True):
    """What a run that reads back found; `unseen`: what it may not see is not `checked`."""

    checked: int
    found: int
    missing: int
    differs: int
    unseen: int


class RunAnswer(RunView, frozen=True, kw_only=True):
    """One run with what it did."""

    schema: Literal["beekeed.run/1"] = "beekeed.run/1"
    courses: list[RunCourseView]
    actions: list[RunActionView]
    uncarried: list[UncarriedView]
    verified: VerifiedView | None
    mail: MailState | None
    """What became of the mail about it; null where none tells of it."""


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Runs, newest first, and how many there are in all."""

    schema: Literal["beekeed.history/1"] = "beekeed.history/1"
    total: int
    runs: list[RunView]


class HistoryQuery(Asked, frozen=True, kw_only=True):
    """Which runs: `limit` of them from `offset`; `skipped`: those too that did not take place."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 5
    offset: Number = 0
    skipped: bool = True


class RunQuery(Asked, frozen=True, kw_only=True):
    """Whether to wait for a run's end."""

    wait: Wait = 0


async def history(api: Api, request: web.Request) -> HistoryAnswer:
    """List runs, newest first."""
    asked = query_of(request, HistoryQuery)
    runs = await api.history.recent(asked.limit, asked.offset, skipped=asked.skipped)
    return HistoryAnswer(
        total=await api.history.count(skipped=asked.skipped),
        runs=[run_view(as_it_stands(api, run)) for run in runs],
    )


async def run(api: Api, request: web.Request) -> RunAnswer:
    """Show one run with what it did; `wait`: first wait up to so many seconds for its end."""
    event_id = request.match_info["event_id"]
    if wait := min(query_of(request, RunQuery).wait, LONGEST_WAIT_SECONDS):
        await api.runner.ended(event_id, wait)
    details = await api.history.details(event_id)
    if details is None:
        raise BeekeedError(Code.NOT_FOUND, what=f"sync {event_id}")
    return RunAnswer(
        **msgspec.structs.asdict(run_view(as_it_stands(api, details.run))),
        courses=[_course_view(each) for each in details.courses],
        actions=[_action_view(each) for each in details.actions],
        uncarried=_uncarried(details.uncarried),
        verified=_verified(details),
        mail=await api.mail_book.state(event_id),
    )


def _verified(details: RunDetails) -> VerifiedView | None:
    """Count what a run that reads back found; None for any other run."""
    if details.run.cause != VERIFY:
        return None
    counts = Counter(dict.fromkeys(map(str, Finding), 0))
    for action in details.actions:
        if action.verdict in counts:
            counts[action.verdict] += action.count
    return VerifiedView(checked=counts.total() - counts[Finding.UNSEEN], **counts)


def as_it_stands(api: Api, run: Run) -> Run:
    """Give a run with the status `stopping` while it is being stopped."""
    is_stopping = run.event_id == api.runner.event_id and api.runner.phase is Phase.STOPPING
    return replace(run, status=RunStatus.STOPPING) if is_stopping else run


def run_view(run: Run) -> RunView:
    """Show a run without what it did."""
    return RunView(
        event_id=run.event_id,
        cause=run.cause,
        status=run.status,
        started_at=run.started_at,
        clock_trusted=run.clock_trusted,
        ended_at=run.ended_at,
        duration_seconds=run.seconds,
        period=_period(run.period),
        saved_days=run.saved_days,
        saved_events=run.saved_events,
        sent_bytes=run.traffic.sent,
        received_bytes=run.traffic.received,
        line_sent_bytes=run.of_line.sent,
        line_received_bytes=run.of_line.received,
        charged_by=run.charged_by,
        waiting=run.waiting,
        set_aside=run.set_aside,
        reason=maybe_reason(run.reason),
    )


def _course_view(course: RunCourse) -> RunCourseView:
    return RunCourseView(
        shortname=course.shortname,
        fullname=course.fullname,
        left_out=maybe_reason(course.left_out),
        warning=maybe_reason(course.warning),
    )


def _action_view(action: Action) -> RunActionView:
    return RunActionView(
        kind=action.kind,
        verdict=action.verdict,
        reason=maybe_reason(action.reason),
        count=action.count,
    )


def _uncarried(counts: Mapping[Uncarried, int]) -> list[UncarriedView]:
    return [
        UncarriedView(what=what, count=count, reason=reason_view(Code(f"stays_{what}"), {}))
        for what, count in counts.items()
    ]


def _period(period: Period | None) -> PeriodView | None:
    return PeriodView(first=period.first, last=period.last) if period else None
