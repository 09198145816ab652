"""A sync that waits for a site which is silent: when it is tried, by a clock of the test's own."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from beekeed.core.link import Contact, Interface, Tree
from beekeed.link.waiting import SiteArrival

MINUTE, HOUR = 60.0, 3600.0


class Clock:
    """A clock that goes on by what is waited."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """See Clock."""
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        """See Clock."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        self.seconds += seconds
        await asyncio.sleep(0)


class Watch:
    """A way that is there, or not, from given moments on: see ports.LinkWatch."""

    def __init__(self, clock: Clock, *changes: tuple[float, bool]) -> None:
        self._clock = clock
        self._changes = changes

    def is_up(self) -> bool:
        """See ports.LinkWatch."""
        return [up for at, up in self._changes if at <= self._clock.seconds][-1]

    async def changed(self, seconds: float) -> bool:
        """See ports.LinkWatch."""
        until = self._clock.seconds + seconds
        following = [at for at, _ in self._changes if self._clock.seconds < at <= until]
        await self._clock.sleep(min([until, *following]) - self._clock.seconds)
        return bool(following)


class Site:
    """A site that is silent until a moment: see ports.Diagnosis."""

    latest = None

    def __init__(self, clock: Clock, answers_at: float) -> None:
        self._clock = clock
        self._answers_at = answers_at
        self.tried_at: list[float] = []

    async def knock(self) -> bool:
        """See ports.Diagnosis."""
        self.tried_at.append(self._clock.seconds)
        return self._clock.seconds >= self._answers_at

    async def walk(self) -> Contact:
        """See ports.Diagnosis."""
        raise AssertionError("a bare connection is enough")

    def look(self, contact: Contact | None) -> Tree:
        """See ports.Diagnosis."""
        return ()

    def interfaces(self) -> Sequence[Interface]:
        """See ports.Diagnosis."""
        return ()


async def test_a_silent_site_is_tried_after_1_2_4_up_to_15_minutes() -> None:
    """Until it takes a connection, or the time is over; never after that."""
    clock = Clock()
    site = Site(clock, answers_at=45 * MINUTE)
    arrival = SiteArrival(watch=Watch(clock, (0, True)), diagnosis=site, clock=clock)
    assert await arrival.site(HOUR)
    assert [at / MINUTE for at in site.tried_at] == [1, 3, 7, 15, 30, 45]
    clock.seconds, site.tried_at, site._answers_at = 0.0, [], 99 * HOUR
    assert not await arrival.site(HOUR)
    assert [at / MINUTE for at in site.tried_at] == [1, 3, 7, 15, 30, 45, 60]
    assert clock.seconds == HOUR


async def test_another_way_is_used_at_once_and_nothing_is_tried_without_one() -> None:
    """A link that comes back is news; while it is away not even a connection is tried."""
    clock = Clock()
    site = Site(clock, answers_at=99 * HOUR)
    watch = Watch(clock, (0, True), (2 * MINUTE, False), (40 * MINUTE, True))
    assert await SiteArrival(watch=watch, diagnosis=site, clock=clock).site(HOUR)
    assert [at / MINUTE for at in site.tried_at] == [1]
    assert 40 * MINUTE <= clock.seconds <= 40 * MINUTE + 10


async def test_a_link_is_waited_for_without_a_byte() -> None:
    """As long as was asked, and no longer."""
    clock = Clock()
    site = Site(clock, answers_at=0)
    watch = Watch(clock, (0, False), (10 * MINUTE, True))
    arrival = SiteArrival(watch=watch, diagnosis=site, clock=clock)
    assert not await arrival.link(5 * MINUTE)
    assert clock.seconds == 5 * MINUTE
    assert await arrival.link(HOUR)
    assert 10 * MINUTE <= clock.seconds <= 10 * MINUTE + 10
    assert await arrival.link(0)
    assert site.tried_at == []
