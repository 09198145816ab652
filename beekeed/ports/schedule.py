"""The schedule's slots in our own state: which are used, and which wait for a link."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.schedule import Plan, Slot, SlotName


@dataclass(frozen=True, slots=True)
class Met:
    """What became of a slot so far. `tries`: how many syncs did not reach the online Moodle."""

    used: bool
    tries: int = 0


class Slots(Protocol):
    """The slots that were met. One that is used stays so, but see `release`."""

    async def draw(self) -> int:
        """Give this device's draw for its jitter; it is drawn once (core.schedule)."""
        ...

    async def met(self, names: Collection[SlotName]) -> Mapping[SlotName, Met]:
        """Give what became of some slots; those never met are left out."""
        ...

    async def note(self, names: Collection[SlotName], met: Met, *, trusted: bool) -> None:
        """Write down what became of some slots, on a clock that is trusted or not."""
        ...

    async def used_after(self, moment: datetime) -> Collection[SlotName]:
        """Give the used slots that are named after a later time than this one."""
        ...

    async def waiting(self) -> Sequence[tuple[SlotName, Met]]:
        """List the slots that were met and are not used, oldest first."""
        ...

    async def release(self, now: datetime) -> None:
        """Forget the slots still to come that a clock met which was not trusted.

        Now it is: it was ahead then, and their time is yet to come.
        """
        ...


class Timetable(Protocol):
    """What knows when a sync is due."""

    async def plan(self) -> Plan:
        """Give what is wanted now."""
        ...

    async def next(self) -> Slot | None:
        """Give the next slot that is due after now; None where nothing is scheduled."""
        ...

    async def awaited(self) -> Slot | None:
        """Give the slot whose sync begins as soon as there is a link; None where none waits."""
        ...
