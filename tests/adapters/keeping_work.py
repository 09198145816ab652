"""A program that opens a database of an older schema, writes into it and takes copies of it.

    python -m tests.adapters.keeping_work DATABASE

It says READY before it opens it, and after each commit what is committed. For
test_keeping.py, which cuts its power.
"""

import asyncio
import os
import sys
from pathlib import Path

from beekeed.sqlite.backups import Backups
from beekeed.sqlite.opening import open_store
from tests.clock import FakeClock

COPIES, ROWS = 3, 4


async def main(database: Path) -> None:
    """Write a few rows before each copy."""
    os.write(1, b"READY\n")
    store = await open_store(database)
    backups = Backups(store=store, path=database, clock=FakeClock())
    for number in range(COPIES * ROWS):
        async with store.write() as db:
            name = f"course {number}"
            await db.execute("INSERT INTO course (shortname, fullname) VALUES (?, ?)", (name, name))
        os.write(1, b"WROTE %d\n" % (number + 1))
        if number % ROWS == ROWS - 1:
            await backups.take()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
