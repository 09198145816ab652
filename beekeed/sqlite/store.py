"""The one database while it is open, and the only way to write.

One process, one connection. Two tasks that share an aiosqlite connection would
otherwise roll back each other's rows, so `write()` holds a lock for the whole
transaction. WAL with synchronous=FULL: what is committed survives a power cut.
"""

import asyncio
import contextlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite

from beekeed.core.model import Key, Kind, Reason
from beekeed.errors import Code, Param, StoreBroken
from beekeed.sqlite.floor import UsageFloor

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

PRAGMAS = (
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
    """The open database. Made by `opening.open_store`. `floor`: what is kept beside it."""

    def __init__(
        self, connection: aiosqlite.Connection, *, lock_fd: int, floor: UsageFloor
    ) -> None:
        self.floor = floor
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

    async def copy_to(self, path: Path) -> None:
        """Copy all that is committed into an empty database. Raises StoreBroken."""
        try:
            async with self._writing, aiosqlite.connect(path) as target:
                await self._connection.backup(target)
        except sqlite3.Error as error:
            raise broken(error) from error

    async def close(self) -> None:
        """Fold the write-ahead log into the file and let it go."""
        try:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the next open does
                await self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            await self._connection.close()
            os.close(self._lock_fd)


def broken(error: sqlite3.Error) -> StoreBroken:
    """Tell a full disk from a damaged database.

    Without room for what SQLite keeps beside the file, it speaks of an I/O error.
    """
    code = getattr(error, "sqlite_errorcode", 0)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE):
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
