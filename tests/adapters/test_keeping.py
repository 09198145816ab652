"""Our own database over the years: copies, damage, upgrades and older programs put back."""

import asyncio
import os
import random
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from beekeed.core.budget import Terms
from beekeed.core.model import Bytes, Category, Reason
from beekeed.errors import Code, StoreBroken
from beekeed.sqlite import floor, opening
from beekeed.sqlite.backups import Backups, copies_of
from beekeed.sqlite.files import Damaged, version_of
from beekeed.sqlite.floor import STEP_BYTES, Floor, UsageFloor
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.opening import floor_of, open_store
from beekeed.sqlite.recovery import SqliteRecoveries
from beekeed.sqlite.schedule import SqliteSlots
from beekeed.sqlite.store import Store
from tests.adapters.keeping_work import COPIES, ROWS
from tests.adapters.powercut import Disk, record
from tests.adapters.test_ledger_powercut import lay_out
from tests.adapters.test_store import insert, names
from tests.clock import FakeBoot, FakeClock, FakeTrust

NOW = datetime(2026, 11, 10, 8, tzinfo=UTC)
SEED = random.randrange(10**6)


def schema() -> list[Path]:
    """The files of the schema."""
    folder = resources.files("beekeed.sqlite") / "schema"
    return sorted((Path(str(each)) for each in folder.iterdir()), key=lambda each: each.name)


OLDER = [
    pytest.param(version, marks=[] if version in (1, 16) else [pytest.mark.full])
    for version in range(1, len(schema()))
]
"""The older schemas; 16 is that of release 0.1.0."""


