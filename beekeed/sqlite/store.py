"""The one database: opening, migrating, and the only way to write.

One process, one connection. Two tasks that share an aiosqlite connection would
otherwise roll back each other's rows, so `write()` holds a lock for the whole
transaction. WAL with synchronous=FULL: what is committed survives a power cut.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from beekeed.core.model import Key, Kind, Reason
from beekeed.errors import Code, ConfigError, Param, StoreBroken

Row = aiosqlite.Row

KIND_NUMBER: Mapping[Kind, int] = {
    Kind.ACCOUNT: 1,
    Kind.ENROLMENT: 2,
    Kind.COMPLETION: 3,
    Kind.GRADE: 4,
    Kind.MEMBERSHIP: 5,
    Kind.PROFILE: 6,
}
KIND_OF_NUMBER: Mapping[int, Kind] = {number: kind for kind, number in KIND_NUMBER.items()}

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA wal_autocheckpoint = 200",  # of 4 kB: the -wal file stays under 1 MB
    "PRAGMA journal_size_limit = 262144",
)


class Store:
    """The open database. Made by `open_store`."""

    def __init__(self, connection: aiosqlite.Connection, lock_fd: int) -> None:
        self._connection = connection
        self._lock_fd = lock_fd
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[aiosqlite.Connection]:
        """Run the body in one transaction: committed at its end, rolled back on any error.

        Raises StoreBroken where SQLite or the disk fails.
        """
        async with self._writing:
            try:
                try:
                    await self._connection.execute("BEGIN IMMEDIATE")
                    yield self._connection
                    await self._connection.execute("COMMIT")
                except BaseException:
                    await asyncio.shield(self._roll_back())
                    raise
            except sqlite3.Error as error:
                raise broken(error) from error

    async def _roll_back(self) -> None:
        # Statements run in order in SQLite's thread: after this one, all that was begun is done.
        await self._connection.execute("SELECT 1")
        if self._connection.in_transaction:
            await self._connection.execute("ROLLBACK")

    async def rows(self, sql: str, *parameters: object) -> list[Row]:
        """Run one SELECT and return all its rows: the caller bounds their number."""
        try:
            return list(await self._connection.execute_fetchall(sql, parameters))
        except sqlite3.Error as error:
            raise broken(error) from error

    async def row(self, sql: str, *parameters: object) -> Row | None:
        """Run one SELECT and return its first row, or None."""
        found = await self.rows(sql, *parameters)
        return found[0] if found else None

    async def close(self) -> None:
        """Fold the write-ahead log into the file and let it go."""
        try:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the next open does
                await self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await self._connection.close()
            os.close(self._lock_fd)


async def open_store(path: Path) -> Store:
    """Open the database, making or migrating it where needed.

    Raises StoreBroken where it is damaged, newer than this program, or in use by
    another beekeed, and ConfigError where its folder cannot be written.
    """
    lock_fd = _lock(path)
    try:
        connection = await aiosqlite.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        os.close(lock_fd)
        raise broken(error) from error
    try:
        connection.row_factory = aiosqlite.Row
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
        await _check(connection)
        await _migrate(connection)
    except BaseException as error:
        await connection.close()
        os.close(lock_fd)
        if isinstance(error, sqlite3.Error):
            raise broken(error) from error
        raise
    return Store(connection, lock_fd)


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
    if not path.exists():
        path.touch(mode=0o600)
    return fd


async def _check(connection: aiosqlite.Connection) -> None:
    """Refuse a connection that would not keep its promise, or a damaged file."""
    for pragma, wanted in (("synchronous", 2), ("journal_mode", "wal"), ("quick_check", "ok")):
        found = list(await connection.execute_fetchall(f"PRAGMA {pragma}"))
        if found[0][0] != wanted:
            raise StoreBroken(Code.STORE_BROKEN, detail=f"{pragma} is {found[0][0]}")


def _migrations() -> list[tuple[int, str]]:
    folder = resources.files("beekeed.sqlite") / "schema"
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(int(name[:4]), (folder / name).read_text("utf-8")) for name in files]


async def _migrate(connection: aiosqlite.Connection) -> None:
    """Bring the schema up to date, each numbered file in one transaction."""
    found = list(await connection.execute_fetchall("PRAGMA user_version"))
    version = int(found[0][0])
    migrations = _migrations()
    if version > migrations[-1][0]:
        raise StoreBroken(Code.STORE_NEWER, found=version, known=migrations[-1][0])
    for number, script in migrations:
        if number > version:
            await connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )


def broken(error: sqlite3.Error) -> StoreBroken:
    """Tell a full disk from a damaged database."""
    if "full" in str(error):
        return StoreBroken(Code.STORE_FULL)
    return StoreBroken(Code.STORE_BROKEN, detail=str(error))


def seconds(moment: datetime | None) -> int | None:
    """Turn a time into the Unix seconds that the tables hold."""
    return None if moment is None else int(moment.timestamp())


def time_of(stored: int) -> datetime:
    """Turn Unix seconds from a table into an aware UTC time."""
    return datetime.fromtimestamp(stored, UTC)


def moment(stored: int | None) -> datetime | None:
    """Turn Unix seconds from a column that may be NULL into an aware UTC time."""
    return None if stored is None else time_of(stored)


def key_of(row: Row) -> Key:
    """Read the key columns of a change or receipt."""
    return Key(KIND_OF_NUMBER[row["kind"]], row["course_id"], row["part_id"], row["learner_id"])


def key_values(key: Key) -> tuple[int, int, int, int]:
    """Give a key's columns in the order of the tables."""
    return KIND_NUMBER[key.kind], key.course_id, key.part_id, key.learner_id


PART_NAME = "coalesce(activity.name, learner_group.name, profile_field.name)"
"""The name of a row's part, with the tables of `part_joins`."""


def part_joins(table: str) -> str:
    """Give the joins that find what a part of some kind is: an activity, a group, a field."""
    results = f"{KIND_NUMBER[Kind.COMPLETION]}, {KIND_NUMBER[Kind.GRADE]}"
    tables = {
        "activity": results,
        "learner_group": KIND_NUMBER[Kind.MEMBERSHIP],
        "profile_field": KIND_NUMBER[Kind.PROFILE],
    }
    return " ".join(
        f"LEFT JOIN {name} ON {name}.id = {table}.part_id AND {table}.kind IN ({kinds})"
        for name, kinds in tables.items()
    )


def reason_of(code: str | None, params: str | None) -> Reason | None:
    """Read a stored reason."""
    return None if code is None else Reason(Code(code), json.loads(params or "{}"))


def reason_values(reason: Reason | None) -> tuple[str | None, str | None]:
    """Give a reason's two columns."""
    if reason is None:
        return None, None
    return str(reason.code), text_of_params(reason.params)


def text_of_params(params: Mapping[str, Param]) -> str:
    """Write a sentence's parameters as the JSON that a column holds."""
    return json.dumps(dict(params), ensure_ascii=False)


def slots(values: Iterable[Any]) -> str:
    """Give the `?, ?, ?` of an IN list."""
    return ", ".join("?" for _ in values)
