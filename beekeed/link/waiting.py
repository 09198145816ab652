"""Waits until a sync may reach the online Moodle.

As long as the kernel shows no way there, nothing goes out. Where it shows one and the site
is silent, a bare connection is tried from time to time, and at once when the way is another.
"""

from beekeed.clock import Clock
from beekeed.core.waiting import seconds_to_next_try
from beekeed.ports.link import Diagnosis, LinkWatch

_LOOK_AGAIN_SECONDS = 5.0  # what changed between a look and the waiting is not missed for long


class SiteArrival:
    """See ports.Arrival."""

    def __init__(self, *, watch: LinkWatch, diagnosis: Diagnosis, clock: Clock) -> None:
        self._watch = watch
        self._diagnosis = diagnosis
        self._clock = clock

    async def link(self, seconds: float) -> bool:
        """See ports.Arrival."""
        until = self._clock.monotonic() + seconds
        while not self._watch.is_up():
            left = until - self._clock.monotonic()
            if left <= 0:
                return False
            await self._watch.changed(min(left, _LOOK_AGAIN_SECONDS))
        return True

    async def site(self, seconds: float) -> bool:
        """See ports.Arrival."""
        until = self._clock.monotonic() + seconds
        tries = 0
        while (left := until - self._clock.monotonic()) > 0:
            was_up = self._watch.is_up()
            pause = seconds_to_next_try(tries) if was_up else _LOOK_AGAIN_SECONDS
            changed = await self._watch.changed(min(pause, left))
            if not self._watch.is_up():
                tries = 0
            elif changed or not was_up:
                return True
            elif pause <= left:
                if await self._diagnosis.knock():
                    return True
                tries += 1
        return False
