"""Time that leaps to whatever comes next as soon as nothing is left to do now.

All that waits, waits by asyncio: so an event loop with a time of its own is enough. What
would go to a thread is done at once: then nothing depends on how fast this machine is.
"""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any


class _Leaping(selectors.DefaultSelector):
    """Waits for nobody: what it was to wait has passed."""

    passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See selectors.BaseSelector."""
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen"
            self.passed_seconds += max(0.0, timeout)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time leaps."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Give the seconds that have passed."""
        return self._leaping.passed_seconds

    def run_in_executor(  # type: ignore[override]
        self, _: Executor | None, work: Callable[..., Any], *values: Any
    ) -> "asyncio.Future[Any]":
        """Do it at once."""
        done = self.create_future()
        try:
            done.set_result(work(*values))
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told
            done.set_exception(error)
        return done


class LeapingClock:
    """See Clock: that time, from a moment on."""

    def __init__(self, began: datetime) -> None:
        self._began = began

    def now(self) -> datetime:
        """See Clock."""
        return self._began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """See Clock."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """See Clock."""
        await asyncio.sleep(seconds)
