"""Asking a run to stop: at once where nothing is at stake, else after the request in flight."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


class Stopped(Exception):
    """The run was asked to stop and nothing is in flight. Never leaves the engine."""


class Stop:
    """Whether one run was asked to stop."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Ask it to stop."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether it was asked."""
        return self._asked.is_set()

    def check(self) -> None:
        """Raise Stopped where a stop was asked: between two things."""
        if self.asked:
            raise Stopped

    async def unless_asked(self, reading: Awaitable[Result]) -> Result:
        """Wait for something that only reads, and give it up as soon as a stop is asked."""
        task = asyncio.ensure_future(reading)
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Stopped
            return task.result()
        finally:
            task.cancel()
            asked.cancel()
            await asyncio.wait({task, asked})
