"""What all see alike who are not signed in is made once for those who ask at about the same time.

A class of phones that look at a sync asks for the same page whenever something happens: without
this, most of what a small box can do would go into answering them, and the sync would wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

_SECONDS = 1.0  # how old an answer may be
_MOST = 64  # answers: beyond that everybody gets one of his own

T = TypeVar("T")


class Shared(Generic[T]):
    """The answers of the last second by what they are answers to."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[float, asyncio.Future[T]]] = {}

    def forget(self) -> None:
        """Make everything again from now on: something has changed."""
        self._made = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Give the answer to `key`; `make` makes it where there is none yet, or fails for all.

        Whoever asks while it is being made gets the same.
        """
        now = asyncio.get_running_loop().time()
        self._made = {each: kept for each, kept in self._made.items() if now < kept[0]}
        if key not in self._made:
            making = asyncio.ensure_future(make())
            if len(self._made) >= _MOST:
                return await making
            self._made[key] = (now + _SECONDS, making)
        return await asyncio.shield(self._made[key][1])
