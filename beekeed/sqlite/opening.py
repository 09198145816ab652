"""Opening the database: made, brought up to date, or put back from a copy where it is damaged.

Rule: what was there stays there until what replaces it is whole. A schema is brought up to
date on a copy, and the file of before is kept: an older beekeed finds its own again. Where
something was put back, the month has used at least what `floor.py` noted, and it is told.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path

import aiosqlite

from beekeed.core.model import Reason
from beekeed.errors import Code, ConfigError, StoreBroken
from beekeed.sqlite.backups import copies_of, taken_on
from beekeed.sqlite.days import number
from beekeed.sqlite.files import Damaged, copy, fold, remove, replace, set_apart, version_of
from beekeed.sqlite.floor import UsageFloor, read
from beekeed.sqlite.store import PRAGMAS, Store, broken

_OF_SCHEMA = ".schema-"  # what the file of before is called, with its number
_NOT_KNOWN = (
    "INSERT INTO ledger_entry (day, category, sent, received, held, boot_id, boot_seconds,"
    " until_seconds, wall_at, trusted)"
    " SELECT ?1, 'sync', 0, 0, ?2 - sum(used), '', 0, 0, unixepoch(), 1 FROM"
    " (SELECT coalesce(sum(sent + received + held), 0) AS used FROM charge WHERE day >= ?3)"
    " HAVING sum(used) < ?2"
)


async def open_store(path: Path) -> Store:
    """Open the database.

    Raises StoreBroken where nothing whole is left of it, where it is newer than this program,
    or in use by another beekeed, and ConfigError where its folder cannot be written.
    """
    lock_fd = _lock(path)
    try:
        await asyncio.to_thread(_prepare, path)
        floor = UsageFloor(floor_of(path))
        return Store(await _connect(path), lock_fd=lock_fd, floor=floor)
    except BaseException as error:
        os.close(lock_fd)
        if isinstance(error, sqlite3.Error):
            raise broken(error) from error
        raise


def put_back(path: Path, schema: int) -> bool:
    """Let a beekeed that knows no newer schema have its database again, as it kept it.

    For one that does not do it by itself (0.1.0). The month's bytes are counted in it. Tells
    whether anything had to be done. Raises StoreBroken where nothing of that age was kept, or a
    beekeed runs.
    """
    lock_fd = _lock(path)
    try:
        version = _version(path)
        if version <= schema:
            return False
        _put_back_older(path, version, schema)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            _count_unknown(db, path)
        fold(path)
    except Damaged as error:
        raise StoreBroken(Code.STORE_BROKEN, detail=str(error)) from error
    except sqlite3.Error as error:
        raise broken(error) from error
    finally:
        os.close(lock_fd)
    return True


def floor_of(path: Path) -> Path:
    """Give where the floor of a database is."""
    return path.with_suffix(".floor")


def _lock(path: Path) -> int:
    """Keep every other beekeed away; the kernel lets go when we end, however we end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        detail = str(error.strerror)
        raise ConfigError(Code.STATE_NOT_WRITABLE, path=str(path.parent), detail=detail) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise StoreBroken(Code.STORE_IN_USE, path=str(path)) from error
    return fd


