"""Copies of the database: one a day, of days with syncs, and two of them kept.

Rule: a copy is looked over before it takes the place of an older one: what is damaged never
drives out what is sound.
"""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beekeed.clock import Clock
from beekeed.errors import BeekeedError, Code, StoreBroken
from beekeed.sqlite.files import Damaged, remove, replace, version_of
from beekeed.sqlite.store import Store, broken

log = logging.getLogger(__name__)

_EVERY = timedelta(hours=23)  # a daily sync may begin a little earlier than the day before
_KEPT = 2


class Backups:
    """Takes them, whenever it is woken and one is due."""

    def __init__(self, *, store: Store, path: Path, clock: Clock) -> None:
        self._store = store
        self._path = path
        self._clock = clock
        self._woken = asyncio.Event()
        self._is_wanted = False
        self._is_over = False

    def wake(self) -> None:
        """Look whether one is due: something may have changed."""
        self._woken.set()

    def want(self) -> None:
        """Have one taken at once: what nobody types again was changed."""
        self._is_wanted = True
        self._woken.set()

    def stop(self) -> None:
        """Let `run` end."""
        self._is_over = True
        self._woken.set()

    async def run(self) -> None:
        """Take copies until `stop`. Raises StoreBroken where the database turns out damaged."""
        while not self._is_over:
            await self._woken.wait()
            self._woken.clear()
            if not self._is_over and (self._is_wanted or self.is_due()):
                self._is_wanted = False
                await self._take_or_tell()

    def is_due(self) -> bool:
        """Tell whether the newest is of another day."""
        newest = next(iter(copies_of(self._path)), None)
        if newest is None:
            return True
        taken_at = datetime.fromtimestamp(newest.stat().st_mtime, UTC)
        return abs(self._clock.now() - taken_at) >= _EVERY

    async def _take_or_tell(self) -> None:
        """A disk without room for a copy stops nothing: the next one may find some."""
        try:
            await self.take()
        except BeekeedError as error:
            if error.code is not Code.STORE_FULL:
                raise
            log.warning("cannot take a copy of the database: the disk is full")

    async def take(self) -> None:
        """Take a copy now. Raises StoreBroken."""
        first = _place(self._path, 1)
        beside = first.with_name(f"{first.name}.new")
        try:
            await asyncio.to_thread(_make_way, beside)
            await self._store.copy_to(beside)
            await asyncio.to_thread(_rotate, self._path, beside)
        except Damaged as error:
            raise StoreBroken(Code.STORE_BROKEN, detail=str(error)) from error
        except sqlite3.Error as error:
            raise broken(error) from error
        except OSError as error:
            raise StoreBroken(Code.STORE_FULL) from error
        finally:
            remove(beside)


def copies_of(path: Path) -> list[Path]:
    """Give the copies that there are, the newest first."""
    places = (_place(path, number) for number in range(1, _KEPT + 1))
    return [each for each in places if each.exists()]


def taken_on(copy: Path) -> str:
    """Tell on which day a copy was taken, by the clock of then."""
    return str(datetime.fromtimestamp(copy.stat().st_mtime, UTC).date())


def _place(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.backup-{number}")


def _make_way(beside: Path) -> None:
    remove(beside)
    beside.touch(mode=0o600)


def _rotate(path: Path, new: Path) -> None:
    """Let a new copy be the first; at each moment the older ones are there under some name."""
    version_of(new)
    for number in range(_KEPT, 1, -1):
        older = _place(path, number - 1)
        if older.exists():
            replace(older, _place(path, number))
    replace(new, _place(path, 1))
