"""A card that ignores flushes: after a power cut anything of what was ever written may be missing.

The real daemon synchronizes twice while its writes are recorded: to its database, the copies of
that and the file beside it. Then states are rebuilt in which any sectors of any of these are
missing. BEEKEED_SEED has the same states again.
"""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beekeed.core.model import Reason
from beekeed.ctl.exits import Exit
from beekeed.errors import Code
from beekeed.sqlite import floor
from beekeed.sqlite.days import number
from beekeed.sqlite.opening import floor_of, open_store
from beekeed.sqlite.recovery import SqliteRecoveries
from tests.adapters.powercut import Disk, Event, events_of, tracing
from tests.conftest import TOLD
from tests.system.test_kill import work_online
from tests.system.world import World, world

SEED = int(os.environ.get("BEEKEED_SEED", "0")) or random.randrange(1, 10**6)
_STATES, _STATES_LONG = 40, 1200
_STARTS, _STARTS_LONG = 2, 24
_KEPT = (0.0, 0.5, 0.9, 0.99, 0.999, 1.0)
GRADES = "SELECT * FROM mdl_grade_grades ORDER BY id"


@dataclass
class LyingDisk(Disk):
    """Has names in order, as a journal keeps them, and all that was written on its way."""

    pending: list[Event] = field(default_factory=list)

    def do(self, event: Event) -> None:
        """Take in what a program did."""
        match event.what:
            case "made":
                self.files.setdefault(event.file, bytearray())
            case "gone":
                self.files.pop(event.file, None)
                self.pending = [each for each in self.pending if each.file != event.file]
            case "renamed" | "linked":
                self._name(event.file, event.content.decode(), event.what)
            case "written" | "cut":
                self.pending.append(event)

    def arrived(self, count: int) -> "LyingDisk":
        """Give the disk of when so many of its writes have arrived after all."""
        honest = Disk(files={name: bytearray(each) for name, each in self.files.items()})
        for event in self.pending[:count]:
            honest.do(event)
        for name in list(honest.files):
            honest.do(Event("flushed", name))
        return LyingDisk(files=honest.files, pending=self.pending[count:])


