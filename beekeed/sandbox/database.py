"""Opens and makes the SQLite files that stand for a Moodle's database.

The one rule: nothing but Moodle's tables, three tables of the sandbox's own, and plain SQL.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from beekeed.sandbox.collation import collate

# How long a writer waits for another process that flips a switch in the same file.
_BUSY_SECONDS = 10.0


def create(path: Path) -> sqlite3.Connection:
    """Makes a new file with all tables, empty, and opens it.

    Raises FileExistsError where the file is there already: a sandbox never overwrites.
    """
    path.touch(exist_ok=False)
    db = connect(path)
    db.executescript(files(__package__).joinpath("tables.sql").read_text(encoding="utf-8"))
    return db


def connect(path: Path) -> sqlite3.Connection:
    """Opens a file made by `create`: WAL, rows by name, no transaction but the ones asked for.

    Any thread may use the connection, one at a time. `COLLATE moodle` compares as MariaDB does.
    """
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.create_collation("moodle", collate)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing of it; inside another one it is part of that one."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def insert(db: sqlite3.Connection, table: str, **values: Any) -> int:
    """Adds one row to a Moodle table (named without prefix) and answers its id."""
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    cursor = db.execute(
        f"INSERT INTO mdl_{table} ({columns}) VALUES ({marks})", tuple(values.values())
    )
    row_id = cursor.lastrowid
    assert row_id is not None  # noqa: S101  (an INSERT always has one)
    return row_id


def one(db: sqlite3.Connection, sql: str, *values: Any) -> sqlite3.Row | None:
    """The first row of a query, or None."""
    row: sqlite3.Row | None = db.execute(sql, values).fetchone()
    return row


def rows(db: sqlite3.Connection, sql: str, *values: Any) -> list[sqlite3.Row]:
    """All rows of a query."""
    return db.execute(sql, values).fetchall()


def value(db: sqlite3.Connection, sql: str, *values: Any) -> Any:
    """The first column of the first row of a query, or None."""
    row = one(db, sql, *values)
    return None if row is None else row[0]
