"""A program that spends bytes on a wire that does not exist, with the real account on disk.

`python -m tests.adapters.ledger_work DATABASE SEED CONNECTIONS`. Each byte that it may put on
the wire by then it tells on standard output: `WIRE day bytes`. It ends without closing anything.
"""

import asyncio
import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beekeed.core.budget import Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.opening import open_store
from tests.clock import FakeBoot, FakeClock, FakeTrust

LIMIT = 150_000
START = datetime(2026, 11, 30, 6, tzinfo=UTC)


class Wire:
    """The wire: what is put on it is told at once."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def put(self, count: int) -> None:
        """Have so many bytes go out, or come in."""
        if count:
            os.write(1, f"WIRE {self._clock.now():%Y-%m-%d} {count}\n".encode())


async def connection(
    ledger: SqliteLedger, wire: Wire, clock: FakeClock, chance: random.Random
) -> None:
    """One connection: some requests, each held before and, mostly, settled after."""
    entry: int | None = None
    spent = Bytes()
    for _ in range(chance.randint(1, 4)):
        most = chance.choice([200, 1500, 4000])
        try:
            held = await ledger.hold(entry, Category.SYNC, None, spent, most)
        except LinkDown:
            break
        if held != entry:
            entry, spent = held, Bytes()
        up = chance.randint(0, most)
        wire.put(up)
        await asyncio.sleep(0)
        down = chance.choice([0, most - up])
        wire.put(down)
        spent += Bytes(up, down)
        clock.time += timedelta(minutes=chance.choice([1, 30, 90]))
    if entry is not None and chance.random() < 0.9:
        await ledger.settle(entry, spent)


async def main(database: Path, seed: int, connections: int) -> None:
    """Two connections at a time, over the end of a month."""
    clock = FakeClock()
    clock.set(START)
    store = await open_store(database)
    ledger = SqliteLedger(
        store=store,
        clock=clock,
        trust=FakeTrust(),
        boot=FakeBoot(clock.monotonic),
        terms=lambda: Terms(LIMIT),
    )
    wire = Wire(clock)
    os.write(1, b"READY\n")
    chance = random.Random(seed)
    for _ in range(connections // 2):
        one, other = random.Random(chance.random()), random.Random(chance.random())
        await asyncio.gather(
            connection(ledger, wire, clock, one), connection(ledger, wire, clock, other)
        )
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
