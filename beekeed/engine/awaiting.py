"""Waiting for a link, as long as an hour of the grid is open that found none."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any

from beekeed.engine.schedule import Due
from beekeed.ports.link import Arrival


class Waiting:
    """Waits beside everything else, from one look at the schedule to the next."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._for: frozenset[Due] = frozenset()
        self._task: asyncio.Task[bool] | None = None

    @property
    def arrived(self) -> bool:
        """Whether what was waited for may be there."""
        task = self._task
        is_over = task is not None and task.done() and task.exception() is None
        return task is not None and is_over and task.result()

    def wait_for(self, due: Sequence[Due], now: datetime) -> None:
        """Wait for a link for some slots, or go on waiting; for none: no longer.

        A site that was silent is tried from time to time. Raises LinkDown where no byte may
        be spent on that.
        """
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            task.result()
        if self._for != frozenset(due) or self._task is None:
            self.end()
        if due and self._task is None:
            seconds = max((each.slot.until - now).total_seconds() for each in due)
            tried = any(each.tries for each in due)
            wait = self._arrival.site if tried else self._arrival.link
            self._for = frozenset(due)
            self._task = asyncio.create_task(wait(seconds))

    async def or_first(self, *others: Coroutine[Any, Any, object]) -> None:
        """Wait for a link where one is waited for, or for the first of others."""
        tasks = [asyncio.ensure_future(each) for each in others]
        waits = {*tasks, self._task} if self._task is not None else {*tasks}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.wait(tasks)

    def end(self) -> None:
        """Wait no longer."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._for = None, frozenset()
