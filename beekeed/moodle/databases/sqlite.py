"""A Moodle database in an SQLite file: the sandbox's box."""

import hashlib
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Values
from beekeed.moodle.login import Login


class SqliteSession:
    """See Session."""

    def __init__(self, login: Login) -> None:
        self._path = Path(login.path)
        self._connection: sqlite3.Connection | None = None

    def connect(self) -> None:
        """See Session. Opened read only; the first SELECT fixes what is seen."""
        if not self._path.exists():
            raise DeviceUnreadable(Code.DEVICE_MISSING, path=str(self._path))
        self._connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # abort() comes from another
        )
        self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
        self._connection.create_function("row_digest", -1, _row_digest, deterministic=True)
        self._connection.execute("BEGIN")

    def select(self, sql: str, values: Sequence[Any]) -> list[Values]:
        """See Session."""
        assert self._connection is not None  # noqa: S101 - connect() came first
        return self._connection.execute(sql, tuple(values)).fetchall()

    def quoted(self, table: str) -> str:
        """See Session."""
        return f'"{table}"'

    def digest(self, column: str, *more: str) -> str:
        """See Session. SUM would overflow where total cannot; 53 bits of it are exact."""
        return f"total(row_digest({', '.join((column, *more))}))"

    def tables(self) -> Collection[str]:
        """See Session."""
        rows = self.select("SELECT name FROM sqlite_master WHERE type = 'table'", ())
        return {str(name) for (name,) in rows}

    def is_closed(self, table: str) -> bool:  # noqa: ARG002 - as Session has it
        """See Session. A file has no rights of its own for each table."""
        return False

    def columns(self, tables: Collection[str]) -> Mapping[str, Collection[str]]:
        """See Session."""
        return {
            table: {
                str(name)
                for (name,) in self.select("SELECT name FROM pragma_table_info(?)", (table,))
            }
            for table in tables
        }

    def may_write(self) -> bool:
        """See Session. The file was opened so that SQLite refuses every write."""
        return False

    def explained(self, error: Exception) -> DeviceUnreadable | None:
        """See Session."""
        if not isinstance(error, sqlite3.Error | OSError):
            return None
        if "interrupted" in str(error):
            return DeviceUnreadable(Code.DEVICE_SLOW)
        if "full" in str(error):
            return DeviceUnreadable(Code.DEVICE_DISK_FULL)
        if "no such table" in str(error) or "no such column" in str(error):
            return DeviceUnreadable(Code.DEVICE_TABLE_MISSING, detail=str(error))
        return DeviceUnreadable(Code.DEVICE_UNREADABLE, detail=str(error))

    def abort(self) -> None:
        """See Session."""
        if self._connection is not None:
            self._connection.interrupt()

    def close(self) -> None:
        """See Session."""
        if self._connection is not None:
            self._connection.close()


_EXACT = 2**40  # so that the sum of a thousand rows is an exact float


def _row_digest(*values: float | str) -> int:
    text = ",".join(str(value) for value in values)
    number = int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "big")
    return number % _EXACT
