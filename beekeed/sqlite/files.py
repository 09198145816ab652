"""The database as a file: looked over, copied, replaced. Nobody else has it open meanwhile.

Rule: a name always leads to a whole database. What is new is made beside it, looked over, and
put in its place by one rename.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_SHORT_READ,
    }
)
_PRIMARY = 0xFF  # the code without what details it


class Damaged(Exception):
    """A file that is no whole database. Its text says what SQLite found, in English."""


def version_of(path: Path) -> int:
    """Look a database over and give the number of its schema; 0: an empty one.

    Raises Damaged, and sqlite3.Error where it cannot be read for another reason.
    """
    try:
        with closing(sqlite3.connect(path)) as db:
            # Not quick_check, which sees no index that is of another moment than its table: what
            # a card did not write. It takes several times as long.
            ((found,),) = db.execute("PRAGMA integrity_check(1)")
            if found != "ok":
                raise Damaged(str(found))
            ((version,),) = db.execute("PRAGMA user_version")
            return int(version)
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether a file is damaged, and not only out of reach."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in _DAMAGED or code & _PRIMARY in _DAMAGED


def copy(source: Path, target: Path) -> None:
    """Make a whole copy of a database that is sound, or leave what was there.

    Raises Damaged where the copy is not sound, and sqlite3.Error.
    """
    beside = target.with_name(f"{target.name}.new")
    remove(beside)
    try:
        with closing(sqlite3.connect(source)) as held, closing(_private(beside)) as made:
            held.backup(made)
        version_of(beside)
    except (Damaged, sqlite3.Error):
        remove(beside)
        raise
    replace(beside, target)


def _private(path: Path) -> sqlite3.Connection:
    """Make a database that only we may read: it holds what learners are called."""
    path.touch(mode=0o600)
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = FULL")
    return db


def fold(path: Path) -> None:
    """Write what is in the log into the file itself, and take the log away."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def replace(source: Path, target: Path) -> None:
    """Put a folded database in the place of another; a power cut leaves one of the two."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    for ending in ("-wal", "-shm"):  # of the other one: they would be taken for the new one's
        Path(f"{target}{ending}").unlink(missing_ok=True)
    source.replace(target)
    sync_folder(target.parent)


def set_apart(path: Path, name: str) -> None:
    """Give a database, and what belongs to it, another name."""
    for ending in ("-wal", "-shm", ""):
        part = Path(f"{path}{ending}")
        if part.exists():
            part.replace(path.with_name(f"{name}{ending}"))
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Take a database away, with what belongs to it."""
    for ending in ("-journal", "-wal", "-shm", ""):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the folder's names on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