@dataclass(frozen=True)
class Card:
    """What was done to the state folder, and what both sides were like at the end."""

    here: World
    events: list[Event]

    def states(self, chance: random.Random) -> Iterator[dict[str, bytearray]]:
        """Give what a cut may leave, of any moment."""
        while True:
            disk = LyingDisk()
            for event in self.events[: chance.randrange(1, len(self.events) + 1)]:
                disk.do(event)
            late = chance.choice((len(disk.pending), 300, 100, 30))
            disk = disk.arrived(max(0, len(disk.pending) - late))
            yield dict(disk.after_a_cut(chance, chance.choice(_KEPT)))

    def lay_out(self, state: dict[str, bytearray], folder: Path) -> Path:
        """Write the files of a state; gives the database."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in state.items():
            (folder / Path(name).name).write_bytes(content)
        return folder / "beekeed.sqlite"


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Card]:
    """A daemon that synchronized twice, took a copy after each, and is gone."""
    folder = tmp_path_factory.mktemp("card")
    with world(folder, learners=6) as here:
        trace = folder / "trace"
        daemon = here.start_daemon(under=tracing(trace))
        assert here.sync()["status"] == "completed"
        until(lambda: here.state.with_name("beekeed.sqlite.backup-1").exists())
        here.on_box("UPDATE mdl_user SET city = 'Kayes' WHERE id > 3")
        here.on_box("UPDATE mdl_course_modules_completion SET timemodified = timemodified + 60")
        assert here.sync()["status"] == "completed"
        assert here.ctl("limit", "set", "500MB").code == Exit.OK  # a copy is taken at once
        until(lambda: here.state.with_name("beekeed.sqlite.backup-2").exists())
        (traced,) = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
        os.kill(int(traced), signal.SIGTERM)
        daemon.wait(20)
        yield Card(here, events_of(trace, str(here.state.with_suffix(""))))


def until(done: object) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 20
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def used(database: Path, first: int) -> int:
    """What a database says was used since a day."""
    with closing(sqlite3.connect(database)) as db:
        text = "SELECT coalesce(sum(sent + received + held), 0) FROM charge WHERE day >= ?"
        return int(db.execute(text, (first,)).fetchone()[0])


def name_of(reason: Reason | None) -> str:
    """Tell in a word what became of a database."""
    if reason is None:
        return "whole"
    return {Code.STORE_RESTORED: "restored", Code.STORE_BEGUN_ANEW: "begun anew"}[reason.code]


async def test_each_state_is_whole_restored_or_begun_anew(
    card: Card, tmp_path: Path, request: pytest.FixtureRequest, *, is_long: bool
) -> None:
    """Nothing else; twice, as what was put right must stay so; and where it was put right, the
    month has used what the file beside it says."""
    chance, found = random.Random(SEED), Counter[str]()
    for place, state in enumerate(card.states(chance), 1):
        database = card.lay_out(state, tmp_path / "state")
        noted = floor.read(floor_of(database))
        outcomes = []
        for _ in range(2):
            store = await open_store(database)
            latest = await SqliteRecoveries(store=store).latest()
            checked = await store.rows("PRAGMA integrity_check")
            await store.close()
            assert [tuple(each) for each in checked] == [("ok",)], (SEED, place)
            outcomes.append(name_of(latest.reason if latest else None))
        assert outcomes[0] == outcomes[1], (SEED, place)
        found[outcomes[0]] += 1
        if noted is not None and outcomes[0] != "whole":
            assert used(database, number(noted.first)) >= noted.used_bytes, (SEED, place)
        if place == (_STATES_LONG if is_long else _STATES):
            break
    request.config.stash[TOLD].append(f"lying card, the database: {said(found)} (seed {SEED})")
    if is_long:  # of a few states there may be none of a kind
        assert found.keys() == {"whole", "restored", "begun anew"}


def test_the_daemon_comes_up_and_the_next_sync_doubles_and_loses_nothing(
    card: Card, request: pytest.FixtureRequest, *, is_long: bool
) -> None:
    """On whatever the card left it: with a sentence where something was lost, and where it began
    anew it sends nothing before somebody looked."""
    here, chance, found = card.here, random.Random(SEED), Counter[str]()
    before, grades = work_online(here), here.on_online(GRADES)
    states = [state for state, _ in zip(card.states(chance), range(_STARTS_LONG), strict=False)]
    for place, state in enumerate(states if is_long else states[:_STARTS], 1):
        card.lay_out(state, here.state.parent)
        noted = floor.read(floor_of(here.state))
        daemon = here.start_daemon()
        recovery = here.ctl("status", "--json").json["recovery"]
        code = recovery["reason"]["code"] if recovery else None
        outcome = name_of(Reason(Code(code), {}) if code else None)
        found[outcome] += 1
        if outcome != "whole":
            assert "memory card" in " ".join(here.ctl("status").out.split()), (SEED, place)
            spent = here.ctl("usage", "--json").json["current"]["charged_bytes"]
            month = datetime.now(UTC).date().replace(day=1)
            assert noted is None or noted.first != month or spent >= noted.used_bytes
        if outcome == "begun anew":
            assert here.ctl("sync").code != Exit.OK
            assert here.ctl("enable").code == Exit.OK
        assert here.sync()["status"] == "completed", (SEED, place)
        assert (work_online(here), here.on_online(GRADES)) == (before, grades), (SEED, place)
        assert here.compare().differences == (), (SEED, place)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    request.config.stash[TOLD].append(f"lying card, the daemon: {said(found)} (seed {SEED})")


def said(found: Counter[str]) -> str:
    """Tell how many states were what."""
    return f"{found.total()} states, " + ", ".join(f"{n} {name}" for name, n in found.most_common())
