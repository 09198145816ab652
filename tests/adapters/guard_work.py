"""What the guard's look at a loss on a large box takes of memory.

    python -m tests.adapters.guard_work FILE FACTS

makes our own database with so many acknowledged facts, of which the box has lost one in two
hundred, and prints the MiB above an idle process that the look took at its peak.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from beekeed.sqlite.guard import SqliteGuards
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store

_COURSES = "INSERT INTO course (shortname, fullname) VALUES (?, '')"
_TARGET = "INSERT INTO target (id, address, token_digest, first_used_at) VALUES (1, 'x', 'y', 1)"
_FACTS = """
    INSERT INTO receipt (target_id, kind, course_id, part_id, learner_id, value, online_value,
        first_seen_at, acknowledged_at, run_id, gone_at)
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
    SELECT 1, 3, 1 + n % 10, n % 200, 1 + n / 200, '1', '1', 1, 1, 0,
        CASE WHEN n / 10 % 200 = 0 THEN 1 END
    FROM number
"""


async def lay_out(store: Store, facts: int) -> None:
    """Have facts in ten courses acknowledged, and some of each gone."""
    async with store.write() as db:
        await db.executemany(_COURSES, [(f"C{number}",) for number in range(10)])
        await db.execute(_TARGET)
        await db.execute(_FACTS, (facts,))


async def peak_of_a_look(file: Path, facts: int) -> float:
    """MiB that the look took."""
    store = await open_store(file)
    await lay_out(store, facts)
    await store.close()
    store = await open_store(file)
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = _mib("VmRSS")
        await SqliteGuards(store=store).look(1, datetime(2026, 11, 1, tzinfo=UTC))
        return _mib("VmHWM") - before
    finally:
        await store.close()


def _mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(peak_of_a_look(Path(sys.argv[1]), int(sys.argv[2])))}\n")
