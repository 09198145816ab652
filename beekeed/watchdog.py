"""Has systemd end a daemon that hangs, and start it again: its loop, its store, or a worker.

The rule: who is only slow is never ended. Our own database has to answer, and a worker that is at
work has to move on, each within a time that a slow card, a long answer or a busy class never
takes; while both do, the loop beats. That the loop does, a thread of its own looks at. What it
cannot have is not held against it: the class on the box comes first, and a step that takes a fifth
of a second may wait half a minute for its turn on a processor.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from beekeed.clock import Clock
from beekeed.systemd import Manager

log = logging.getLogger(__name__)

Sign = Callable[[], object]
"""Gives another value whenever a worker moved on, and None while it has nothing to do."""

STORE_SECONDS = 120.0
"""So long one answer of our own database may take."""
WORKER_SECONDS = 6 * 3600.0
"""So long a worker may do the same thing: reading a whole box that is large and busy takes long."""
LOOP_SECONDS = 5.0
"""So long the loop may not come round; waiting for a processor does not count."""
_BEAT_SECONDS = 2.0
_LOOK_SECONDS = 2.5  # each look wakes the processor, and is half of what an idle box uses
_ASK_SECONDS = 30.0  # our database is asked no more often: a box that is idle is quiet


class Pulse:
    """The beats of the loop in whose thread it is made."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._thread = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self.beat()

    def beat(self) -> None:
        """Note that the loop came round, and that all is alive."""
        self._last = self._clock.monotonic(), self._waited_seconds()

    def silent_seconds(self) -> float:
        """Give how long there was no beat, without the time that the loop had no processor."""
        at, waited = self._last
        return self._clock.monotonic() - at - (self._waited_seconds() - waited)

    def _waited_seconds(self) -> float:
        """Give how long the thread was ready to run and could not (sched-stats of the kernel)."""
        try:
            return int(self._thread.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):  # a kernel without it: then all counts
            return 0.0


@contextmanager
def guarding(pulse: Pulse, systemd: Manager, watchdog_seconds: float) -> Iterator[None]:
    """Feed systemd's watchdog from a thread while the body runs and the loop beats.

    A loop that does not is ended at once; where not even the thread has its turn for
    `watchdog_seconds`, systemd ends all.
    """
    over = threading.Event()
    thread = threading.Thread(
        target=_guard, args=(pulse, systemd, watchdog_seconds / 4, over), name="watchdog"
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _guard(pulse: Pulse, systemd: Manager, every_seconds: float, over: threading.Event) -> None:
    look_seconds = min(_LOOK_SECONDS, every_seconds)
    looks = int(every_seconds / look_seconds)
    look = 0
    while not over.wait(look_seconds):
        if pulse.silent_seconds() > LOOP_SECONDS:
            log.critical("beekeed hangs, and is started again")
            systemd.hangs()
            return
        if look % looks == 0:
            systemd.alive()
        look += 1


class Watchdog:
    """Looks after the store and the workers. `ask_store`: gets any answer of our own database.

    `workers`: each worker's name for the log, and its sign of life. `beat`: is told each time
    that all are alive.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ask_store: Callable[[], Awaitable[object]],
        workers: Mapping[str, Sign],
        beat: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._ask_store = ask_store
        self._beat = beat
        now = clock.monotonic()
        self._asking: asyncio.Future[object] | None = None
        self._asked_at = now - _ASK_SECONDS
        self._workers = workers
        self._seen: dict[str, tuple[object, float]] = dict.fromkeys(workers, (None, now))

    async def run(self) -> None:
        """Look until cancelled. Raises what the database raises."""
        try:
            while True:
                self._look()
                await self._clock.sleep(_BEAT_SECONDS)
        finally:
            if self._asking is not None:
                self._asking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._asking

    def _look(self) -> None:
        now = self._clock.monotonic()
        hangs = ["our own database"] if self._is_mute(now) else []
        hangs += [name for name in self._workers if self._is_stuck(name, now)]
        if hangs:
            log.error("%s: no sign of life", ", ".join(hangs))
        else:
            self._beat()

    def _is_mute(self, now: float) -> bool:
        """Tell whether the database owes an answer for too long; ask it from time to time."""
        if self._asking is not None and self._asking.done():
            self._asking.result()
            self._asking = None
        if self._asking is None and now - self._asked_at >= _ASK_SECONDS:
            self._asking = asyncio.ensure_future(self._ask_store())
            self._asked_at = now
        return self._asking is not None and now - self._asked_at > STORE_SECONDS

    def _is_stuck(self, name: str, now: float) -> bool:
        """Tell whether a worker has been at one and the same thing for too long."""
        sign = self._workers[name]()
        seen, since = self._seen[name]
        if sign is None or sign != seen:
            self._seen[name] = sign, now
            return False
        return now - since > WORKER_SECONDS
