"""A run's contact with the online Moodle: who answers there, and what an earlier run left open."""

from collections.abc import Sequence

from beekeed.core import pace
from beekeed.core.model import Site
from beekeed.core.step import Outcome, Step
from beekeed.engine.begun import Begun
from beekeed.engine.writing import settle
from beekeed.errors import (
    BeekeedError,
    Code,
    LinkDown,
    OutcomeUnknown,
    RemoteGarbled,
    RemoteRefused,
)
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.link import Route


class Contact:
    """The online Moodle, as one run meets it."""

    def __init__(self, *, run: Begun, trust: ClockTrust, route: Route) -> None:
        self._run = run
        self._trust = trust
        self._route = route
        self._site: Site | None = None
        self._unmet: BeekeedError | None = None
        """Why the site could not be met when it was asked for the time."""

    async def ask_time(self) -> None:
        """Meet the site first where nobody told the time, so that what is read has its day.

        Its answer carries a Date, also to a run that has nothing else to ask: on a clock that
        is not trusted no day could be called safe. What fails is said where the run needs it.
        """
        await self._trust.look()
        if not self._trust.wants_date() or not self._route.is_up():
            return
        try:
            self._site = await self._run.stop.unless_asked(self._run.online.probe())
        except (LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused) as error:
            self._unmet = error

    def check_clock(self) -> None:
        """Raise what the site told of a clock so wrong that no run can do anything."""
        if self._unmet is not None and self._unmet.code is Code.CLOCK_WRONG:
            raise self._unmet

    async def meet(self) -> Site:
        """Give who answers, unless a function is missing that every run needs.

        Raises what the port raises, also what it raised when it was asked for the time;
        RemoteRefused; and Stopped.
        """
        if self._unmet is not None:
            raise self._unmet
        if self._site is None:
            self._site = await self._run.stop.unless_asked(self._run.online.probe())
        if self._site.missing:
            raise RemoteRefused(Code.FUNCTION_MISSING, function=", ".join(self._site.missing))
        return self._site

    async def settle(self, target_id: int) -> Sequence[tuple[Step, Outcome]]:
        """Find out what became of the steps that were on the wire when all went dark."""
        steps = await self._run.stores.journal.intents(target_id)
        if not steps:
            return []
        await self._hold_back(target_id, len(steps))
        outcomes = await settle(self._run.online, self._run.stop, steps)
        settled = list(zip(steps, outcomes, strict=True))
        await self._run.stores.journal.record(
            self._run.run_id, target_id, settled, self._run.clock.now()
        )
        return settled

    async def _hold_back(self, target_id: int, steps: int) -> None:
        """Wait until the site must be done with what was sent last, perhaps before a restart."""
        sent_at = await self._run.stores.journal.intended_at(target_id)
        age = (self._run.clock.now() - sent_at).total_seconds() if sent_at is not None else None
        seconds = pace.left_working_seconds(steps, age)
        if seconds:
            await self._run.stop.unless_asked(self._run.clock.sleep(seconds))