def make_older(path: Path, version: int, course: str = "older") -> None:
    """Make a database of an older schema, with a course in it."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript("\n".join(each.read_text() for each in schema()[:version]))
        db.execute("INSERT INTO course (shortname, fullname) VALUES (?, ?)", (course, course))
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()


def damage(path: Path, how: str) -> None:
    """Do to a file what cards do."""
    content = bytearray(path.read_bytes())
    match how:
        case "empty":
            content = bytearray()
        case "gone":
            path.unlink()
            return
        case "head":
            content[:4096] = bytes(4096)
        case "middle":
            for page in range(4096, len(content), 4096):
                content[page : page + 64] = b"\xff" * 64
        case "short":
            del content[len(content) // 2 // 4096 * 4096 :]
    path.write_bytes(content)


async def told(path: Path) -> Reason | None:
    """What the database says was done with it."""
    store = await open_store(path)
    try:
        latest = await SqliteRecoveries(store=store).latest()
        return latest.reason if latest else None
    finally:
        await store.close()


def office(store: Store, clock: FakeClock, limit: int = 10_000_000) -> SqliteLedger:
    """A ledger with a limit."""
    return SqliteLedger(
        store=store,
        clock=clock,
        trust=FakeTrust(),
        boot=FakeBoot(clock.monotonic, "first"),
        terms=lambda: Terms(limit),
    )


async def with_copy(path: Path, clock: FakeClock) -> None:
    """A database with a course that is in its copy, and one that came after it."""
    store = await open_store(path)
    await insert(store, "copied")
    await Backups(store=store, path=path, clock=clock).take()
    await insert(store, "later")
    await store.close()


@pytest.fixture
def clock() -> FakeClock:
    """A morning in November."""
    made = FakeClock()
    made.set(NOW)
    return made


@pytest.mark.parametrize("how", ["empty", "gone", "head", "middle", "short"])
async def test_what_is_damaged_comes_back_from_the_copy(
    database: Path, clock: FakeClock, how: str
) -> None:
    """It is told, what was damaged is kept, and the next start is an ordinary one."""
    await with_copy(database, clock)
    damage(database, how)
    store = await open_store(database)
    assert await names(store) == ["copied"]
    await insert(store, "new")
    await store.close()
    reason = await told(database)
    assert reason is not None
    assert reason.code is Code.STORE_RESTORED
    assert date.fromisoformat(str(reason.params["at"]))
    assert database.with_name("beekeed.sqlite.damaged").exists() is (how != "gone")
    store = await open_store(database)
    assert await names(store) == ["copied", "new"]
    await store.close()


async def test_an_index_of_another_moment_is_damage(database: Path, clock: FakeClock) -> None:
    """A page did not arrive: looked up by name, a course would not be there, and come twice."""
    await with_copy(database, clock)
    with closing(sqlite3.connect(database)) as db:
        ((page,),) = db.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_course_1'"
        )
    where = slice((page - 1) * 4096, page * 4096)
    older = copies_of(database)[0].read_bytes()[where]
    content = bytearray(database.read_bytes())
    assert content[where] != older
    content[where] = older
    database.write_bytes(content)
    reason = await told(database)
    assert reason is not None
    assert reason.code is Code.STORE_RESTORED


async def test_a_damaged_copy_is_passed_over(database: Path, clock: FakeClock) -> None:
    """The newest that is whole comes back, not the newest."""
    await with_copy(database, clock)
    store = await open_store(database)
    await Backups(store=store, path=database, clock=clock).take()
    await store.close()
    newest, older = copies_of(database)
    damage(newest, "head")
    damage(database, "head")
    store = await open_store(database)
    assert await names(store) == ["copied"]
    await store.close()
    assert version_of(older)


async def test_without_a_copy_it_begins_anew_and_nothing_runs(database: Path) -> None:
    """No crash loop; the settings are gone, the data limit among them, so syncs are off."""
    database.parent.mkdir()
    database.write_bytes(b"this is not a database" * 1000)
    store = await open_store(database)
    assert await names(store) == []
    rows = await store.rows("SELECT key, value FROM setting")
    assert [tuple(each) for each in rows] == [("sync.enabled", "false")]
    await store.close()
    reason = await told(database)
    assert reason is not None
    assert reason.code is Code.STORE_BEGUN_ANEW


@pytest.mark.parametrize("how", ["middle", "no copy"])
async def test_the_month_has_used_what_it_had_before_the_damage(
    database: Path, clock: FakeClock, how: str
) -> None:
    """Never a byte over the cap: what the lost rows said was spent stays spent."""
    await with_copy(database, clock)
    store = await open_store(database)
    ledger = office(store, clock)
    entry = await ledger.hold(None, Category.SYNC, None, Bytes(), 2_000_000)
    await ledger.settle(entry, Bytes(700_000, 900_000))
    entry = await ledger.hold(None, Category.SYNC, None, Bytes(), 300_000)
    before = await ledger.stand()
    await store.close()
    if how == "no copy":
        for each in copies_of(database):
            each.unlink()
    damage(database, "middle")
    store = await open_store(database)
    after = await office(store, clock).stand()
    assert after.before + after.of_day >= before.before + before.of_day
    assert after.before + after.of_day <= 2_000_000 + STEP_BYTES  # the most that was ever held
    await store.close()
    clock.set(datetime(2026, 12, 1, tzinfo=UTC))
    store = await open_store(database)
    assert (await office(store, clock).stand()).of_day == 0  # another month is another month
    await store.close()


async def test_the_floor_is_written_in_steps(database: Path, clock: FakeClock) -> None:
    """A small sync writes no more than it did before."""
    store = await open_store(database)
    ledger = office(store, clock)
    written = []
    for _ in range(10):
        entry = await ledger.hold(None, Category.SYNC, None, Bytes(), 20_000)
        await ledger.settle(entry, Bytes(10_000, 10_000))
        written.append(floor_of(database).stat().st_mtime_ns)
    assert len(set(written)) == 1
    await store.close()


def test_a_half_written_floor_is_not_believed(tmp_path: Path) -> None:
    """A power cut in either of its two places leaves the other."""
    path, first = tmp_path / "floor", date(2026, 11, 1)
    assert floor.read(path) is None
    older, newer = (Floor(first, date(2026, 11, 9), bytes_used) for bytes_used in (5, 9))
    floor.write(path, older)
    half = path.read_bytes()
    floor.write(path, newer)
    whole = path.read_bytes()
    assert floor.read(path) == newer
    path.write_bytes(whole[:4096] + half[4096:])
    assert floor.read(path) == newer
    path.write_bytes(whole[:20] + half[20:])
    assert floor.read(path) == older
    path.write_bytes(bytes(len(whole)))
    assert floor.read(path) is None


async def test_the_floor_rises_and_a_new_month_begins_one(tmp_path: Path) -> None:
    """It never falls within a month."""
    made = UsageFloor(tmp_path / "floor")
    november, december = date(2026, 11, 1), date(2026, 12, 1)
    for first, used in ((november, 600_000), (november, 100), (december, 100)):
        await made.raise_to(first, first, used)
        noted = floor.read(tmp_path / "floor")
        assert noted is not None
        assert (noted.first, noted.used_bytes >= used) == (first, True)
        assert noted.used_bytes == (750_000 if first == november else STEP_BYTES)


async def test_copies_are_taken_once_a_day_and_two_are_kept(
    store: Store, database: Path, clock: FakeClock
) -> None:
    """Nothing is written on a day without syncs; a file that only its owner reads."""
    clock.set(datetime.now(UTC))
    taken = Backups(store=store, path=database, clock=clock)
    seen: list[list[str]] = []
    for hours in (0, 1, 21, 2, 30):
        clock.set(clock.now() + timedelta(hours=hours))
        if taken.is_due():
            await insert(store, f"hour {hours}")
            await taken.take()
            for number, each in enumerate(copies_of(database)):
                age(each, clock.now() - timedelta(days=number))
        seen.append([each.name for each in copies_of(database)])
    one, both = ["beekeed.sqlite.backup-1"], ["beekeed.sqlite.backup-1", "beekeed.sqlite.backup-2"]
    assert seen == [one, one, one, both, both]
    assert [courses(each) for each in copies_of(database)] == [3, 2]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in copies_of(database))


def age(copy: Path, taken_at: datetime) -> None:
    """Have a copy taken at a time."""
    os.utime(copy, (taken_at.timestamp(), taken_at.timestamp()))


def courses(path: Path) -> int:
    """How many courses a database has."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM course").fetchone()[0])


