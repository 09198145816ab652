"""Our own database: opening, migrating, writing."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from beekeed.core.model import Key, Kind
from beekeed.core.step import SetGrade
from beekeed.errors import Code, ConfigError, StoreBroken
from beekeed.sqlite.journal import SqliteJournal
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store


async def insert(store: Store, name: str) -> None:
    """Write one course."""
    async with store.write() as db:
        await db.execute("INSERT INTO course (shortname, fullname) VALUES (?, ?)", (name, name))


async def names(store: Store) -> list[str]:
    """The courses written."""
    return [
        row["shortname"] for row in await store.rows("SELECT shortname FROM course ORDER BY id")
    ]


async def test_a_commit_is_durable_by_its_settings(store: Store, database: Path) -> None:
    """WAL with synchronous=FULL, and a file that only its owner reads."""
    for pragma, value in (("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1)):
        row = await store.row(f"PRAGMA {pragma}")
        assert row is not None
        assert row[0] == value
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


async def test_an_error_rolls_the_whole_transaction_back(store: Store) -> None:
    """Half of a transaction is never there."""
    with pytest.raises(RuntimeError):
        async with store.write() as db:
            await db.execute("INSERT INTO course (shortname, fullname) VALUES ('A', 'A')")
            raise RuntimeError
    assert await names(store) == []
    await insert(store, "B")
    assert await names(store) == ["B"]


async def test_a_cancelled_writer_leaves_no_open_transaction(store: Store) -> None:
    """A task that is cancelled in the middle does not spoil the next one's rows."""
    inside = asyncio.Event()

    async def write_and_hang() -> None:
        async with store.write() as db:
            await db.execute("INSERT INTO course (shortname, fullname) VALUES ('A', 'A')")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await insert(store, "B")
    assert await names(store) == ["B"]


async def test_a_writer_that_is_cancelled_as_it_begins_leaves_nothing_open(store: Store) -> None:
    """The transaction may have begun in SQLite's thread when we hear of it."""
    task = asyncio.create_task(insert(store, "A"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await insert(store, "B")
    assert await names(store) == ["B"]


async def test_two_writers_do_not_share_a_transaction(store: Store) -> None:
    """Each transaction has its own rows, and a failing one takes none of the other's with it."""

    async def fail_slowly() -> None:
        async with store.write() as db:
            await db.execute("INSERT INTO course (shortname, fullname) VALUES ('bad', 'bad')")
            await asyncio.sleep(0)
            raise RuntimeError

    results = await asyncio.gather(
        fail_slowly(), *(insert(store, str(n)) for n in range(5)), return_exceptions=True
    )
    assert isinstance(results[0], RuntimeError)
    assert sorted(await names(store)) == ["0", "1", "2", "3", "4"]


async def test_what_was_committed_survives_a_kill(database: Path) -> None:
    """A process killed right after its commit has lost nothing of it."""
    script = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from beekeed.sqlite.opening import open_store\n"
        "async def main():\n"
        "    store = await open_store(Path(sys.argv[1]))\n"
        "    async with store.write() as db:\n"
        "        await db.execute(\"INSERT INTO course (shortname, fullname) VALUES ('A', 'A')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(database))
    assert await process.wait() == -9
    store = await open_store(database)
    assert await names(store) == ["A"]
    await store.close()


async def test_a_second_beekeed_is_refused(store: Store, database: Path) -> None:
    """One process, one database."""
    with pytest.raises(StoreBroken) as caught:
        await open_store(database)
    assert caught.value.code is Code.STORE_IN_USE


async def test_an_older_schema_is_brought_up_to_date(database: Path) -> None:
    """With all that is in it: an activity keeps the number that receipts know it by."""
    scripts = sorted((resources.files("beekeed.sqlite") / "schema").iterdir(), key=lambda f: f.name)
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as db:
        db.executescript(f"{scripts[0].read_text()} PRAGMA user_version = 1;")
        db.execute("INSERT INTO course VALUES (3, 'MATH', 'Mathematics')")
        db.execute("INSERT INTO activity VALUES (7, 3, 1, 'page', 'Lesson 1', 0)")
        db.commit()
    store = await open_store(database)
    try:
        (row,) = await store.rows("SELECT * FROM activity")
        assert tuple(row) == (7, 3, 1, "page", "Lesson 1", 0, 0)
        version = await store.row("PRAGMA user_version")
        assert version is not None
        assert version[0] == int(scripts[-1].name[:4])
        assert await store.rows("PRAGMA foreign_key_check") == []
    finally:
        await store.close()


async def test_what_was_on_the_wire_before_an_upgrade_is_settled_after_it(database: Path) -> None:
    """An intent of schema 3, as that version wrote it, is read by this one."""
    scripts = sorted((resources.files("beekeed.sqlite") / "schema").iterdir(), key=lambda f: f.name)
    database.parent.mkdir()
    key = '{"kind":"grade","course_id":3,"activity_id":7,"learner_id":9}'
    base = f'{{"key":{key},"value":"4","online_value":"4","gone":false}}'
    change = (
        f'{{"key":{key},"value":"5","happened_at":null,"first_seen_at":null,"base":{base},'
        '"aside":null}'
    )
    step = (
        f'{{"change":{change},"online_id":4,"course_online_id":2,"cmid":10,"modname":"quiz",'
        '"item":0}'
    )
    with closing(sqlite3.connect(database)) as db:
        for script in scripts[:3]:
            db.executescript(script.read_text())
        db.execute("PRAGMA user_version = 3")
        db.execute("INSERT INTO target (id, address, token_digest, first_used_at)"
                   " VALUES (1, 'https://x', 'd', 1)")  # fmt: skip
        db.execute("INSERT INTO intent VALUES (1, 4, 3, 7, 9, 1, ?, 1)", (step,))
        db.commit()
    store = await open_store(database)
    try:
        (open_,) = await SqliteJournal(store=store).intents(1)
        assert isinstance(open_, SetGrade)
        assert open_.change.key == Key(Kind.GRADE, 3, 7, 9)
        assert open_.change.base is not None
        assert open_.change.base.key.part_id == 7
    finally:
        await store.close()


async def test_a_newer_schema_is_refused_and_left_alone(database: Path) -> None:
    """An older program must not write what it does not understand."""
    await (await open_store(database)).close()
    with sqlite3.connect(database) as raw:
        raw.execute("PRAGMA user_version = 9999")
    raw.close()
    before = database.read_bytes()
    with pytest.raises(StoreBroken) as caught:
        await open_store(database)
    assert caught.value.code is Code.STORE_NEWER
    assert database.read_bytes() == before


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """The path's trouble is told, not raised as it is."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as caught:
        await open_store(tmp_path / "file" / "beekeed.sqlite")
    assert caught.value.code is Code.STATE_NOT_WRITABLE
    assert caught.value.params["path"] == str(tmp_path / "file")


@pytest.mark.root
async def test_a_full_disk_rolls_back_and_says_so(tmp_path: Path) -> None:
    """On a real full disk nothing that was committed is lost, and what was not is not there."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", small], check=True)
    try:
        store = await open_store(small / "beekeed.sqlite")
        await insert(store, "first")
        with pytest.raises(StoreBroken) as caught:
            for number in range(100):
                await insert(store, f"{number}-" + "x" * 100_000)
        assert caught.value.code is Code.STORE_FULL
        kept = await names(store)
        assert kept[0] == "first"
        await store.close()
        store = await open_store(small / "beekeed.sqlite")
        assert await names(store) == kept
        await store.close()
    finally:
        subprocess.run(["umount", "-l", small], check=True)
