"""The daemon's loop on a time that goes only as a test steps it, with an engine that plays runs.

The loop, its schedule and what waits for a link are the real ones.
"""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from beekeed.core.clocktrust import Moment, Trust
from beekeed.core.cycle import Event, Phase
from beekeed.core.link import Contact, Interface, Tree
from beekeed.core.model import Reason, RunStatus
from beekeed.core.request import Request
from beekeed.core.schedule import NOTHING, Plan, SlotName
from beekeed.engine import Engine, Schedule, Stop
from beekeed.engine.judging import Ended
from beekeed.errors import Code
from beekeed.link.waiting import SiteArrival
from beekeed.loop import Loop
from beekeed.ports.schedule import Met, Slots

_TURNS = 16  # of asyncio: enough for all that one thing that happened leads to


class SteppedClock:
    """A clock of which the seconds go as a test steps them, and that may be set besides."""

    def __init__(self, now: datetime) -> None:
        self._base = now
        self._seconds = 0.0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self.wakings = 0

    def now(self) -> datetime:
        """See Clock."""
        return self._base + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """See Clock."""
        return self._seconds

    def set(self, now: datetime) -> None:
        """Have the wall clock set."""
        self._base = now - timedelta(seconds=self._seconds)

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        until = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self._seconds + seconds, next(self._numbers), until))
        await until

    async def step(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Let so many seconds go; whoever sleeps is woken in their order."""
        await settle()
        end = self._seconds + seconds
        while self._sleeping and self._sleeping[0][0] <= end:
            at, _, until = heapq.heappop(self._sleeping)
            if not until.done():
                self._seconds = max(self._seconds, at)
                self.wakings += 1
                until.set_result(None)
                await settle()
        self._seconds = end
        await settle()


class SteppedTrust:
    """See ports.ClockTrust: as a test says."""

    def __init__(self, clock: SteppedClock) -> None:
        self.trusted = True
        self._clock = clock

    async def look(self) -> None:
        """Nobody is to be asked."""

    def is_trusted(self) -> bool:
        """As was said."""
        return self.trusted

    def moment(self) -> Moment:
        """The clock's."""
        trust = Trust.SYNCED if self.trusted else Trust.UNTRUSTED
        return Moment(self._clock.now(), "boot", int(self._clock.monotonic()), trust)

    def doubt(self) -> Reason | None:
        """None is told."""
        return None

    def wants_date(self) -> bool:
        """Nobody is to be asked."""
        return False

    def hear(self, date: datetime) -> None:
        """It is not what was said."""


class Way:
    """The way to the online Moodle: see ports.Route, LinkWatch and Diagnosis."""

    latest: Contact | None = None

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self._up = True
        self._change = asyncio.Event()
        self.answers = True
        """Whether the site takes a connection."""
        self.knocks = 0

    def is_up(self) -> bool:
        """Whether the kernel shows one."""
        return self._up

    def set(self, *, up: bool) -> None:
        """Have it come or go."""
        if up != self._up:
            self._up = up
            self._change.set()
            self._change = asyncio.Event()

    async def changed(self, seconds: float) -> bool:
        """Wait until it is another."""
        change = asyncio.ensure_future(self._change.wait())
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            done, _ = await asyncio.wait({change, pause}, return_when=asyncio.FIRST_COMPLETED)
            return change in done
        finally:
            change.cancel()
            pause.cancel()

    async def knock(self) -> bool:
        """Try a bare connection."""
        self.knocks += 1
        return self._up and self.answers

    async def walk(self) -> Contact:
        """Nobody asks for that."""
        raise AssertionError

    def look(self, contact: Contact | None) -> Tree:
        """Nobody asks for that."""
        raise AssertionError

    def interfaces(self) -> list[Interface]:
        """Nobody asks for that."""
        raise AssertionError


@dataclass
class Happened:
    """A run that began, or was skipped; `reason`: why it was, or why it failed."""

    at: datetime
    cause: str
    status: RunStatus
    reason: Code | None = None
    ended_at: datetime | None = None
    request: Request = field(default_factory=Request)


class PlayedEngine(Engine):
    """An engine that plays runs: each takes its time, and reaches the site where it answers."""

    def __init__(self, clock: SteppedClock, way: Way) -> None:  # nothing of the real one
        self._clock = clock
        self._way = way
        self._playing: Stop | None = None
        self.seconds = 30.0
        self.happened: list[Happened] = []
        self.looks = 0

    async def run(
        self, request: Request, begun: Callable[[str], None], report: Callable[[Event], None]
    ) -> Ended:
        """See Engine."""
        assert self._playing is None, "two runs at a time"
        self._playing = stop = Stop()
        run = Happened(self._clock.now(), request.cause, RunStatus.RUNNING, request=request)
        self.happened.append(run)
        begun(str(len(self.happened)))
        report(Event.STARTED)
        try:
            ended = await self._play(stop, report)
        finally:
            self._playing = None
        run.status, reason = ended
        run.reason = reason.code if reason else None
        run.ended_at = self._clock.now()
        report(Event.ENDED)
        return ended

    async def _play(self, stop: Stop, report: Callable[[Event], None]) -> Ended:
        if not (self._way.is_up() and self._way.answers):
            return RunStatus.ERROR, Reason(Code.NOT_REACHED)
        sleeping = asyncio.ensure_future(self._clock.sleep(self.seconds))
        asked = asyncio.ensure_future(stop._asked.wait())
        await asyncio.wait({sleeping, asked}, return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
        asked.cancel()
        if stop.asked:
            report(Event.STOP_ASKED)
            return RunStatus.STOPPED, None
        return RunStatus.COMPLETED, None

    async def skip(self, reason: Reason) -> None:
        """See Engine."""
        now = self._clock.now()
        self.happened.append(Happened(now, "scheduled", RunStatus.SKIPPED, reason.code, now))

    def stop(self) -> None:
        """See Engine."""
        if self._playing is not None:
            self._playing.ask()

    async def look(self, stop: Stop) -> None:
        """See Engine."""
        self.looks += 1


class MemorySlots:
    """See ports.Slots; held to the real one by tests/contract/test_slots.py."""

    def __init__(self, draw: int = 0) -> None:
        self._draw = draw
        self._met: dict[SlotName, tuple[Met, bool]] = {}

    async def draw(self) -> int:
        """See Slots."""
        return self._draw

    async def met(self, names: Collection[SlotName]) -> dict[SlotName, Met]:
        """See Slots."""
        return {name: self._met[name][0] for name in names if name in self._met}

    async def note(self, names: Collection[SlotName], met: Met, *, trusted: bool) -> None:
        """See Slots."""
        self._met |= dict.fromkeys(names, (met, trusted))

    async def used_after(self, moment: datetime) -> set[SlotName]:
        """See Slots."""
        return {name for name, (met, _) in self._met.items() if met.used and name.at > moment}

    async def waiting(self) -> list[tuple[SlotName, Met]]:
        """See Slots."""
        return sorted((name, met) for name, (met, _) in self._met.items() if not met.used)

    async def release(self, now: datetime) -> None:
        """See Slots."""
        for name, (_, trusted) in list(self._met.items()):
            if not trusted and name.at > now:
                del self._met[name]


class CountedSlots:
    """Slots that tell whether somebody waits for them: a real store answers from its thread."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.busy = 0

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Give a method of the port, counted."""

        async def counted(*values: Any, **named: Any) -> Any:
            self.busy += 1
            try:
                return await getattr(self._slots, name)(*values, **named)
            finally:
                self.busy -= 1

        return counted


class Box:
    """A box: its clock, its way, its settings, and the daemon's loop."""

    def __init__(self, now: datetime, slots: Slots, plan: Plan = NOTHING) -> None:
        self.clock = SteppedClock(now)
        self.trust = SteppedTrust(self.clock)
        self.way = Way(self.clock)
        self.engine = PlayedEngine(self.clock, self.way)
        self.slots: Any = CountedSlots(slots)
        self.plan = plan
        self.enabled = True
        self.phases: list[Phase] = []
        self._running: asyncio.Task[None] | None = None
        self.start()

    def start(self) -> None:
        """Start the daemon."""
        self.engine._playing = None
        self.schedule = Schedule(
            clock=self.clock,
            trust=self.trust,
            slots=self.slots,
            plan=lambda _: self.plan,
            skip=self.engine.skip,
        )
        self.loop = Loop(
            engine=self.engine,
            schedule=self.schedule,
            clock=self.clock,
            route=self.way,
            arrival=SiteArrival(watch=self.way, diagnosis=self.way, clock=self.clock),
            is_enabled=lambda: self.enabled,
            announce=self.phases.append,
            look_every_seconds=900,
        )
        self._running = asyncio.create_task(self.loop.run())

    async def settle(self) -> None:
        """Let everything happen that does not wait for the clock."""
        turns = 0
        while turns < _TURNS:
            await asyncio.sleep(0)
            turns = 0 if self.slots.busy else turns + 1
        assert self._running is not None
        if self._running.done():
            self._running.result()

    async def step(self, **time: float) -> None:
        """Let time go by."""
        await self.clock.step(timedelta(**time).total_seconds(), self.settle)

    async def set_clock(self, now: datetime) -> None:
        """Have the clock set, which nobody is told."""
        self.clock.set(now)
        await self.settle()

    async def change(self, plan: Plan | None = None, *, enabled: bool | None = None) -> None:
        """Have somebody change the settings."""
        self.plan = self.plan if plan is None else plan
        self.enabled = self.enabled if enabled is None else enabled
        self.loop.settings_changed()
        await self.settle()

    async def link(self, *, up: bool) -> None:
        """Have the link come or go."""
        self.way.set(up=up)
        await self.settle()

    async def lose_power(self) -> None:
        """End the daemon as a power cut does."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait({self._running})

    async def stop(self) -> None:
        """End the daemon as SIGTERM does."""
        assert self._running is not None
        self.loop.stop()
        await self._running

    def took_place(self) -> list[tuple[str, str]]:
        """What happened: when, by day and time, and how it ended."""
        return [
            (f"{each.at:%a %H:%M}", str(each.reason or each.status))
            for each in self.engine.happened
        ]


def monday(hour: int = 0, minute: int = 0) -> datetime:
    """Some Monday's time."""
    return datetime(2026, 11, 30, hour, minute, tzinfo=UTC)