async def test_a_damaged_database_drives_out_no_sound_copy(
    database: Path, clock: FakeClock
) -> None:
    """Where it is found out by a copy, beekeed ends, and starts from the one before."""
    await with_copy(database, clock)
    store = await open_store(database)
    damage(database, "middle")
    with pytest.raises(StoreBroken):
        await Backups(store=store, path=database, clock=clock).take()
    await store.close()
    assert [courses(each) for each in copies_of(database)] == [1]


@pytest.mark.root
@pytest.mark.parametrize("room", ["too little", "for the copy alone"])
async def test_a_disk_without_room_for_a_copy_stops_nothing(
    tmp_path: Path, clock: FakeClock, room: str
) -> None:
    """The database goes on, and the older copy is still there; also where the copy is made, and
    there is no room to look it over."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], check=True)
    path = small / "beekeed.sqlite"
    try:
        await with_copy(path, clock)
        store = await open_store(path)
        try:
            free = shutil.disk_usage(small).free
            left = 150_000 if room == "too little" else copies_of(path)[0].stat().st_size + 12_000
            (small / "pictures").write_bytes(bytes(free - left))
            taken = Backups(store=store, path=path, clock=clock)
            taken.want()
            running = asyncio.create_task(taken.run())
            while not list(small.glob("*.new")) and not running.done():
                await asyncio.sleep(0)
            while list(small.glob("*.new")) and not running.done():
                await asyncio.sleep(0.01)
            assert len(copies_of(path)) == 1
            await insert(store, "still here")
            taken.stop()
            await running
        finally:
            await store.close()
    finally:
        subprocess.run(["umount", "-l", small], check=True)


@pytest.mark.parametrize("version", OLDER)
async def test_an_upgrade_keeps_the_file_of_before(database: Path, version: int) -> None:
    """Of each schema that there ever was: so that the program of before finds its own again."""
    make_older(database, version)
    store = await open_store(database)
    assert await names(store) == ["older"]
    assert await store.rows("PRAGMA foreign_key_check") == []
    await store.close()
    kept = database.with_name(f"beekeed.sqlite.schema-{version}")
    assert version_of(kept) == version
    assert [each.name for each in database.parent.glob("*.next*")] == []
    assert await told(database) is None


async def test_an_upgrade_that_fails_leaves_all_as_it_was(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program of before starts again as if nothing had been."""
    make_older(database, 3)
    content = database.read_bytes()
    broken = [*opening._migrations(), (999, "CREATE TABLE half (id INTEGER); SELECT nonsense;")]
    monkeypatch.setattr(opening, "_migrations", lambda: broken)
    with pytest.raises(StoreBroken):
        await open_store(database)
    assert database.read_bytes() == content
    assert sorted(each.name for each in database.parent.iterdir()) == [
        "beekeed.lock", "beekeed.sqlite",
    ]  # fmt: skip


