"""The schedule as the clock meets it: which slots are due, and what became of them.

A slot is noted as used before its sync begins: whatever fails then, and however often the box
starts again, it is not used twice. Only a slot of the grid whose sync reached nobody is open
again, until its hour is over.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from beekeed.clock import Clock
from beekeed.core import schedule
from beekeed.core.link import is_unreached
from beekeed.core.model import Reason, RunStatus
from beekeed.core.request import VERIFY, Request
from beekeed.core.schedule import Plan, Slot, SlotKind
from beekeed.engine.judging import Ended
from beekeed.errors import Code
from beekeed.ports.clocktrust import ClockTrust
from beekeed.ports.schedule import Met, Slots

MOST_TRIES = 4
"""Syncs within one hour of the grid that reach nobody, though something took a connection."""

_USED = Met(used=True)
_UNMET = Met(used=False)


@dataclass(frozen=True, slots=True)
class Due:
    """A slot whose sync may begin now, after so many that reached nobody."""

    slot: Slot
    tries: int

    @property
    def waits_for_link(self) -> bool:
        """Whether it may begin later where there is no link now."""
        return self.slot.name.kind is SlotKind.HOUR


class Schedule:
    """Keeps the slots. `plan`: gives the settings' for a draw; `skip`: writes a skipped run down.

    See ports.Timetable.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        trust: ClockTrust,
        slots: Slots,
        plan: Callable[[int], Plan],
        skip: Callable[[Reason], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._trust = trust
        self._slots = slots
        self._plan = plan
        self._skip = skip
        self._draw: int | None = None
        self._joined: Sequence[Due] = ()
        """The slots that the run under way is for."""
        self._is_whole = False
        """Whether that run brings everything, so that what comes due meanwhile joins it."""
        self._began = 0.0

    async def plan(self) -> Plan:
        """Give what is wanted now."""
        if self._draw is None:
            self._draw = await self._slots.draw()
        return self._plan(self._draw)

    async def due(self) -> Sequence[Due]:
        """Give the slots whose sync may begin now, and record those for whom it is too late."""
        now = self._clock.now()
        if self._trust.is_trusted():
            await self._slots.release(now)
        await self._give_up()
        return await self._unused(schedule.open_now(await self.plan(), now))

    async def next(self) -> Slot | None:
        """See ports.Timetable."""
        now = self._clock.now()
        return schedule.coming(
            await self.plan(), now, await self._slots.used_after(now - schedule.LONGEST_OPEN)
        )

    async def awaited(self) -> Slot | None:
        """See ports.Timetable."""
        plan, now = await self.plan(), self._clock.now()
        waiting = [plan.slot(name) for name, _ in await self._slots.waiting() if plan.has(name)]
        return next((each for each in waiting if each.is_open(now)), None)

    async def seconds_left(self) -> float | None:
        """Give how long nothing comes due by the clock as it goes; None: nothing is scheduled."""
        now = self._clock.now()
        following = schedule.coming(await self.plan(), now)
        return None if following is None else (following.due_at - now).total_seconds()

    async def skip(self, due: Collection[Due], reason: Reason) -> None:
        """Use slots up without a sync, and record one as skipped for all of them."""
        if due:
            await self._note(due, _USED)
            await self._skip(reason)

    async def wait(self, due: Collection[Due]) -> None:
        """Note that slots were met and wait for a link."""
        names = {each.slot.name for each in due}
        fresh = names - (await self._slots.met(names)).keys()
        await self._slots.note(fresh, _UNMET, trusted=self._trust.is_trusted())

    async def begin(self, request: Request) -> None:
        """Use up the slots that a run is for which is about to begin."""
        self._began = self._clock.monotonic()
        self._is_whole = request.period is None and request.cause != VERIFY
        self._joined = await self.due() if self._is_whole else ()
        await self._note(self._joined, _USED)

    async def forgo(self, reason: Reason) -> None:
        """Record the slots as skipped whose run was not to begin after all."""
        await self.skip(self._joined, reason)

    async def end(self, ended: Ended, *, has_link: bool) -> None:
        """Note what a run was for the slots that it met: they joined it, or had to wait for it.

        Where the box has no link nobody could be reached: that counts as no try.
        """
        now = self._clock.now()
        since = now - timedelta(seconds=self._clock.monotonic() - self._began)
        met = await self._unused(schedule.met(await self.plan(), since, now))
        if not self._is_whole:
            over = [each for each in met if not each.slot.is_open(now)]
            await self.skip(over, Reason(Code.ALREADY_RUNNING))
            return
        joined = [*self._joined, *met]
        tried = int(has_link)
        again = [e for e in joined if e.waits_for_link and e.tries + tried < MOST_TRIES]
        again = again if _reached_nobody(ended) else []
        await self._note([each for each in met if each not in again], _USED)
        for each in again:
            await self._note([each], Met(used=False, tries=each.tries + tried))

    async def _give_up(self) -> None:
        """Record the hours that are over and found no link. One that was tried is no skipped one.

        Of one that a clock met which was ahead, nothing is known before its time; one that the
        settings want no longer was not missed.
        """
        plan, now = await self.plan(), self._clock.now()
        for name, met in await self._slots.waiting():
            if name.at + timedelta(hours=1) <= now:
                await self._slots.note([name], _USED, trusted=self._trust.is_trusted())
                if not met.tries and plan.has(name):
                    await self._skip(Reason(Code.OFFLINE))

    async def _unused(self, slots: Sequence[Slot]) -> list[Due]:
        if not slots:
            return []
        met = await self._slots.met([each.name for each in slots])
        found = [Due(each, met.get(each.name, _UNMET).tries) for each in slots]
        return [each for each in found if not met.get(each.slot.name, _UNMET).used]

    async def _note(self, due: Collection[Due], met: Met) -> None:
        names = [each.slot.name for each in due]
        await self._slots.note(names, met, trusted=self._trust.is_trusted())


def _reached_nobody(ended: Ended) -> bool:
    status, reason = ended
    failed = status in (RunStatus.ERROR, RunStatus.SKIPPED)
    return failed and reason is not None and is_unreached(reason.code)
