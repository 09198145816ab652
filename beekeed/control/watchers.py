"""Who watches a run, and the newest view for all of them.

Nothing is kept for anybody: whoever is slow gets the newest view when there is room for it.
The view is looked at a few times a second while somebody watches, and never else.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from beekeed.clock import Clock
from beekeed.errors import BeekeedError, Code

PACE_SECONDS = 0.25
"""So long there is at least between two views that somebody gets."""
MOST = 100
"""Who may watch at a time: more than control.sock has use for, and all that page.sock lets in."""


@dataclass(frozen=True, slots=True)
class Told:
    """One view as it is sent. `id`: another where anything in it is."""

    id: str
    data: bytes


class Watchers:
    """The watchers of one daemon, at all its sockets.

    `heartbeat_seconds`: a sign of life after so long without news. `patience_seconds`: so long
    a client may read nothing while there is something for it; it may come again.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        most: int = MOST,
        heartbeat_seconds: float = 10,
        patience_seconds: float = 30,
    ) -> None:
        self._clock = clock
        self._most = most
        self.heartbeat_seconds = heartbeat_seconds
        self.patience_seconds = patience_seconds
        self.count = 0
        """How many watch."""
        self._life = secrets.token_hex(4)  # what an earlier start told is not what this one does
        self._number = 0
        self._told: Told | None = None
        self._looked_at = (-1, 0.0)
        self._woken = asyncio.Event()
        self.turn = 0
        """How often somebody said that there may be something new."""
        self.closed = False

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Watch while the body runs. Raises BeekeedError where too many do."""
        if self.count >= self._most:
            raise BeekeedError(Code.TOO_MANY_WATCHERS, count=self._most)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1

    def look(self, view: Callable[[], msgspec.Struct]) -> Told:
        """Give the newest view; one that was looked at just now will do for all."""
        turn, at = self._looked_at
        now = self._clock.monotonic()
        if self._told is None or turn != self.turn or now >= at + PACE_SECONDS:
            self._looked_at = self.turn, now
            data = msgspec.json.encode(view())
            if self._told is None or data != self._told.data:
                self._number += 1
                self._told = Told(f"{self._life}-{self._number}", data)
        return self._told

    async def until_woken(self, turn: int, seconds: float) -> None:
        """Wait until there may be something newer than in a turn, or so many seconds."""
        if self.turn == turn:
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                return

    def wake(self) -> None:
        """Say that there may be something new."""
        self.turn += 1
        self._woken.set()
        self._woken = asyncio.Event()

    def close(self) -> None:
        """Have all watchers go: beekeed ends."""
        self.closed = True
        self.wake()