def make_newer(path: Path) -> None:
    """Have a newer beekeed bring it to a schema that we do not know."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO course (shortname, fullname) VALUES ('newer', 'newer')")
        db.execute("ALTER TABLE course RENAME COLUMN fullname TO title")
        db.execute("PRAGMA user_version = 999")
        db.commit()


async def test_an_older_program_finds_its_own_again(database: Path) -> None:
    """It starts from the copy taken before; what the newer one wrote is kept."""
    store = await open_store(database)
    await insert(store, "ours")
    await store.close()
    newest = len(schema())
    shutil.copy(database, database.with_name(f"beekeed.sqlite.schema-{newest}"))
    make_newer(database)
    store = await open_store(database)
    assert await names(store) == ["ours"]
    await store.close()
    reason = await told(database)
    assert reason is not None
    assert reason.code is Code.STORE_PUT_BACK
    assert version_of(database.with_name("beekeed.sqlite.schema-999")) == 999


async def test_one_that_cannot_look_for_it_is_given_its_own_again(
    database: Path, clock: FakeClock
) -> None:
    """With what the month has used since. Asked again, or of no newer one, nothing is done."""
    make_older(database, 16)
    store = await open_store(database)
    ledger = office(store, clock)
    entry = await ledger.hold(None, Category.SYNC, None, Bytes(), 2_000_000)
    await ledger.settle(entry, Bytes(700_000, 900_000))
    with pytest.raises(StoreBroken) as caught:
        opening.put_back(database, 16)
    assert caught.value.code is Code.STORE_IN_USE
    await store.close()
    assert opening.put_back(database, 16)
    assert version_of(database) == 16
    with closing(sqlite3.connect(database)) as db:
        ((used,),) = db.execute("SELECT sum(sent + received + held) FROM charge").fetchall()
        assert db.execute("SELECT shortname FROM course").fetchall() == [("older",)]
    assert 1_600_000 <= used <= 2_000_000 + STEP_BYTES
    assert not opening.put_back(database, 16)
    with pytest.raises(StoreBroken) as caught:
        opening.put_back(database, 15)
    assert caught.value.code is Code.STORE_NEWER
    assert version_of(database) == 16


@pytest.mark.parametrize("copy", ["none", "damaged"])
async def test_a_newer_database_without_a_sound_copy_is_refused(database: Path, copy: str) -> None:
    """It is left as it is."""
    await (await open_store(database)).close()
    make_newer(database)
    if copy == "damaged":
        database.with_name("beekeed.sqlite.schema-3").write_text("no database" * 1000)
    with pytest.raises(StoreBroken) as caught:
        await open_store(database)
    assert caught.value.code is Code.STORE_NEWER
    assert version_of(database) == 999


async def test_a_copied_card_is_noticed(store: Store) -> None:
    """The second box draws its own delay, and it is told; the first start tells nothing."""
    recoveries, slots = SqliteRecoveries(store=store), SqliteSlots(store=store)
    assert not await recoveries.settle_on("one")
    draw = await slots.draw()
    assert not await recoveries.settle_on("one")
    assert not await recoveries.settle_on("")
    assert await slots.draw() == draw
    assert await recoveries.settle_on("two")
    assert await slots.draw() != draw
    latest = await recoveries.latest()
    assert latest is not None
    assert latest.reason == Reason(Code.BOX_COPIED)
    assert not await recoveries.settle_on("two")


async def test_no_power_cut_between_an_upgrade_and_three_copies_loses_what_was_committed(
    tmp_path: Path, database: Path, pytestconfig: pytest.Config
) -> None:
    """Whatever was on its way to the disk: each start finds every row, by itself or by no more
    than an ordinary upgrade, and nothing had to be put back from a copy."""
    make_older(database, 16, "first")
    before = {str(database): bytearray(database.read_bytes())}
    events = record(database, "tests.adapters.keeping_work", str(database))
    disk, chance, states = Disk(files=before), random.Random(SEED), 0
    is_short = not pytestconfig.getoption("--full")
    committed, ready = 1, False
    for event in events:
        disk.do(event)
        ready = ready or event.what == "said"
        if event.content.startswith(b"WROTE"):
            committed = 1 + int(event.content.split()[1])
        if not ready or event.what == "said":
            continue
        for kept in (0.0, 0.5) if disk.pending else (0.0,):
            if is_short and chance.random() > 0.12:
                continue
            states += 1
            again = lay_out(tmp_path / "again", disk.after_a_cut(chance, kept))
            store = await open_store(again)
            there = await names(store)
            assert len(there) in (committed, committed + 1), (SEED, states, event.what, event.file)
            assert await SqliteRecoveries(store=store).latest() is None
            await store.close()
            for each in copies_of(again):
                assert version_of(each)
    assert states > (20 if is_short else 300)
    assert committed == 1 + COPIES * ROWS


def test_what_is_no_database_is_told_from_what_cannot_be_read(tmp_path: Path) -> None:
    """A folder in its place is not damage: nothing may be put in the place of it."""
    (tmp_path / "text").write_text("nothing of that kind " * 100)
    with pytest.raises(Damaged):
        version_of(tmp_path / "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        version_of(tmp_path / "folder")
