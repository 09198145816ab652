"""Tells systemd how the daemon is (sd_notify(3)). Does nothing where systemd did not start it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from beekeed.clock import Clock

_EXTEND_EVERY_SECONDS = 10
_EXTEND_SECONDS = 60
_LONGEST_SECONDS = 3600  # what takes longer than this hangs


class Manager:
    """systemd, as the service that it started sees it. `tell`: sends one message to it."""

    def __init__(self, *, tell: Callable[[str], None], watchdog_seconds: float | None) -> None:
        self._tell = tell
        self.watchdog_seconds = watchdog_seconds
        """It kills us after so long without `alive` (WatchdogSec=); None: never."""

    def ready(self, status: str) -> None:
        """Tell that the start, or reading the settings again, is over."""
        self._tell(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """Tell what `systemctl status` shows: one line, no learner's name in it."""
        self._tell(f"STATUS={status}")

    def reloading(self, clock: Clock) -> None:
        """Tell that the settings are read again; `ready` ends that."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={int(clock.monotonic() * 1_000_000)}")

    def stopping(self) -> None:
        """Tell that the daemon comes to its end."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Tell that all is alive, so that the watchdog waits anew."""
        self._tell("WATCHDOG=1")

    def hangs(self) -> None:
        """Have the watchdog end us now: by SIGABRT, and the log tells where each thread is."""
        self._tell("WATCHDOG=trigger")

    @asynccontextmanager
    async def extending(self, clock: Clock) -> AsyncIterator[None]:
        """Have systemd be patient with a start for as long as the body takes: an hour at most."""
        task = asyncio.create_task(self._extend(clock))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _extend(self, clock: Clock) -> None:
        for _ in range(_LONGEST_SECONDS // _EXTEND_EVERY_SECONDS):
            self._tell(f"EXTEND_TIMEOUT_USEC={_EXTEND_SECONDS * 1_000_000}")
            await clock.sleep(_EXTEND_EVERY_SECONDS)


def manager(environment: Mapping[str, str] = os.environ) -> Manager:
    """Give systemd as the environment that it gave us describes it."""
    if "NOTIFY_SOCKET" not in environment:
        return Manager(tell=lambda _: None, watchdog_seconds=None)
    import sdnotify

    tell = sdnotify.SystemdNotifier().notify
    return Manager(tell=tell, watchdog_seconds=watchdog_seconds(environment))


def watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """Give how long the watchdog waits, where it is there for this process."""
    # sd_watchdog_enabled(3)
    meant_for = environment.get("WATCHDOG_PID", str(os.getpid()))
    given = environment.get("WATCHDOG_USEC", "")
    if meant_for != str(os.getpid()) or not given.isdecimal():
        return None
    return int(given) / 1_000_000 or None
