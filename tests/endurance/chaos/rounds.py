"""One round, beat by beat, as its seed has it."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

from tests.endurance.chaos import audit
from tests.endurance.chaos import faults as known
from tests.endurance.chaos.books import Books
from tests.endurance.chaos.buttons import Buttons
from tests.endurance.chaos.ending import Ending
from tests.endurance.chaos.faults import FAULTS, Fault
from tests.endurance.chaos.hold import Hold
from tests.endurance.chaos.learners import Learners
from tests.endurance.chaos.place import Place, place
from tests.endurance.chaos.tally import Tally
from tests.endurance.chaos.teachers import Teachers

_AMPLE_BYTES = 600_000
_SHORT_BYTES = (40_000, 100_000)
"""Less than the first sync takes."""
_TIGHT_BYTES = (80_000, 250_000)
_MOMENT_SECONDS = 3.0
_MORE_WORK = 6
_TOPPED_UP = 0.8
_LASTS_SECONDS = 2.5
_PATIENCE_SECONDS = 8.0
"""After so long somebody stops a sync."""
_STOPPED_SECONDS = 60.0


class Round:
    """One world, and everybody in it."""

    def __init__(self, world: Place, chance: random.Random) -> None:
        self._place = world
        self._chance = chance
        short, tight = chance.randrange(*_SHORT_BYTES), chance.randrange(*_TIGHT_BYTES)
        limit_bytes = chance.choice((short, short, tight, _AMPLE_BYTES))
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
        if self._place.is_at_limit() and self._chance.random() < _TOPPED_UP:
            self._buttons.top_up(self._chance.randrange(30_000, 80_000))
        if name == "power cut":
            self._place.restart(recorded=True)
        self._teachers.sometimes_put_right()
        self._learners.work(self._chance.randrange(5, 15))
        fault = FAULTS[name](self._place, self._chance)
        self._place.tally.asked[name] += 1
        if fault.comes_first:
            fault.strike()
            self._buttons.sync()
        else:
            self._strike_in_time(fault)
        self._meanwhile(fault.least_seconds)
        fault.end()
        self._settle()
        self._place.tally.struck[name] += fault.has_struck()

    def _night(self) -> None:
        if self._chance.random() < 0.4:
            self._place.clock.sleep_until_morning(self._chance.randrange(1, 4))
            self._books.turn_page()

    def _strike_in_time(self, fault: Fault) -> None:
        """Strike when a sync has come to the fault's moment; at its first request, where the
        sync never comes there; and just so, where nothing is asked at all.
        """
        for hold in (fault.moment(), Hold()):
            self._place.front.hold = hold
            self._buttons.sync_all()
            self._wait_for(hold)
            if hold.caught.is_set():
                break
            self._learners.work(_MORE_WORK)
        fault.strike()
        hold.release()
        self._place.front.hold = None

    def _wait_for(self, hold: Hold) -> None:
        """Wait until it keeps something back. Not longer than the sync goes on."""
        deadline = time.monotonic() + _MOMENT_SECONDS
        while self._place.is_running() and time.monotonic() < deadline:
            if hold.caught.wait(0.02):
                return

    def _meanwhile(self, least_seconds: float) -> None:
        """Have people go on for as long as the fault lasts."""
        until = time.monotonic() + self._chance.uniform(least_seconds, _LASTS_SECONDS)
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
        self._place.note_left_open()

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
    return known.draw(random.Random(f"{seed} faults"), beats)