async def _connect(path: Path) -> aiosqlite.Connection:
    """Open it as it is used. Raises StoreBroken where it would not keep its promise."""
    connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        await _set_up(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _set_up(connection: aiosqlite.Connection) -> None:
    connection.row_factory = aiosqlite.Row
    for pragma in PRAGMAS:
        await connection.execute(pragma)
    for pragma, wanted in (("synchronous", 2), ("journal_mode", "wal")):
        found = list(await connection.execute_fetchall(f"PRAGMA {pragma}"))
        if found[0][0] != wanted:
            raise StoreBroken(Code.STORE_BROKEN, detail=f"{pragma} is {found[0][0]}")


def _prepare(path: Path) -> None:
    """Have a whole database of our schema there."""
    told = None
    try:
        version = _version(path)
    except Damaged as error:
        told, version = _put_back_backup(path, str(error))
    migrations = _migrations()
    newest = migrations[-1][0]
    if version > newest:
        told, version = _put_back_older(path, version, newest)
    if not version:
        path.touch(mode=0o600)
    if version < newest:
        _bring_up_to_date(path, version, migrations)
    if told is not None:
        _note(path, told)


def _version(path: Path) -> int:
    """Look it over; 0: there is none, and never was. Raises Damaged, and sqlite3.Error."""
    version = version_of(path) if path.exists() else 0
    if not version and copies_of(path):
        raise Damaged("it is empty")
    return version


def _put_back_backup(path: Path, detail: str) -> tuple[Reason, int]:
    """Put the newest sound copy in the place of what is damaged, which is kept beside it."""
    for each in copies_of(path):
        with contextlib.suppress(Damaged, sqlite3.Error):
            version = version_of(each)
            set_apart(path, f"{path.name}.damaged")
            copy(each, path)
            return Reason(Code.STORE_RESTORED, {"at": taken_on(each), "detail": detail}), version
    set_apart(path, f"{path.name}.damaged")
    return Reason(Code.STORE_BEGUN_ANEW, {"detail": detail}), 0


def _put_back_older(path: Path, found: int, known: int) -> tuple[Reason, int]:
    """Put what was kept when a newer beekeed took over in its place. Raises StoreBroken."""
    for version, each in _kept(path):
        if version <= known:
            with contextlib.suppress(Damaged):
                version_of(each)
                fold(path)
                set_apart(path, f"{path.name}{_OF_SCHEMA}{found}")
                copy(each, path)
                return Reason(Code.STORE_PUT_BACK, {"at": taken_on(each)}), version
    raise StoreBroken(Code.STORE_NEWER, found=found, known=known)


def _kept(path: Path) -> Iterator[tuple[int, Path]]:
    """Give the files of other schemas, the newest schema first."""
    found = {
        int(number): each
        for each in path.parent.glob(f"{path.name}{_OF_SCHEMA}*")
        if (number := each.name.rpartition("-")[2]).isdecimal()
    }
    yield from sorted(found.items(), reverse=True)


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("beekeed.sqlite") / "schema"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(int(name[:4]), (folder / name).read_text("utf-8")) for name in files]


def _bring_up_to_date(path: Path, version: int, migrations: Sequence[tuple[int, str]]) -> None:
    """Bring the schema up to date: on a copy, in one transaction, looked over before it counts."""
    beside = path.with_name(f"{path.name}.next")
    remove(beside)
    try:
        copy(path, beside)
        _migrate(beside, version, migrations)
        version_of(beside)
        fold(path)
        if version:
            _keep(path, version)
        replace(beside, path)
    finally:
        remove(beside)


def _migrate(path: Path, version: int, migrations: Sequence[tuple[int, str]]) -> None:
    scripts = [script for number, script in migrations if number > version]
    last = f"PRAGMA user_version = {migrations[-1][0]};"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.executescript("\n".join(("BEGIN IMMEDIATE;", *scripts, last, "COMMIT;")))
        if db.execute("PRAGMA foreign_key_check").fetchone():
            raise Damaged("foreign_key_check")
    fold(path)


def _keep(path: Path, version: int) -> None:
    """Keep the file of before under another name, and none of those before it."""
    kept = path.with_name(f"{path.name}{_OF_SCHEMA}{version}")
    kept.unlink(missing_ok=True)
    os.link(path, kept)
    for other, each in _kept(path):
        if other < version:
            remove(each)


def _note(path: Path, told: Reason) -> None:
    """Tell what was done, and count for the month what was used by what was lost."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        values = (str(told.code), json.dumps(dict(told.params), ensure_ascii=False))
        db.execute("INSERT INTO recovery (at, code, params) VALUES (unixepoch(), ?, ?)", values)
        if told.code is Code.STORE_BEGUN_ANEW:
            db.execute("INSERT INTO setting VALUES ('sync.enabled', 'false', unixepoch())")
        _count_unknown(db, path)
        db.execute("COMMIT")


def _count_unknown(db: sqlite3.Connection, path: Path) -> None:
    """Count what the month is known to have used, and this database does not know of."""
    noted = read(floor_of(path))
    if noted is not None:
        db.execute(_NOT_KNOWN, (number(noted.day), noted.used_bytes, number(noted.first)))
