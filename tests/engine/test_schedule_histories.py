"""Histories of a box and its schedule, against a clerk who counts with a calendar and no code.

What may happen: time goes, the clock is set, the link comes and goes, the site is silent, the
power fails, somebody changes the settings or asks for a sync. The clerk never asks beekeed.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from beekeed.core.model import RunStatus
from beekeed.core.request import SCHEDULED, VERIFY, Period, Request
from beekeed.core.schedule import Plan
from beekeed.errors import Code
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.schedule import SqliteSlots
from tests.engine.stepped import Box, Happened, MemorySlots, monday

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT_ONCE = timedelta(seconds=61)
"""The loop looks at the clock every minute at the least."""
TRIES = 4

Name = tuple[str, datetime]
"""A slot as the clerk knows it: "hour" or "daily", and the time it is named after."""


def open_at(plan: Plan, now: datetime) -> set[Name]:
    """The slots that a person with a watch and the settings would call open."""
    found: set[Name] = set()
    hour = now.replace(minute=0, second=0, microsecond=0)
    if is_selected(plan, hour) and now - hour >= plan.jitter:
        found.add(("hour", hour))
    for day in (now.date(), now.date() - DAY):
        if plan.daily is not None:
            time = datetime(day.year, day.month, day.day, tzinfo=UTC) + plan.daily * MINUTE
            late = now - time - plan.jitter
            if timedelta() <= late < 15 * MINUTE and not is_selected(plan, time):
                found.add(("daily", time))
    return found


def is_selected(plan: Plan, moment: datetime) -> bool:
    """Whether the hour of a moment is selected."""
    return moment.weekday() * 24 + moment.hour in plan.hours


def open_between(plan: Plan, first: datetime, last: datetime) -> dict[Name, datetime]:
    """The slots that open between two moments, or were open at the first, and since when."""
    found = dict.fromkeys(open_at(plan, first), first)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    while midnight <= last:
        for hour in range(24):
            due = midnight + hour * HOUR + plan.jitter
            if is_selected(plan, midnight + hour * HOUR) and first < due <= last:
                found["hour", midnight + hour * HOUR] = due
        if plan.daily is not None:
            time = midnight + plan.daily * MINUTE
            if not is_selected(plan, time) and first < time + plan.jitter <= last:
                found["daily", time] = time + plan.jitter
        midnight += DAY
    return found


def ends_at(plan: Plan, name: Name) -> datetime:
    """When a slot is over."""
    kind, at = name
    return at + HOUR if kind == "hour" else at + plan.jitter + 15 * MINUTE


@dataclass
class Clerk:
    """What a person knows who watches the box."""

    box: Box
    used: dict[Name, bool] = field(default_factory=dict)
    """The slots that had their sync or were skipped, and whether on a trusted clock."""
    met: set[Name] = field(default_factory=set)
    """Those that were ever open, used or not."""
    tries: dict[Name, int] = field(default_factory=dict)
    seen: int = 0

    def release(self) -> None:
        """Cross out what a wrong clock used, and the right one has yet to come to."""
        if self.box.trust.trusted:
            now = self.box.clock.now()
            self.used = {name: sure for name, sure in self.used.items() if sure or name[1] <= now}

    def read(self) -> list[Happened]:
        """Check all that happened since; gives it."""
        new = self.box.engine.happened[self.seen :]
        for each in new:
            if each.status is RunStatus.SKIPPED:
                self._check_skipped(each)
            elif each.cause == SCHEDULED:
                assert self.box.enabled or each.status is RunStatus.STOPPED, each
                free = open_at(self.box.plan, each.at) - self.used.keys()
                assert free, f"no slot is free for {each}"
                self._use(each)
            elif each.request.period is None and each.cause != VERIFY:
                self._use(each)
        self.seen += len(new)
        return new

    def _use(self, run: Happened) -> None:
        now = self.box.clock.now()
        met = open_at(self.box.plan, run.at)
        if run.ended_at is not None and run.ended_at >= run.at:
            met |= open_between(self.box.plan, run.at, min(run.ended_at, now)).keys()
        for name in met - self.used.keys():
            if name[0] == "hour" and run.reason is Code.NOT_REACHED and not self.box.way.is_up():
                continue  # nothing was there that could have answered
            self.tries[name] = self.tries.get(name, 0) + 1
            again = run.reason is Code.NOT_REACHED and name[0] == "hour"
            if not again or self.tries[name] >= TRIES:
                self.used[name] = self.box.trust.trusted

    def _check_skipped(self, skipped: Happened) -> None:
        plan, now = self.box.plan, skipped.at
        free = open_at(plan, now) - self.used.keys()
        match skipped.reason:
            case Code.SYNC_DISABLED:
                assert free
                assert not self.box.enabled
                over = free
            case Code.OFFLINE:
                daily = {name for name in free if name[0] == "daily"}
                waited = {name for name in self.met if name[0] == "hour" and name[1] + HOUR <= now}
                over = daily or set(sorted(waited - self.used.keys() - self.tries.keys())[:1])
                assert over, f"nothing was due that {skipped} could be for"
            case _:
                assert skipped.reason is Code.ALREADY_RUNNING
                over = {name for name in self.met if ends_at(plan, name) <= now} - self.used.keys()
        self.used |= dict.fromkeys(over, self.box.trust.trusted)

    async def check_next(self) -> None:
        """The next due time is told, is not in the past, and nothing is due before it."""
        following, now, plan = await self.box.schedule.next(), self.box.clock.now(), self.box.plan
        coming = open_between(plan, now, now + 8 * DAY)
        free = [due for name, due in coming.items() if name not in self.used and due > now]
        if following is None:
            assert plan.daily is None and not plan.hours  # noqa: PT018
            return
        assert following.due_at > now
        assert (str(following.name.kind), following.name.at) not in self.used
        if free:
            assert following.due_at <= min(free)


class History:
    """A box and its clerk."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.clerk = Clerk(box)

    async def go(self, actions: list[tuple[str, Any]]) -> None:
        """Have things happen, and checked after each."""
        for name, value in actions:
            self.clerk.release()
            before = self.box.clock.now()
            await getattr(self, name)(value)
            now = self.box.clock.now()
            since = before if name == "time" else now
            self.clerk.met |= open_between(self.box.plan, since, now).keys()
            self.clerk.release()
            for each in self.clerk.read():
                event(f"{each.cause} {each.status}")
            await self.clerk.check_next()

    async def time(self, minutes: float) -> None:
        """Time goes by; what came due meanwhile had its sync, or is recorded."""
        box, clerk, first = self.box, self.clerk, self.box.clock.now()
        is_busy = box.loop.event_id is not None
        used, tried = set(clerk.used), set(clerk.tries)
        known = {name for name in clerk.met if name not in used}
        count = len(box.engine.happened)
        await box.step(minutes=minutes)
        if is_busy:
            return
        new = box.engine.happened[count:]
        for name, due in open_between(box.plan, first, box.clock.now()).items():
            if name not in used | tried and not (name in known and name[0] == "daily"):
                self._check_met(name, due, new)

    def _check_met(self, name: Name, due: datetime, new: list[Happened]) -> None:
        """Check that a slot of which nothing was known had what it should have."""
        box, end = self.box, ends_at(self.box.plan, name)
        wanted: tuple[RunStatus | None, Code | None]
        if not box.enabled:
            wanted = RunStatus.SKIPPED, Code.SYNC_DISABLED
        elif box.way.is_up():
            wanted = None, None
        else:
            wanted, due = (RunStatus.SKIPPED, Code.OFFLINE), due if name[0] == "daily" else end
        if due + AT_ONCE > min(box.clock.now(), end if due < end else box.clock.now()):
            return  # it may still come
        for each in new:
            is_run = each.status is not RunStatus.SKIPPED
            lasts = (each.ended_at or box.clock.now()) + AT_ONCE if is_run else each.at
            is_then = each.at <= due + AT_ONCE and lasts >= due
            if is_then and (is_run if wanted[0] is None else (each.status, each.reason) == wanted):
                return
        raise AssertionError(f"{name}, due at {due}, had no {wanted}")

    async def clock(self, jump: "timedelta | int") -> None:
        """The clock is set."""
        now = self.box.clock.now()
        if isinstance(jump, int):
            await self.box.set_clock(now.replace(year=jump, day=min(now.day, 28)))
        elif 1960 < (now + jump).year < 2060:
            await self.box.set_clock(now + jump)

    async def trust(self, trusted: bool) -> None:
        """Somebody tells the time, or nobody does."""
        self.box.trust.trusted = trusted

    async def link(self, up: bool) -> None:
        """The link comes or goes."""
        await self.box.link(up=up)

    async def site(self, answers: bool) -> None:
        """The site answers or is silent."""
        self.box.way.answers = answers

    async def power(self, minutes: int) -> None:
        """The power fails, and is back after a while."""
        await self.box.lose_power()
        self.box.clock.set(self.box.clock.now() + minutes * MINUTE)
        self.box.start()
        await self.box.settle()

    async def restart(self, _: None) -> None:
        """The daemon is started again."""
        await self.box.stop()
        self.box.start()
        await self.box.settle()

    async def plan(self, plan: Plan) -> None:
        """Somebody changes the schedule."""
        await self.box.change(replace(plan, jitter=self.box.plan.jitter))

    async def enabled(self, enabled: bool) -> None:
        """Somebody switches sync on or off."""
        await self.box.change(enabled=enabled)

    async def ask(self, request: Request) -> None:
        """Somebody asks for a sync, which takes a while."""
        if self.box.enabled:
            self.box.engine.seconds = 420
            await self.box.loop.request(request)
            await self.box.settle()
            self.box.engine.seconds = 30


