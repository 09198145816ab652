"""Power cuts between any two writes of the ledger: it is never under the truth."""

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from beekeed.core import budget
from beekeed.core.budget import Terms
from beekeed.sqlite.days import number
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.opening import open_store
from tests.adapters.ledger_work import LIMIT
from tests.adapters.powercut import Disk, Event, record
from tests.clock import FakeBoot, FakeClock, FakeTrust
from tests.conftest import TOLD

SEED = random.randrange(10**6)
_KEPT = (0.0, 0.5, 0.9)
_CONNECTIONS = 16
_CONNECTIONS_FULL = 160
_STARTED_EACH = 9  # of so many states one is opened by a ledger that starts anew


@dataclass
class Found:
    """What the states showed."""

    states: int = 0
    damaged: int = 0
    under: list[tuple[int, date, int, int]] = field(default_factory=list)
    over: int = 0
    """The most that was charged more than the truth: what one cut costs."""
    spent: int = 0


def charged(database: Path, first: date) -> int:
    """What a month is charged with, by plain SQL."""
    days = number(first), number(budget.month_after(first)) - 1
    with closing(sqlite3.connect(database)) as db:
        if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("damaged")
        own, eve = (
            db.execute(text, values).fetchone()[0] or 0
            for text, values in (
                ("SELECT sum(sent + received + held) FROM charge WHERE day BETWEEN ? AND ?", days),
                ("SELECT sum(held) FROM charge WHERE day = ?", (days[0] - 1,)),
            )
        )
    return int(own + eve)


async def charged_after_start(database: Path, today: date) -> tuple[date, int]:
    """The month, and what it is charged with, as a beekeed that starts on a day reckons.

    The month may have begun on disk and not on the wire.
    """
    clock = FakeClock()
    clock.set(clock.time.replace(year=today.year, month=today.month, day=today.day))
    store = await open_store(database)
    try:
        ledger = SqliteLedger(
            store=store,
            clock=clock,
            trust=FakeTrust(),
            boot=FakeBoot(clock.monotonic, "after"),
            terms=lambda: Terms(LIMIT),
        )
        stand = await ledger.stand()
        left = await ledger.left()
        assert left is not None
        assert left <= max(0, LIMIT - stand.before - stand.of_day)
        return stand.day.replace(day=1), stand.before + stand.of_day
    finally:
        await store.close()


def lay_out(folder: Path, files: Mapping[str, bytearray]) -> Path:
    """Write the files of a state; gives the database."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / Path(name).name).write_bytes(content)
    return folder / "beekeed.sqlite"


async def look(events: list[Event], folder: Path, *, lies: bool = False) -> Found:
    """Rebuild and open what a cut may leave, after each event since the program was ready."""
    found, disk, chance = Found(), Disk(lies=lies), random.Random(7)
    wire: Counter[date] = Counter()
    today: date | None = None
    ready = False
    for event in events:
        disk.do(event)
        if event.what == "said":
            ready = True
            if event.content.startswith(b"WIRE"):
                _, day, count = event.content.split()
                today = date.fromisoformat(day.decode())
                wire[today.replace(day=1)] += int(count)
        if not ready:
            continue
        for kept in _KEPT if disk.pending else _KEPT[:1]:
            found.states += 1
            database = lay_out(folder, disk.after_a_cut(chance, kept))
            try:
                for month, truth in wire.items():
                    by_then = charged(database, month)
                    if by_then < truth:
                        found.under.append((found.states, month, truth, by_then))
                    found.over = max(found.over, by_then - truth)
                if found.states % _STARTED_EACH == 0 and today is not None:
                    month, started = await charged_after_start(database, today)
                    if started < wire[month]:
                        found.under.append((found.states, month, wire[month], started))
            except sqlite3.DatabaseError:
                found.damaged += 1
    found.spent = wire.total()
    assert max(wire.values()) <= LIMIT
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where no disk is waited for."""
    memory = Path("/dev/shm")
    made = tmp_path_factory.mktemp("powercut")
    if memory.is_dir() and os.access(memory, os.W_OK):
        made = memory / f"beekeed-{os.getpid()}"
        made.mkdir()
    return made


def connections(config: pytest.Config) -> int:
    """How many connections the program makes."""
    return _CONNECTIONS_FULL if config.getoption("--full") else _CONNECTIONS


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> list[Event]:
    """What a program did that spent bytes by the real ledger; another one each time."""
    database = tmp_path_factory.mktemp("work") / "beekeed.sqlite"
    count = str(connections(request.config))
    words = (str(database), str(SEED), count)
    return record(database, "tests.adapters.ledger_work", *words)


async def test_no_power_cut_leaves_the_ledger_under_the_truth(
    events: list[Event], folder: Path, request: pytest.FixtureRequest
) -> None:
    """Whatever was on its way to the disk: sound, and charged with all that went out by then."""
    try:
        found = await look(events, folder / "state")
    finally:
        shutil.rmtree(folder / "state", ignore_errors=True)
    assert (found.damaged, found.under) == (0, []), f"seed {SEED}"
    assert found.states > 300
    assert found.spent > 5000
    flushed = sum(event.what == "flushed" for event in events)
    request.config.stash[TOLD].append(
        f"ledger: {found.states} states after a power cut, 0 damaged, 0 under the truth; at most"
        f" {found.over} bytes over it; {found.spent} bytes on the wire, {flushed} flushes"
        f" (seed {SEED})"
    )


async def test_the_same_states_on_a_card_that_lies_are_found_out(
    events: list[Event], folder: Path
) -> None:
    """What the test above would see: a card that only says that it flushed loses entries."""
    try:
        found = await look(events[: len(events) // 2], folder / "state", lies=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert found.under
