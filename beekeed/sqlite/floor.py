"""The least that a month has used, kept beside the database: a damage must not give it back.

Rule: it is never under the ledger. Written before what it is about goes out, in steps, as it
is only needed where the database was lost: then up to a step more counts as used. It is there
twice, each with a check, as a power cut may take the one that is being written.
"""

import asyncio
import os
import struct
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beekeed.errors import Code, StoreBroken

STEP_BYTES = 250_000
_MARK = b"beekeed floor 1\0"
_RECORD = struct.Struct("<16sqqq")  # what it is, the month's first day, the day charged, bytes
_CHECK = struct.Struct("<I")
_PLACES = (0, 4096)  # on pages of their own


@dataclass(frozen=True, slots=True)
class Floor:
    """So much was used since the month's first day, up to a day."""

    first: date
    day: date
    used_bytes: int


class UsageFloor:
    """The file. Made anew where there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._noted = read(path)

    async def raise_to(self, first: date, day: date, used_bytes: int) -> None:
        """Note what a month has used by now. Raises StoreBroken."""
        noted = self._noted
        if noted is not None and noted.first == first and noted.used_bytes >= used_bytes:
            return
        steps = used_bytes // STEP_BYTES + 1
        found = Floor(first, day, steps * STEP_BYTES)
        try:
            await asyncio.to_thread(write, self._path, found)
        except OSError as error:
            raise StoreBroken(Code.STORE_BROKEN, detail=error.strerror or str(error)) from error
        self._noted = found


def write(path: Path, floor: Floor) -> None:
    """Write both, one after the other. Raises OSError."""
    values = (floor.first.toordinal(), floor.day.toordinal(), floor.used_bytes)
    record = _RECORD.pack(_MARK, *values)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for place in _PLACES:
            os.pwrite(fd, record + _CHECK.pack(zlib.crc32(record)), place)
            os.fsync(fd)
    finally:
        os.close(fd)


def read(path: Path) -> Floor | None:
    """Give what is noted, the larger where the two differ; None: nothing that can be believed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    found = [each for place in _PLACES if (each := _record(content[place:]))]
    return max(found, key=lambda each: (each.first, each.used_bytes), default=None)


def _record(content: bytes) -> Floor | None:
    record = content[: _RECORD.size]
    check = content[_RECORD.size : _RECORD.size + _CHECK.size]
    if len(record) < _RECORD.size or check != _CHECK.pack(zlib.crc32(record)):
        return None
    mark, first, day, used_bytes = _RECORD.unpack(record)
    if mark != _MARK:
        return None
    return Floor(date.fromordinal(first), date.fromordinal(day), used_bytes)
