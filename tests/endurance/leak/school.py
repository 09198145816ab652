"""A small school around a real daemon, in which a grade changes before each sync."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from beekeed.client import Client, Refused
from beekeed.sandbox.service import add_service
from tests.endurance.leak.held import Held, held_by
from tests.engine.school import MADE, MATHS, TOKEN, Side
from tests.system.world import World

_LEARNER, _QUIZ = "amina", "Test"
_UNDER_WAY = ("running", "stopping")
_STEPS = 7919  # a prime, so that no grade comes again soon
_GRADES = 8000
_LOOK_SECONDS = 20
_LOOKS = 3
_MOMENT_SECONDS = 0.1
_ADDRESSES = 300  # more than aiohttp and yarl remember


class BusySchool:
    """A daemon, and the changes that it is to bring."""

    def __init__(self, world: World, plant: str) -> None:
        self._world = world
        self._file = world.folder / "held.json"
        box, online = Side(world.box, (MATHS,), spare_ids=20), Side(world.online, (MATHS,))
        for side in (box, online):
            side.learner(_LEARNER, "Amina", "Diallo", "MATHS")
        box.grade(_LEARNER, _QUIZ, 1.0)
        self._box, self._online = box, online
        world.token.write_text(TOKEN)
        add_service(online.db, token=TOKEN, now=MADE)
        world.start_online()
        under = (sys.executable, "-m", "tests.endurance.leak.seen", str(self._file), plant)
        self.daemon = world.start_daemon(under=under)
        self._client = Client(str(world.socket))
        self.syncs = 0

    def close(self) -> None:
        """Let go of both databases."""
        self._box.close()
        self._online.close()

    def sync(self) -> dict[str, Any]:
        """Change a grade on the box, and have it brought; gives the run."""
        self.syncs += 1
        self._change(1 + self.syncs * _STEPS % _GRADES / 1000)
        event_id = self._client.post("sync")["event_id"]
        while (run := self._client.get("runs", event_id, wait=30))["status"] in _UNDER_WAY:
            pass
        assert run["status"] == "completed", run
        assert [each["count"] for each in run["actions"] if each["verdict"] == "done"] == [1], run
        return run

    def _change(self, points: float) -> None:
        self._box.sql(
            "UPDATE mdl_grade_grades SET rawgrade = ?, finalgrade = ?, timemodified = ?"
            " WHERE itemid IN (SELECT id FROM mdl_grade_items WHERE itemtype = 'mod')",
            points, points, int(time.time()),
        )  # fmt: skip
        self.points = points

    def arrived(self) -> bool:
        """Tell whether the latest grade is online."""
        return self._online.grades(_LEARNER, _QUIZ) == [(0, self.points)]

    def warm_up(self, syncs: int) -> None:
        """Have the daemon fill what it keeps on purpose, like the last addresses it was asked."""
        for _ in range(syncs):
            self.sync()
        for number in range(_ADDRESSES):
            with suppress(Refused):
                self._client.get("runs", f"0000-{number}")

    def held(self) -> Held:
        """Look into the daemon when it is at rest: what ends just then has a moment to."""
        looks = []
        for _ in range(_LOOKS):
            looks.append(self._look())
            time.sleep(_MOMENT_SECONDS)
        return min(looks, key=lambda held: len(held.files) + len(held.tasks))

    def _look(self) -> Held:
        self._file.unlink(missing_ok=True)
        self.daemon.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + _LOOK_SECONDS
        while not self._file.exists():
            assert time.monotonic() < deadline, self._world.log()
            time.sleep(0.01)
        return held_by(self.daemon.pid, self._file, self._world.state, self.syncs)


@contextmanager
def busy_school(folder: Path, plant: str = "none") -> Iterator[BusySchool]:
    """Make one, and end it."""
    world = World(folder, learners=1)
    for file in (world.box, world.online):
        file.unlink()
    try:
        made = BusySchool(world, plant)
        try:
            yield made
        finally:
            made.close()
    finally:
        world.end()
