"""Fifty phones that look at the page while a sync runs, against the sync alone.

The sync goes over an emulated line of 256 kbit/s and 100 ms; the phones are on the box's own
Wi-Fi, here loopback. Each does as a browser does: it is told of the sync live, asks for the
overview again whenever that tells something new, and is besides pulled down by its owner each
five seconds. Every sync has the same to send: the town of each learner has changed.

    python -m tests.benchmarks.phones HOST:PORT

are the phones, until standard input ends; it prints what they saw as JSON. As root.
"""

import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp

from tests.link.emulator import NET, Emulator, Weather
from tests.page.site import Site
from tests.system.world import ROOT, World

PHONES, EACH_SECONDS, LEARNERS = 50, 5, 100
LINE = Weather(delay_seconds=0.05, bits_per_second=256_000)
AIM = 1.05


class Phone:
    """One of them; it keeps what it saw in `seen`: answers by their status, and live events."""

    def __init__(self, host: str, seen: "Counter[str]") -> None:
        self._host = host
        self._seen = seen
        self._state = ""

    async def look(self) -> None:
        """Look at the overview until it is told to stop."""
        connector = aiohttp.TCPConnector(limit_per_host=6)  # as browsers have it
        async with aiohttp.ClientSession(f"http://{self._host}", connector=connector) as session:
            await asyncio.gather(self._pull_down(session), self._listen(session))

    async def _pull_down(self, session: aiohttp.ClientSession) -> None:
        await asyncio.sleep(random.random() * EACH_SECONDS)
        while True:
            await self._show(session)
            await asyncio.sleep(EACH_SECONDS)

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        while True:
            async with session.get("/live", timeout=aiohttp.ClientTimeout(total=None)) as answer:
                self._seen[f"live {answer.status}"] += 1
                async for line in answer.content:
                    if line.startswith(b"data: "):
                        await self._hear(session, json.loads(line.removeprefix(b"data: ")))
            await asyncio.sleep(EACH_SECONDS)

    async def _hear(self, session: aiohttp.ClientSession, told: dict[str, object]) -> None:
        self._seen["events"] += 1
        state = f"{told['phase']} {told['event_id']} {told['status']}"
        if state != self._state:
            self._state = state
            await self._show(session)

    async def _show(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/") as answer:
            text = await answer.text()
            self._seen[f"overview {answer.status}"] += 1
            if answer.status != 200:
                self._seen[text] += 1


async def look(host: str) -> "Counter[str]":
    """Let all phones look until standard input ends; gives what they saw."""
    seen: Counter[str] = Counter()
    phones = [asyncio.create_task(Phone(host, seen).look()) for _ in range(PHONES)]
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    done, _ = await asyncio.wait([over, *phones], return_when=asyncio.FIRST_COMPLETED)
    for each in phones:
        each.cancel()
    await asyncio.gather(*phones, return_exceptions=True)
    for each in done - {over}:
        each.result()  # a phone that failed fails the benchmark
    return seen


@contextlib.contextmanager
def looking(host: str, seen: "Counter[str]") -> Iterator[None]:
    """Have all phones look while the body runs, from a process of their own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.phones", host],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    time.sleep(EACH_SECONDS)  # until all are there
    yield
    told, _ = process.communicate("")
    assert process.returncode == 0
    seen.update(json.loads(told))


@contextlib.contextmanager
def slow_site(folder: Path) -> Iterator[Site]:
    """A box whose way to the online Moodle is the emulated line, and its page."""
    with closing(Emulator(f"bk{os.getpid()}", seed=1)) as emulator:
        world = World(folder, learners=LEARNERS)
        try:
            world.start_online(host=NET[0], inside=emulator.net)
            here = Site(world, inside=emulator.box)
            here.start_page()
            here.sync()  # at once: the line is slow from now on
            emulator.weather = LINE
            yield here
            here.end_page()
        finally:
            world.end()


def seconds_of_a_sync(here: Site, number: int) -> float:
    """Let every learner have moved, and synchronize."""
    here.world.on_box("UPDATE mdl_user SET city = ? WHERE id > 3", f"Town {number}")
    began = time.monotonic()
    run = here.sync(force=True)  # their days are closed
    assert sum(each["count"] for each in run["actions"]) >= LEARNERS // 2, run
    return time.monotonic() - began


def compare(folder: Path, pairs: int) -> bool:
    """Print each pair and the median of their ratios; tells whether it is what is aimed at."""
    with slow_site(folder) as here:
        seen: Counter[str] = Counter()
        ratios = []
        print(f"{'alone':>8}{'phones':>8}{'ratio':>7}")
        for number in range(pairs):
            alone = seconds_of_a_sync(here, 2 * number)
            with looking(here.host, seen):
                beside = seconds_of_a_sync(here, 2 * number + 1)
            ratios.append(beside / alone)
            print(f"{alone:8.2f}{beside:8.2f}{ratios[-1]:7.3f}", flush=True)
    median = statistics.median(ratios)
    print(f"median of {pairs} ratios: {median:.3f}, aimed at {AIM}")
    print(f"what {PHONES} phones saw: {dict(sorted(seen.items()))}")
    return median <= AIM


if __name__ == "__main__":
    print(json.dumps(asyncio.run(look(sys.argv[1]))))
