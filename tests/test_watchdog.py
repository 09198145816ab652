"""Whether the daemon is alive: its store, its workers, and its loop."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from beekeed.clock import SystemClock
from beekeed.errors import Code, StoreBroken
from beekeed.systemd import Manager
from beekeed.watchdog import (
    LOOP_SECONDS,
    STORE_SECONDS,
    WORKER_SECONDS,
    Pulse,
    Watchdog,
    guarding,
)
from tests.clock import FakeClock


class Daemon:
    """A store and a worker as a test wishes them, on a clock of ours."""

    def __init__(self, sign: Callable[[float], object], answers_in: float = 0) -> None:
        self.clock = FakeClock()
        self.beats = [self.clock.monotonic()]
        self._answers_in = answers_in
        self._watchdog = Watchdog(
            clock=self.clock,
            ask_store=self._ask,
            workers={"a worker": lambda: sign(self.clock.monotonic())},
            beat=lambda: self.beats.append(self.clock.monotonic()),
        )

    async def _ask(self) -> None:
        until = self.clock.monotonic() + self._answers_in
        while self.clock.monotonic() < until:
            await asyncio.sleep(0)

    async def longest_silence(self, seconds: float) -> float:
        """Let so many seconds go by; gives the longest time without a beat."""
        until = self.clock.monotonic() + seconds
        task = asyncio.create_task(self._watchdog.run())
        while self.clock.monotonic() < until and not task.done():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        ends = [*self.beats[1:], self.clock.monotonic()]
        return max(end - begin for begin, end in zip(self.beats, ends, strict=True))


LONG = 7 * 3600


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(lambda now: now, id="moves on"),
        pytest.param(lambda now: now // (WORKER_SECONDS - 60), id="moves on just in time"),
        pytest.param(lambda _: None, id="rests"),
    ],
)
async def test_while_all_is_alive_it_beats(sign: Callable[[float], object]) -> None:
    """Every few seconds, whatever a worker does, as long as it does something, or has to."""
    assert await Daemon(sign).longest_silence(LONG) < LOOP_SECONDS


async def test_a_worker_that_is_stuck_ends_it() -> None:
    """After hours at one and the same thing, and not before."""
    silence = await Daemon(lambda _: 1).longest_silence(LONG)
    assert LONG - silence == pytest.approx(WORKER_SECONDS, abs=10)


@pytest.mark.parametrize(
    ("answers_in", "lives"), [(STORE_SECONDS - 10, True), (STORE_SECONDS + 30, False)]
)
async def test_a_store_may_be_slow_but_must_answer(answers_in: float, lives: bool) -> None:
    """A card that is worn may take its time."""
    daemon = Daemon(lambda now: now, answers_in)
    assert (await daemon.longest_silence(600) < LOOP_SECONDS) == lives


async def test_a_store_that_breaks_is_told_as_it_is() -> None:
    """The daemon ends with it, and does not wait for the watchdog."""

    async def ask() -> None:
        raise StoreBroken(Code.STORE_BROKEN, detail="it is gone")

    watchdog = Watchdog(clock=FakeClock(), ask_store=ask, workers={}, beat=lambda: None)
    with pytest.raises(StoreBroken):
        await watchdog.run()


def test_the_time_without_a_processor_does_not_count() -> None:
    """While others have it, silence does not grow; while it only waits, it does."""
    processor = min(os.sched_getaffinity(0))
    lived: list[tuple[float, float, float]] = []

    def work() -> None:
        os.sched_setaffinity(threading.get_native_id(), {processor})
        pulse = Pulse(clock=SystemClock())
        began, used = time.monotonic(), time.thread_time()
        while time.monotonic() < began + 1.5:
            pass
        lived.append((pulse.silent_seconds(), time.monotonic() - began, time.thread_time() - used))

    busy = f"import os; os.sched_setaffinity(0, {[processor]})\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(3)]
    try:
        time.sleep(0.5)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        for each in others:
            each.kill()
            each.wait()
    ((silent, passed, used),) = lived
    assert used < passed / 2  # else there was no need for the others
    assert silent == pytest.approx(used, abs=0.2)
    pulse = Pulse(clock=SystemClock())
    time.sleep(0.3)
    assert pulse.silent_seconds() == pytest.approx(0.3, abs=0.1)


def test_a_loop_that_beats_is_fed_and_one_that_does_not_is_ended() -> None:
    """At once: nobody waits for the rest of WatchdogSec=."""
    clock, told, heard = FakeClock(), list[str](), threading.Event()

    def tell(message: str) -> None:
        told.append(message)
        heard.set()

    pulse = Pulse(clock=clock)
    with guarding(pulse, Manager(tell=tell, watchdog_seconds=4), 4):
        assert heard.wait(10)
        assert set(told) == {"WATCHDOG=1"}
        clock.time += timedelta(seconds=LOOP_SECONDS - 1)
        pulse.beat()
        clock.time += timedelta(seconds=LOOP_SECONDS - 1)
        heard.clear()
        assert heard.wait(10)
        assert set(told) == {"WATCHDOG=1"}
        clock.time += timedelta(seconds=2)
        ended = time.monotonic() + 10
        while "WATCHDOG=trigger" not in told:
            assert time.monotonic() < ended
            time.sleep(0.05)
