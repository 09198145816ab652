"""A web server before a Moodle: a few workers, a queue before them, and a door that may shut.

As with nginx and PHP-FPM: a request waits until a worker is free; where too many wait it gets
a 503 at once; and where far too many come no connection is made at all. Who leaves while a
request waits does not take it along: it is done all the same.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from beekeed.errors import Code, LinkDown, OutcomeUnknown

Reply = tuple[int, dict[str, str], bytes]
"""A status, headers and a body."""

ANSWERED = "answered"
"""What became of a request that was served; the others were turned away."""

_WAY_SECONDS = 0.15  # each way
_CONNECT_SECONDS = 60.0


@dataclass(frozen=True)
class Capacity:
    """What it can do. `queue`: how many may wait; twice as many connections are made at most.

    `retry_after_seconds`: what it asks of those whom it sends away.
    """

    workers: int
    queue: int
    work_seconds: float
    retry_after_seconds: int = 60
    patience_seconds: float = 60.0


class Server:
    """The server, and a count of what it met."""

    def __init__(self, capacity: Capacity, rng: Random) -> None:
        self._capacity = capacity
        self._rng = rng
        self._free = asyncio.Semaphore(capacity.workers)
        self._working: set[asyncio.Task[Reply]] = set()
        self._here = 0
        self.is_up = True
        self.met: Counter[str] = Counter()
        self.most_at_once = 0

    def forget(self) -> None:
        """Count anew."""
        self.met.clear()
        self.most_at_once = 0

    async def request(self, work: Callable[[], Reply]) -> Reply:
        """Have something done. Raises LinkDown and OutcomeUnknown as a connection would."""
        await asyncio.sleep(_WAY_SECONDS)
        self._here += 1
        self.most_at_once = max(self.most_at_once, self._here)
        try:
            return await self._meet(work)
        finally:
            self._here -= 1

    async def _meet(self, work: Callable[[], Reply]) -> Reply:
        waiting = len(self._working) - self._capacity.workers
        if not self.is_up:
            self.met["down"] += 1
            raise LinkDown(Code.NOT_REACHED, detail="refused")
        if waiting >= 2 * self._capacity.queue:
            self.met["unconnected"] += 1
            await asyncio.sleep(_CONNECT_SECONDS)
            raise LinkDown(Code.NOT_REACHED, detail="timed out")
        if waiting >= self._capacity.queue:
            self.met["refused"] += 1
            await asyncio.sleep(_WAY_SECONDS)
            return 503, {"Retry-After": str(self._capacity.retry_after_seconds)}, b"<html>"
        return await self._answered(work)

    async def _answered(self, work: Callable[[], Reply]) -> Reply:
        working = asyncio.create_task(self._work(work))
        self._working.add(working)
        working.add_done_callback(self._working.discard)
        try:
            async with asyncio.timeout(self._capacity.patience_seconds):
                reply = await asyncio.shield(working)
        except TimeoutError as error:
            self.met["unanswered"] += 1
            raise OutcomeUnknown(Code.NO_ANSWER, detail="timed out") from error
        self.met[ANSWERED] += 1
        await asyncio.sleep(_WAY_SECONDS)
        return reply

    async def _work(self, work: Callable[[], Reply]) -> Reply:
        async with self._free:
            await asyncio.sleep(self._capacity.work_seconds * self._rng.uniform(0.5, 1.5))
            return work()
