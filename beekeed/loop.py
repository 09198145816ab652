"""Waits until a sync is due or asked for, runs the engine, and tells what is going on.

Runs never overlap: there is one loop, and whoever asks while a run is under way
is shown that one. It looks at how things are and does the next right thing, so that
a look too many, or one that was missed, does no harm.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beekeed.clock import Clock
from beekeed.core import cycle
from beekeed.core.cost import Preview
from beekeed.core.cycle import Event, Phase, advance
from beekeed.core.model import Reason
from beekeed.core.progress import Progress
from beekeed.core.request import SCHEDULED, Request
from beekeed.engine import Due, Engine, Schedule, Stop, Stopped, Waiting
from beekeed.errors import BeekeedError, Code, LinkDown
from beekeed.ports.link import Arrival, Route

_LOOK_AT_CLOCK_SECONDS = 60.0
"""Where anything is scheduled, a wall clock that jumped is noticed after as long at the most."""


@dataclass(frozen=True, slots=True)
class Started:
    """The run that a request led to; `joined`: it was running already."""

    event_id: str
    joined: bool


class Loop:
    """The daemon's one thing at a time."""

    def __init__(
        self,
        *,
        engine: Engine,
        schedule: Schedule,
        clock: Clock,
        route: Route,
        arrival: Arrival,
        is_enabled: Callable[[], bool],
        announce: Callable[[Phase], None],
        look_every_seconds: float,
    ) -> None:
        self._engine = engine
        self._schedule = schedule
        self._clock = clock
        self._route = route
        self._is_enabled = is_enabled
        self._announce = announce
        self._look_every_seconds = look_every_seconds
        self._look_at = clock.monotonic() + look_every_seconds
        self._waiting = Waiting(arrival)
        self._looking = Stop()
        self._telling = Stop()
        self._asked = asyncio.Event()
        self._stopping = False
        self._request = Request()
        self._begun: asyncio.Future[str] | None = None
        self._turn = asyncio.Lock()
        self._turns = 0
        self._ended = asyncio.Event()
        self.phase = Phase.IDLE
        self.event_id: str | None = None
        """The run under way."""
        self.is_ready = False
        """Whether it serves whoever asks for a sync."""

    async def run(self) -> None:
        """Serve requests and the schedule until `stop`; a run under way is brought to its end."""
        self.is_ready = not self._stopping
        try:
            while not self._stopping:
                self._turns += 1
                self._asked.clear()
                if self._begun is None:
                    await self._serve_schedule()
                if self._begun is None:
                    await self._rest()
                else:
                    await self._serve_request()
        finally:
            self._waiting.end()
        self._refuse(BeekeedError(Code.INTERRUPTED))

    async def _serve_request(self) -> None:
        async with self._turn:
            if code := self._barred():
                self._refuse(BeekeedError(code))
                return
            self._settle(awaits_link=self.phase is Phase.AWAITING)
            await self._run_once(self._request)

    def _barred(self) -> Code | None:
        """Tell why no run may begin now, if none may."""
        if self._stopping:
            return Code.INTERRUPTED
        return None if self._is_enabled() else Code.SYNC_DISABLED

    def _refuse(self, error: BaseException) -> None:
        """Tell whoever waits for a run to begin that none does."""
        if self._begun is not None and not self._begun.done():
            self._begun.set_exception(error)
            self._begun.exception()  # nobody waits for a run that the schedule asked for
        self._begun = None

    async def _serve_schedule(self) -> None:
        """Do what is due: ask for a sync, or record it as skipped, or have it wait for a link."""
        due = await self._schedule.due()
        if self._begun is not None:
            return
        if not self._is_enabled():
            await self._schedule.skip(due, Reason(Code.SYNC_DISABLED))
            due = ()
        elif due and self._may_begin(due):
            self._ask(Request(SCHEDULED))
            return
        missed = [each for each in due if not each.waits_for_link]
        await self._schedule.skip(missed, Reason(Code.OFFLINE))
        await self._await_link([each for each in due if each.waits_for_link])

    def _may_begin(self, due: Sequence[Due]) -> bool:
        """Tell whether a sync of them may reach the online Moodle, as far as is known for free."""
        is_silent = all(each.tries for each in due)
        return self._route.is_up() and (not is_silent or self._waiting.arrived)

    async def _await_link(self, due: Sequence[Due]) -> None:
        try:
            self._waiting.wait_for(due, self._clock.now())
        except LinkDown as error:  # no byte may be spent on trying
            await self._schedule.skip(due, Reason(error.code, error.params))
            due = ()
        await self._schedule.wait(due)
        self._settle(awaits_link=bool(due))

    def _settle(self, *, awaits_link: bool) -> None:
        """Come to the phase in which nothing runs that is right now."""
        enabled = self._is_enabled()
        while event := cycle.rest(self.phase, enabled=enabled, awaits_link=awaits_link):
            self._note(event)

    async def _rest(self) -> None:
        """Wait until somebody asks, a link is there or something may be due; look at the box."""
        if self._clock.monotonic() >= self._look_at:
            await self._look()
        due_in = await self._schedule.seconds_left()
        pause = max(0.0, self._look_at - self._clock.monotonic())
        if due_in is not None:
            pause = min(pause, due_in, _LOOK_AT_CLOCK_SECONDS)
        await self._waiting.or_first(self._asked.wait(), self._clock.sleep(pause))

    async def _look(self) -> None:
        """Look through the box, as from time to time; who asks is served at once."""
        self._look_at = self._clock.monotonic() + self._look_every_seconds
        if not self._turn.locked():  # a dry run reads the box as well
            async with self._turn:
                self._looking = Stop()
                if not self._asked.is_set():
                    await self._engine.look(self._looking)

    def _wake(self) -> None:
        self._asked.set()
        self._looking.ask()
        self._telling.ask()

    def _ask(self, request: Request) -> asyncio.Future[str]:
        """Have a run begin; gives what will hold its ID."""
        self._begun = begun = asyncio.get_running_loop().create_future()
        self._request = request
        self._wake()
        return begun

    async def _run_once(self, request: Request) -> None:
        self._ended.clear()
        self._waiting.end()
        try:
            await self._schedule.begin(request)
            if code := self._barred():  # it came meanwhile, when there was no run to stop
                self._refuse(BeekeedError(code))
                await self._schedule.forgo(Reason(code))
                return
            ended = await self._engine.run(request, self._note_begun, self._note)
            await self._schedule.end(ended, has_link=self._route.is_up())
        except BaseException as error:
            self._refuse(error)
            raise
        finally:
            self.event_id = None
            self._begun = None
            self._ended.set()

    def _note_begun(self, event_id: str) -> None:
        self.event_id = event_id
        if self._begun is not None and not self._begun.done():
            self._begun.set_result(event_id)

    def _note(self, event: Event) -> None:
        self.phase = advance(self.phase, event)
        self._announce(self.phase)

    @property
    def progress(self) -> Progress | None:
        """How far the run under way is, or how the latest since the start ended, if one did."""
        return self._engine.progress

    def sign(self) -> object:
        """Give a sign of life: another value whenever the loop, or its run, has moved on."""
        return self._turns, self.phase, self.progress

    async def request(self, request: Request) -> Started:
        """Have a sync started, or join the one under way.

        One that is being stopped is not joined: another begins when it is over.
        Raises BeekeedError: SYNC_DISABLED, INTERRUPTED.
        """
        while self.phase is Phase.STOPPING and not self._stopping:
            await self._ended.wait()
        if self._stopping:
            raise BeekeedError(Code.INTERRUPTED)
        joined = self._begun is not None
        begun = self._begun or self._ask(request)
        return Started(await asyncio.shield(begun), joined)

    async def stop_run(self) -> str | None:
        """Stop the run under way, or the one that begins; gives its ID, None where there is none.

        It ends once what is in flight is settled.
        """
        if self._begun is None:
            return None
        try:
            event_id = await asyncio.shield(self._begun)
        except BeekeedError:  # it was not to begin
            return None
        self._engine.stop()
        return event_id

    async def preview(self, request: Request, limit_bytes: int | None = None) -> Preview:
        """Tell what a sync would do now. A sync that is under way, or asked for, goes first."""
        if self._begun is not None or self._stopping:
            raise BeekeedError(Code.ALREADY_RUNNING)
        self._looking.ask()
        async with self._turn:
            if self._begun is not None or self._stopping:
                raise BeekeedError(Code.ALREADY_RUNNING)
            self._telling = Stop()
            try:
                return await self._engine.preview(request, limit_bytes, self._telling)
            except Stopped as error:
                raise BeekeedError(Code.ALREADY_RUNNING) from error

    async def ended(self, event_id: str, seconds: float) -> None:
        """Wait until a run is over, or so many seconds."""
        if self.event_id == event_id:
            try:
                async with asyncio.timeout(seconds):
                    await self._ended.wait()
            except TimeoutError:
                return

    def settings_changed(self) -> None:
        """Look at the schedule anew. With Enable Sync off, a run under way is stopped cleanly."""
        if not self._is_enabled():
            self._engine.stop()
        self._asked.set()

    def stop(self) -> None:
        """End the loop: nothing new starts, and a run under way is stopped cleanly."""
        self._stopping = True
        self.is_ready = False
        self._engine.stop()
        self._wake()
