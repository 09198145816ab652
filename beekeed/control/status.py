"""`GET /v1/status`: how it stands, in one answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import ReasonView, Time, maybe_reason, reason_view
from beekeed.control.guard import GuardView, guard_view
from beekeed.control.history import RunView, run_view
from beekeed.control.schedule import due
from beekeed.control.usage import UsageSummary, summary
from beekeed.core.clocktrust import Trust
from beekeed.core.cycle import Phase
from beekeed.core.safety import LatestRun, Level, Standing, safety
from beekeed.core.schedule import SlotKind
from beekeed.errors import Code
from beekeed.ports.stores import Run

_RECOVERY_SHOWN = timedelta(days=30)


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """How far the box's clock is believed, and why it is not where it is not."""

    trust: Trust
    reason: ReasonView | None


class TargetView(msgspec.Struct, frozen=True, kw_only=True):
    """The online Moodle; `name` is empty before it was met."""

    address: str
    name: str


class MailInShort(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails wait, and what is wrong with sending; `GET /v1/mail` tells more."""

    waiting: int
    trouble: Code | None


class SafetyView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everything is safe online.

    `waiting`: not all is yet, and nobody has to act. `look`: something waits for a person.
    `unknown`: nobody knows before the box was read, or with a new token.
    """

    level: Level
    reason: ReasonView


class RecoveryView(msgspec.Struct, frozen=True, kw_only=True):
    """What had to be put right with beekeed's own records, and when."""

    at: Time
    reason: ReasonView


class StatusAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands. `running`: the run under way. `waiting`: as the box was read at `read_at`.

    `enabled`: Enable Sync. `next_due_at` is never in the past; null: nothing is scheduled.
    `awaiting_link_until`: a selected hour came without a link, and its sync begins with one.

    `latest`: the latest run that ended and was not skipped. `recovery`: of the last 30 days.
    """

    schema: Literal["beekeed.status/1"] = "beekeed.status/1"
    version: str
    now: Time
    safety: SafetyView
    clock: ClockView
    phase: Phase
    running: str | None
    enabled: bool
    next_due_at: Time | None
    next_due_kind: SlotKind | None
    awaiting_link_until: Time | None
    target: TargetView
    read_at: Time | None
    waiting: int | None
    late: int
    set_aside: int
    usage: UsageSummary
    guards: list[GuardView]
    mail: MailInShort
    recovery: RecoveryView | None
    latest: RunView | None


async def status(api: Api, _: web.Request) -> StatusAnswer:
    """Show the phase, what waits, and the latest run that ended and was not skipped."""
    target_id = await api.target_id()
    await api.trust.look()
    latest = await api.history.latest()
    guards = await api.guards.open(target_id) if target_id else []
    following = await due(api)
    here = Standing(
        asked_at=api.clock.now(),
        read_at=await api.changes.read_at(target_id) if target_id else None,
        waiting=await api.changes.waiting(target_id) if target_id else None,
        late=await api.days.late(target_id) if target_id else 0,
        aside=await api.changes.set_aside_count(target_id) if target_id else 0,
        guards=len(guards),
        clock_trusted=api.trust.is_trusted() and (latest is None or latest.clock_trusted),
        enabled=following.enabled,
        scheduled=bool(following.next_due_at or following.awaiting_link_until),
        running=api.runner.event_id is not None,
        latest=_ended(latest) if latest else None,
    )
    return StatusAnswer(
        version=api.version,
        now=here.asked_at,
        safety=_safety(api, here),
        clock=_clock(api),
        phase=api.runner.phase,
        running=api.runner.event_id,
        enabled=here.enabled,
        next_due_at=following.next_due_at,
        next_due_kind=following.next_due_kind,
        awaiting_link_until=following.awaiting_link_until,
        target=TargetView(
            address=api.address, name=await api.targets.name(target_id) if target_id else ""
        ),
        read_at=here.read_at,
        waiting=here.waiting,
        late=here.late,
        set_aside=here.aside,
        usage=summary(await api.usage.usage()),
        guards=[guard_view(each) for each in guards],
        mail=await _mail(api),
        recovery=await _recovery(api),
        latest=run_view(latest) if latest else None,
    )


def _ended(run: Run) -> LatestRun:
    return LatestRun(run.status, run.reason.code if run.reason else None, run.set_aside or 0)


def _safety(api: Api, here: Standing) -> SafetyView:
    """Answer it; what is late goes by itself where the settings do not hold it back."""
    holds_late = api.tuner.value("sync.late_changes") == "hold"
    found = safety(here if holds_late else replace(here, late=0))
    return SafetyView(level=found.level, reason=reason_view(found.reason.code, found.reason.params))


async def _recovery(api: Api) -> RecoveryView | None:
    """Show the latest for a month: whoever looks after the box may not come every day."""
    latest = await api.recoveries.latest()
    if latest is None or abs(api.clock.now() - latest.at) > _RECOVERY_SHOWN:
        return None
    return RecoveryView(at=latest.at, reason=reason_view(latest.reason.code, latest.reason.params))


async def _mail(api: Api) -> MailInShort:
    """Show the mails without what a server said: that has addresses in it, and all may see this."""
    trouble = await api.mail_book.trouble()
    return MailInShort(
        waiting=len(await api.mail_book.waiting()),
        trouble=trouble.reason.code if trouble else None,
    )


def _clock(api: Api) -> ClockView:
    return ClockView(trust=api.trust.moment().trust, reason=maybe_reason(api.trust.doubt()))
