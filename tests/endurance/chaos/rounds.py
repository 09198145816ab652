"""One round, beat by beat, as its seed has it."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

from tests.endurance.chaos import audit
from tests.endurance.chaos.books import Books
from tests.endurance.chaos.buttons import Buttons
from tests.endurance.chaos.ending import Ending
from tests.endurance.chaos.faults import FAULTS, Fault
from tests.endurance.chaos.learners import Learners
from tests.endurance.chaos.place import Place, place
from tests.endurance.chaos.tally import Tally
from tests.endurance.chaos.teachers import Teachers

_REQUESTS_BEFORE = (0, 0, 1, 2, 3, 4, 6, 9, 13)
"""A fault comes after so many requests of a sync, one of them."""
_AMPLE_BYTES = 600_000
_MOMENT_SECONDS = 3.0
_LASTS_SECONDS = 2.5
_PATIENCE_SECONDS = 8.0
"""After so long somebody stops a sync."""
_STOPPED_SECONDS = 60.0


class Round:
    """One world, and everybody in it."""

    def __init__(self, world: Place, chance: random.Random) -> None:
        self._place = world
        self._chance = chance
        limit_bytes = chance.choice((chance.randrange(80_000, 250_000), _AMPLE_BYTES))
        self._buttons = Buttons(world, chance, limit_bytes)
        self._limit_bytes = limit_bytes
        self._learners = Learners(world, chance)
        self._teachers = Teachers(world, chance)
        self._books = Books(world, self._buttons)

    def play(self, faults: Sequence[str]) -> None:
        """Have a beat for each fault, and come to the end."""
        audit.begin(self._place.here.online)
        self._place.start()
        self._buttons.set_limit(self._limit_bytes)
        for each in faults:
            self._beat(each)
        ending = Ending(self._place, self._buttons, self._books, self._teachers)
        ending.come_to_rest()
        ending.check()
        self._count_runs()

    def _beat(self, name: str) -> None:
        self._night()
        if name == "power cut":
            self._place.restart(recorded=True)
        self._teachers.sometimes_put_right()
        self._learners.work(self._chance.randrange(5, 15))
        fault = FAULTS[name](self._place, self._chance)
        self._place.tally.asked[name] += 1
        if fault.comes_first:
            fault.strike()
        fault.prepare()
        self._buttons.sync()
        if not fault.comes_first:
            self._wait_for_moment(fault)
            fault.strike()
        self._meanwhile()
        fault.end()
        self._settle()
        self._place.tally.struck[name] += fault.has_struck()

    def _night(self) -> None:
        if self._chance.random() < 0.4:
            self._place.clock.sleep_until_morning(self._chance.randrange(1, 4))
            self._books.turn_page()

    def _wait_for_moment(self, fault: Fault) -> None:
        """Wait until the fault's own moment; or until the sync has asked so much, or is about to
        write. Not longer than the sync goes on.
        """
        until = self._place.requests() + self._chance.choice(_REQUESTS_BEFORE)
        is_for_writing = self._chance.random() < 0.6
        deadline = time.monotonic() + _MOMENT_SECONDS
        while self._place.is_running() and time.monotonic() < deadline:
            is_time = fault.is_moment()
            if is_time is None:
                writes = is_for_writing and self._place.is_writing()
                is_time = writes or (not is_for_writing and self._place.requests() >= until)
            if is_time:
                return
            time.sleep(0.005)

    def _meanwhile(self) -> None:
        """Have people go on for as long as the fault lasts."""
        until = time.monotonic() + self._chance.uniform(0, _LASTS_SECONDS)
        for do, likely in (
            (self._buttons.press_any, 0.5),
            (lambda: self._learners.work(2), 0.5),
            (self._teachers.act, 0.5),
            (self._buttons.press_any, 0.2),
        ):
            time.sleep(max(0.0, self._chance.random() * (until - time.monotonic()) / 2))
            if self._chance.random() < likely:
                do()
        time.sleep(max(0.0, until - time.monotonic()))

    def _settle(self) -> None:
        """Wait until no sync is under way, stopping one that takes long."""
        began = time.monotonic()
        while not self._place.keep_alive() and self._place.is_running():
            waited = time.monotonic() - began
            assert waited < _STOPPED_SECONDS, f"it cannot be stopped\n{self._place.here.log()}"
            if waited > _PATIENCE_SECONDS:
                self._buttons.stop()
                time.sleep(0.5)
            time.sleep(0.05)
        self._books.check()

    def _count_runs(self) -> None:
        sql = "SELECT status, coalesce(code, ''), count(*) FROM run GROUP BY 1, 2"
        for status, code, count in self._place.here.in_state(sql):
            self._place.tally.runs[f"{status} {code}".strip()] += count


def play(seed: int, faults: Sequence[str], folder: Path, name: str) -> Tally:
    """Play a round in a folder; `name`: of its namespaces, which nobody else has."""
    with place(folder, seed, name) as world:
        Round(world, random.Random(seed)).play(faults)
        return world.tally


def draw(seed: int, beats: int) -> list[str]:
    """Draw the faults of a round."""
    return random.Random(f"{seed} faults").choices(list(FAULTS), k=beats)
