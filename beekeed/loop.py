"""Waits until a sync is asked for, runs the engine, and tells what is going on.

Runs never overlap: there is one loop, and whoever asks while a run is under way
is shown that one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from beekeed.core.cost import Preview
from beekeed.core.cycle import Event, Phase, advance
from beekeed.core.progress import Progress
from beekeed.core.request import Request
from beekeed.engine import Engine, Stop, Stopped
from beekeed.errors import BeekeedError, Code


@dataclass(frozen=True, slots=True)
class Started:
    """The run that a request led to; `joined`: it was running already."""

    event_id: str
    joined: bool


class Loop:
    """The daemon's one thing at a time."""

    def __init__(
        self, *, engine: Engine, announce: Callable[[Phase], None], look_every_seconds: float
    ) -> None:
        self._engine = engine
        self._announce = announce
        self._look_every_seconds = look_every_seconds
        self._looking = Stop()
        self._telling = Stop()
        self._asked = asyncio.Event()
        self._stopping = False
        self._request = Request()
        self._begun: asyncio.Future[str] | None = None
        self._turn = asyncio.Lock()
        self._ended = asyncio.Event()
        self.phase = Phase.IDLE
        self.event_id: str | None = None
        """The run under way."""
        self.is_ready = False
        """Whether it serves whoever asks for a sync."""

    async def run(self) -> None:
        """Serve requests until `stop`; a run under way is brought to its end first."""
        self.is_ready = not self._stopping
        while not self._stopping:
            await self._wait_until_asked()
            self._asked.clear()
            async with self._turn:
                if self._begun is not None and not self._stopping:
                    await self._run_once(self._request)
        if self._begun is not None:
            self._begun.set_exception(BeekeedError(Code.INTERRUPTED))

    async def _wait_until_asked(self) -> None:
        """Wait, and look through the box from time to time; who asks is served at once."""
        while not self._asked.is_set():
            try:
                async with asyncio.timeout(self._look_every_seconds):
                    await self._asked.wait()
            except TimeoutError:
                if not self._turn.locked():  # a dry run reads the box as well
                    async with self._turn:
                        self._looking = Stop()
                        await self._engine.look(self._looking)

    def _wake(self) -> None:
        self._asked.set()
        self._looking.ask()
        self._telling.ask()

    async def _run_once(self, request: Request) -> None:
        self._ended.clear()
        try:
            await self._engine.run(request, self._note_begun, self._note)
        except BaseException as error:
            if self._begun is not None and not self._begun.done():
                self._begun.set_exception(error)
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

    async def request(self, request: Request) -> Started:
        """Have a sync started, or join the one under way.

        One that is being stopped is not joined: another begins when it is over.
        """
        while self.phase is Phase.STOPPING and not self._stopping:
            await self._ended.wait()
        if self._stopping:
            raise BeekeedError(Code.INTERRUPTED)
        joined = self._begun is not None
        if self._begun is None:
            self._begun = asyncio.get_running_loop().create_future()
            self._request = request
            self._wake()
        return Started(await asyncio.shield(self._begun), joined)

    async def stop_run(self) -> str | None:
        """Stop the run under way, or the one that begins; gives its ID, None where there is none.

        It ends once what is in flight is settled.
        """
        if self._begun is None:
            return None
        event_id = await asyncio.shield(self._begun)
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

    def stop(self) -> None:
        """End the loop: nothing new starts, and a run under way is stopped cleanly."""
        self._stopping = True
        self.is_ready = False
        self._engine.stop()
        self._wake()
