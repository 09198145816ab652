"""The guard in our own database: whatever a box does, little goes down without an answer."""

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from beekeed.core import guard
from beekeed.core.change import compare
from beekeed.core.clocktrust import Moment
from beekeed.core.model import Fact, Key, Kind
from beekeed.core.step import Outcome, Verdict
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from tests.system.world import ROOT

TARGET, COURSE, PART = 1, 1, 1
A_TARGET = "INSERT INTO target (id, address, token_digest, first_used_at) VALUES (1, 'x', 'y', 1)"
LEARNERS = range(1, 31)
START = datetime(2026, 11, 1, tzinfo=UTC)

Box = dict[int, int]
"""Grades on the box by learner; who is left out has none."""

# A night on the box: some learners get a grade, or theirs is away; or all is put back to as
# it was some nights before.
some = st.builds(
    lambda first, count: frozenset(range(first, min(first + count, 31))),
    st.sampled_from(LEARNERS),
    st.integers(1, 15),
)
edits = st.builds(lambda who, value: dict.fromkeys(who, value), some, st.integers(0, 10))
losses = some.map(lambda who: dict.fromkeys(who, None))
nights = st.one_of(edits, edits, losses, st.integers(0, 9))
clocks = st.sampled_from([0, 1, 1, 400, -400])


class Site:
    """A store with one course, and what online holds of it."""

    def __init__(self, store: Store, run_id: int) -> None:
        self.store = store
        self.changes = SqliteChanges(store=store)
        self.guards = SqliteGuards(store=store)
        self.journal = SqliteJournal(store=store)
        self.run_id = run_id
        self.online: Box = {}

    async def read(self, box: Box, now: datetime) -> None:
        """Note what the box says, as a reading does."""
        receipts, noted = await self.changes.slice(TARGET, list(LEARNERS))
        facts = [Fact(key(each), str(value), None) for each, value in box.items()]
        await self.changes.note(TARGET, compare(facts, receipts, noted), {}, now)

    async def send(self, now: datetime) -> None:
        """Send what no guard holds."""
        guarded = {each.area for each in await self.guards.look(TARGET, now)}
        pending = await self.changes.next(TARGET, Kind.GRADE, [COURSE], None, 100)
        going = [change for change in pending if not guard.holds(change, guarded)]
        done = [(change, Outcome(Verdict.DONE, change.value)) for change in going]
        await self.journal.record(self.run_id, TARGET, done, now)
        self.online |= {change.key.learner_id: int(change.value) for change in going}


def key(learner_id: int) -> Key:
    """The grade of a learner."""
    return Key(Kind.GRADE, COURSE, PART, learner_id)


async def site(folder: Path) -> Site:
    """A new store."""
    store = await open_store(folder / "beekeed.sqlite")
    async with store.write() as db:
        await db.execute("INSERT INTO course (shortname, fullname) VALUES ('MATHS', 'Maths')")
        await db.execute(A_TARGET)
    run_id, _ = await SqliteHistory(store=store).begin("test", Moment(START, "boot", 0))
    return Site(store, run_id)


async def live(told: list[tuple[Box | int, int]]) -> None:
    """Live through some nights; at most ten, or a fifth, ever went down online."""
    with tempfile.TemporaryDirectory() as folder:
        here = await site(Path(folder))
        try:
            box: Box = dict.fromkeys(LEARNERS, 5)
            best: Box = {}
            kept, now = [dict(box)], START
            for night, days in [({}, 1), *told]:
                if isinstance(night, int):
                    box = dict(kept[night % len(kept)])
                else:
                    changed = {each: value for each, value in night.items() if value is not None}
                    box = {k: v for k, v in (box | changed).items() if night.get(k, 0) is not None}
                kept.append(dict(box))
                now += timedelta(days=days)
                await here.read(box, now)
                await here.send(now)
                for each, value in here.online.items():
                    best[each] = max(value, best.get(each, 0))
                down = [each for each, value in here.online.items() if value < best[each]]
                assert len(down) <= max(10, len(best) // 5), (down, night)
        finally:
            await here.store.close()


@settings(max_examples=60)
@given(st.lists(st.tuples(nights, clocks), max_size=12))
def test_without_an_answer_little_ever_goes_down(told: list[tuple[Box | int, int]]) -> None:
    """Edits, gone rows, databases put back and a clock that jumps, night after night."""
    asyncio.run(live(told))


async def test_what_was_away_before_there_was_a_guard_is_not_asked_about(database: Path) -> None:
    """An older beekeed's database, with a class that left long ago."""
    folder = resources.files("beekeed.sqlite") / "schema"
    older = [each for each in folder.iterdir() if "0001" <= each.name[:4] <= "0004"]
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as db:
        for file in sorted(older, key=lambda each: each.name):
            db.executescript(file.read_text("utf-8"))
        db.execute("PRAGMA user_version = 4")
        db.execute("INSERT INTO course (shortname, fullname) VALUES ('MATHS', 'Maths')")
        db.execute(A_TARGET)
        db.executemany(
            "INSERT INTO receipt VALUES (1, 3, 1, 1, ?, '1', '1', NULL, 1, 1, 1, ?)",
            [(learner, 2 if learner <= 20 else None) for learner in range(1, 26)],
        )
        db.commit()
    store = await open_store(database)
    try:
        assert await SqliteGuards(store=store).look(TARGET, START) == []
    finally:
        await store.close()


def test_a_loss_on_a_large_box_is_counted_in_little_memory(tmp_path: Path) -> None:
    """Not with all facts in memory at once: 200,000 of them, in courses that lost some."""
    program = [sys.executable, "-m", "tests.adapters.guard_work"]
    done = subprocess.run(
        [*program, str(tmp_path / "beekeed.sqlite"), "200000"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) < 6  # MiB; it was 11.5 when each fact was sorted