PLANS = st.builds(
    Plan,
    daily=st.none() | st.integers(0, 1439) | st.sampled_from([0, 479, 480, 1435]),
    hours=st.frozensets(st.integers(0, 167), max_size=12)
    | st.sampled_from([frozenset(range(168)), frozenset(range(24)), frozenset({167, 0})]),
)
JITTERS = st.integers(0, 45 * 60).map(lambda seconds: timedelta(seconds=seconds))
JUMPS = (
    st.integers(-90, 90).map(lambda minutes: minutes * MINUTE)
    | st.integers(-9, 9).map(lambda days: days * DAY)
    | st.sampled_from([1970, 2045, 2026, 2026])
)
SOME_DAYS = Request(period=Period(monday().date(), monday().date()))
ACTIONS: dict[str, st.SearchStrategy[Any]] = {
    "time": st.integers(1, 200) | st.sampled_from([0.5, 15, 60, 600]),
    "clock": JUMPS,
    "trust": st.booleans(),
    "link": st.booleans(),
    "site": st.booleans(),
    "power": st.integers(0, 100),
    "restart": st.none(),
    "plan": PLANS,
    "enabled": st.booleans(),
    "ask": st.sampled_from([Request(), Request(force=True), Request(VERIFY), SOME_DAYS]),
}
ACTION = st.sampled_from(["time"] * 8 + list(ACTIONS)).flatmap(
    lambda name: st.tuples(st.just(name), ACTIONS[name])
)
HISTORIES = given(
    plan=PLANS,
    jitter=JITTERS,
    start=st.integers(0, 7 * 1440).map(lambda minutes: monday() + minutes * MINUTE),
    actions=st.lists(ACTION, min_size=4, max_size=24),
)
QUIETLY = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(QUIETLY, max_examples=60)
@HISTORIES
def test_each_slot_at_most_once_within_its_time_and_what_is_skipped_is_recorded(
    plan: Plan, jitter: timedelta, start: datetime, actions: list[tuple[str, Any]]
) -> None:
    """Whatever the clock, the link, the power and people do; and the next one is always told."""

    async def run() -> None:
        box = Box(start, MemorySlots(), replace(plan, jitter=jitter))
        await History(box).go(actions)
        await box.lose_power()

    asyncio.run(run())


@settings(QUIETLY, max_examples=5)
@HISTORIES
def test_it_holds_with_the_slots_on_disk(
    tmp_path_factory: pytest.TempPathFactory,
    plan: Plan,
    jitter: timedelta,
    start: datetime,
    actions: list[tuple[str, Any]],
) -> None:
    """The real database, which is opened again after each power cut."""
    path: Path = tmp_path_factory.mktemp("slots") / "beekeed.sqlite"

    async def run() -> None:
        store = await open_store(path)
        box = Box(start, SqliteSlots(store=store), replace(plan, jitter=jitter))
        try:
            await History(box).go(actions)
            await box.lose_power()
        finally:
            await store.close()

    asyncio.run(run())
